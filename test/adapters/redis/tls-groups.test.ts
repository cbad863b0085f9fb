// Proves that sentinels, and the nodes of a cluster, are spoken to in TLS alone when the address says rediss, and that
// an authority that nobody trusts is refused: with real servers that have no other port.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { RedisConnection } from '../../../src/adapters/redis/client.ts';
import { type ConnectionRole, connectRedis } from '../../../src/adapters/redis/connection.ts';
import { assertWritableRedis } from '../../../src/adapters/redis/suitability.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { failureOf } from '../../support/failure-of.ts';
import { freePort, startTestRedis } from '../../support/redis.ts';
import { launchSentinel } from '../../support/redis-sentinel.ts';
import { waitUntil } from '../../support/wait-until.ts';

const HOST = '127.0.0.1';
const PASSWORD = 'c0rrect-h0rse';
const ROLES: ConnectionRole[] = ['worker', 'command', 'dashboard'];
const LAST_SLOT = 16_383;

let folder: string;
let caFile: string;
let tlsSettings: Record<string, string>;
const closers: (() => unknown)[] = [];
const connections: RedisConnection[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'btc-fake-tls-'));
  const { caPem, certPem, keyPem } = makeCertificate();
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  caFile = await file('ca.pem', caPem);
  tlsSettings = {
    'tls-cert-file': await file('cert.pem', certPem),
    'tls-key-file': await file('key.pem', keyPem),
    'tls-ca-cert-file': caFile,
    'tls-auth-clients': 'no',
  };
});
afterEach(() => {
  for (const connection of connections.splice(0)) connection.disconnect();
});
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await rm(folder, { recursive: true, force: true });
});

/** A server that listens for TLS alone; its socket is for the test. */
async function tlsServer(settings: Record<string, string> = {}): Promise<{ port: number; local: Redis }> {
  const port = await freePort(HOST);
  const login = { requirepass: PASSWORD, masterauth: PASSWORD };
  const server = await startTestRedis({ ...tlsSettings, ...login, port: '0', 'tls-port': String(port), ...settings });
  const local = new Redis({ path: server.path, password: PASSWORD, disconnectTimeout: 100 });
  closers.push(
    () => server.stop(),
    () => local.disconnect(),
  );
  return { port, local };
}

async function open(location: string, role: ConnectionRole): Promise<RedisConnection> {
  const redis = await connectRedis(location, role, { caFile, sentinelPassword: PASSWORD });
  connections.push(redis);
  return redis;
}

describe('a cluster that speaks TLS alone', () => {
  let url: string;
  let local: Redis;
  beforeAll(async () => {
    const settings = { 'cluster-enabled': 'yes', 'tls-cluster': 'yes', 'tls-replication': 'yes' };
    // A node that has met no other does not know its own address.
    const node = await tlsServer({ ...settings, 'cluster-announce-ip': HOST });
    local = node.local;
    await local.call('CLUSTER', 'ADDSLOTSRANGE', '0', String(LAST_SLOT));
    await waitUntil('it serves', async () => String(await local.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    url = `rediss+cluster://:${PASSWORD}@${HOST}:${node.port}`;
  });

  test.each(ROLES)('takes what a %s writes', async (role) => {
    const redis = await open(url, role);
    await assertWritableRedis(redis);
    await redis.set(`{btc-fake}:${role}`, 'tls');
    expect(await local.get(`{btc-fake}:${role}`)).toBe('tls');
  });

  test('is not spoken to by somebody who does not trust its authority, nor without TLS', async () => {
    const untrusted = await failureOf(connectRedis(url, 'command'));
    expect(`${untrusted.message} ${untrusted.remedy}`).toContain('REDIS_CA_FILE');
    expect((await failureOf(connectRedis(url.replace('rediss', 'redis'), 'command'))).code).toMatch(/^REDIS_/);
  });
});

describe('sentinels and servers that speak TLS alone', () => {
  let url: string;
  let local: Redis;
  beforeAll(async () => {
    const master = await tlsServer({ 'tls-replication': 'yes' });
    local = master.local;
    const port = await freePort(HOST);
    const lines = [
      ...Object.entries({ ...tlsSettings, port: '0', 'tls-port': String(port), 'tls-replication': 'yes' }),
      ['bind', HOST],
      ['dir', folder],
      ['requirepass', PASSWORD],
      ['sentinel monitor', `btc ${HOST} ${master.port} 1`],
      ['sentinel auth-pass', `btc ${PASSWORD}`],
    ].map(([name, value]) => `${name} ${value}`);
    closers.push(await launchSentinel(folder, lines));
    url = `rediss+sentinel://:${PASSWORD}@${HOST}:${port}/btc`;
    await waitUntil('the sentinel answers', () =>
      open(url, 'command').then(
        () => true,
        () => false,
      ),
    );
  });

  test.each(ROLES)('lead a %s to the master', async (role) => {
    const redis = await open(url, role);
    await assertWritableRedis(redis);
    await redis.set(`{btc-fake}:${role}`, 'tls');
    expect(await local.get(`{btc-fake}:${role}`)).toBe('tls');
  });

  test('are not spoken to by somebody who does not trust their authority', async () => {
    const access = { sentinelPassword: PASSWORD };
    expect((await failureOf(connectRedis(url, 'command', access))).code).toMatch(/^REDIS_/);
  });
});
