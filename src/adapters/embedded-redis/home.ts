import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';

/** The system's limit for the path of a Unix socket is 104 bytes on macOS and 108 on Linux, with the closing zero. */
const LONGEST_SOCKET_PATH_BYTES = 100;

/** What `.btc-fake/redis.json` says about the server that was started last. */
export interface ServerRecord {
  /** The process (see `processMark`). */
  readonly mark: string;
  readonly socketPath: string;
}

/**
 * The socket of the server whose data lie in `home`: there, or in a private temporary folder when `home` lies too deep.
 */
export function chooseSocketPath(home: string): string {
  const near = join(home, 'redis.sock');
  if (Buffer.byteLength(near) <= LONGEST_SOCKET_PATH_BYTES) return near;
  const name = createHash('sha256').update(home).digest('hex').slice(0, 16);
  return join(tmpdir(), `btc-fake-${name}`, 'redis.sock');
}

/**
 * Makes a folder that nobody else can use. The temporary folder is everybody's: one of this name that another user made
 * is refused with OUTPUT_UNWRITABLE.
 */
export function ensurePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) {
    throw new BtcFakeError('OUTPUT_UNWRITABLE', `${path} belongs to another user.`, {
      remedy: 'Set TMPDIR to a folder of your own.',
    });
  }
}

/** Notes the server that was just started. */
export function writeRecord(home: string, record: ServerRecord): void {
  writeFileSync(recordFile(home), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

export function removeRecord(home: string): void {
  rmSync(recordFile(home), { force: true });
}

function recordFile(home: string): string {
  return join(home, 'redis.json');
}

/** What is known of the server that was started last, or undefined. */
export function readRecord(home: string): ServerRecord | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(recordFile(home), 'utf8'));
    return isServerRecord(record) ? record : undefined;
  } catch (error) {
    // Half a record is what a killed starter leaves behind.
    if (systemCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isServerRecord(value: unknown): value is ServerRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'mark' in value &&
    typeof value.mark === 'string' &&
    'socketPath' in value &&
    typeof value.socketPath === 'string'
  );
}
