import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { startRecommender } from './recommender-server.ts';
import { writeSampleCatalogs } from './sample-catalogs.ts';
import { fingerprintOf, newHostKey, startVendorSftpServer } from './vendor-sftp-server.ts';

/** It guards nothing but invented catalogs. */
const LOGIN = { username: 'demo-vendor', password: 'demo-password' };
const ANY_ADDRESS = ['0.0.0.0', '::'];

export interface StandInsOptions {
  /** The sandbox's own folder; `writeSampleCatalogs` fills its `vendor/`. */
  readonly folder: string;
  /** Epoch milliseconds; its UTC date goes into the names of the catalogs. */
  readonly now: number;
  /** The address that both listen on; default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default: a free port. */
  readonly sftpPort?: number | undefined;
  readonly recommenderPort?: number | undefined;
  /** How long each answer of the recommender takes; default 0. */
  readonly latencyMs?: number | undefined;
}

/** A vendor SFTP server and a recommender that run. */
export interface StandIns {
  readonly catalogFolder: string;
  /** The names of the files in it that are no samples. */
  readonly ownFiles: readonly string[];
  readonly sftpUrl: string;
  readonly recommenderUrl: string;
  /** The settings that reach both, by name. */
  readonly settings: Readonly<Record<`SFTP_INBOUND_${string}` | 'API_BASE_URL', string>>;
  close(): Promise<void>;
}

/**
 * Starts the stand-ins for what is outside: a vendor's SFTP server with sample catalogs, and a recommender that knows
 * them. The host key stays in the folder, so that a pinned fingerprint is right after the next start too.
 * @throws BtcFakeError PORT_UNAVAILABLE, or the system's error when the folder cannot be written to.
 */
export async function startStandIns(options: StandInsOptions): Promise<StandIns> {
  const { folder, now, host = '127.0.0.1', sftpPort, recommenderPort, latencyMs = 0 } = options;
  const catalogs = await writeSampleCatalogs(join(folder, 'vendor'), now);
  const hostKey = await keptHostKey(folder);
  const sftp = await startVendorSftpServer({ files: catalogs.folder, ...LOGIN, host, port: sftpPort, hostKey });
  const recommender = await startRecommender({
    contentIds: catalogs.contentIds,
    host,
    port: recommenderPort,
    latencyMs,
  }).catch(async (error: unknown) => {
    await sftp.close();
    throw error;
  });
  const reachable = ANY_ADDRESS.includes(host) ? hostname() : host;
  const inUrl = reachable.includes(':') ? `[${reachable}]` : reachable;
  const recommenderUrl = `http://${inUrl}:${recommender.port}`;
  return {
    catalogFolder: catalogs.folder,
    ownFiles: catalogs.ownFiles,
    sftpUrl: `sftp://${inUrl}:${sftp.port}`,
    recommenderUrl,
    settings: {
      SFTP_INBOUND_HOST: reachable,
      SFTP_INBOUND_PORT: String(sftp.port),
      SFTP_INBOUND_USER: LOGIN.username,
      SFTP_INBOUND_PASSWORD: LOGIN.password,
      SFTP_INBOUND_HOST_FINGERPRINT: sftp.hostFingerprint,
      SFTP_INBOUND_REMOTE_PATH: '/',
      API_BASE_URL: recommenderUrl,
    },
    close: async () => {
      await Promise.all([recommender.close(), sftp.close()]);
    },
  };
}

async function keptHostKey(folder: string): Promise<string> {
  const path = join(folder, 'host_key');
  const kept = await readFile(path, 'utf8').catch(() => '');
  if (fingerprintOf(kept) !== undefined) return kept;
  const { key } = newHostKey();
  await mkdir(folder, { recursive: true });
  await writeFile(path, key, { mode: 0o600 });
  return key;
}
