// Proves that a Redis which refuses is not called away: what it said is shown, with what to do.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { RedisAccess, RedisConnection } from '../../../src/adapters/redis/client.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { isRedisRefusal, redisFailure } from '../../../src/adapters/redis/failure.ts';
import { assertSuitableRedis, assertWritableRedis } from '../../../src/adapters/redis/suitability.ts';
import type { BtcFakeError } from '../../../src/domain/errors.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { failureOf } from '../../support/failure-of.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import { startTlsProxy } from '../../support/tls-proxy.ts';
import { waitUntil } from '../../support/wait-until.ts';

const closers: (() => unknown)[] = [];
let plain: TestRedis;
let folder: string;

beforeAll(async () => {
  plain = await startTestRedis();
  folder = await mkdtemp(join(tmpdir(), 'btc-fake-refusals-'));
});
afterAll(async () => {
  await plain?.stop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(settings: Record<string, string> = {}): Promise<TestRedis> {
  const server = await startTestRedis(settings);
  closers.push(() => server.stop());
  return server;
}

async function open(location: string, access: RedisAccess = {}): Promise<RedisConnection> {
  const redis = await connectRedis(location, 'command', access);
  closers.push(() => redis.disconnect());
  return redis;
}

/** How a server is told of on which a worker would start. */
async function refusalBy(location: string): Promise<BtcFakeError & { raw: unknown }> {
  const redis = await open(location);
  const raw: unknown = await assertSuitableRedis(redis)
    .then(() => assertWritableRedis(redis))
    .catch((error: unknown) => error);
  return Object.assign(redisFailure(raw, location) as BtcFakeError, { raw });
}

describe('a server that does not take writes is waited for:', () => {
  test('a read-only replica', async () => {
    const { url } = await serve({ replicaof: `127.0.0.1 ${plain.port}` });
    const { code, message, remedy, raw } = await refusalBy(url);
    expect(code).toBe('REDIS_REFUSES_WRITES');
    expect(message).toBe(
      `Redis at ${url} is a read-only replica (READONLY You can't write against a read only replica.)`,
    );
    expect(remedy).toContain('redis+sentinel://');
    expect(isRedisRefusal(raw)).toBe(true);
  });

  test('one whose disk cannot be written', async () => {
    const gone = await mkdtemp(join(folder, 'gone-'));
    const { url } = await serve({ dir: gone, save: '3600 1000000' });
    const redis = await open(url);
    await rm(gone, { recursive: true });
    await redis.bgsave();
    await waitUntil('it cannot save', async () => (await redis.info('persistence')).includes('bgsave_status:err'));
    const { code, message, remedy, raw } = await refusalBy(url);
    expect(code).toBe('REDIS_REFUSES_WRITES');
    expect(message).toMatch(/takes no writes because it cannot save them \(MISCONF .*RDB/);
    expect(remedy).toContain('its disk is full');
    expect(isRedisRefusal(raw)).toBe(true);
  });

  test('a Redis that lacks its replicas', async () => {
    const { url } = await serve({ 'min-replicas-to-write': '1' });
    const { code, message, remedy, raw } = await refusalBy(url);
    expect(code).toBe('REDIS_REFUSES_WRITES');
    expect(message).toContain('too few replicas (NOREPLICAS Not enough good replicas to write.)');
    expect(remedy).toContain('min-replicas-to-write');
    expect(isRedisRefusal(raw)).toBe(true);
  });
});

describe('what nobody but people can put right is refused with the words of Redis:', () => {
  test('a user who may write, but run no scripts', async () => {
    const { url } = await serve();
    const admin = await open(url);
    await admin.call('ACL', 'SETUSER', 'meek', 'on', '>w0rd', '~*', '+@all', '-eval');
    const { code, message, remedy } = await refusalBy(url.replace('//', '//meek:w0rd@'));
    expect(code).toBe('REDIS_REFUSED');
    expect(message).toMatch(/does not let this user do what BTC Fake needs \(NOPERM .*'eval' command/);
    expect(message).not.toContain('w0rd');
    expect(remedy).toContain('docs/operations.md');
  });

  test('a database of a node of a cluster, which has none', async () => {
    const { url } = await serve({ 'cluster-enabled': 'yes', 'cluster-config-file': join(folder, 'nodes.conf') });
    const { code, message, remedy } = await failureOf(connectRedis(`${url}/1`, 'command'));
    expect([code, message]).toEqual(['REDIS_REFUSED', expect.stringContaining('is a node of a Redis Cluster (')]);
    expect(remedy).toContain('redis+cluster://');
  });

  test('a server that is no cluster and no sentinel, and was named as one', async () => {
    const asCluster = await failureOf(connectRedis(plain.url.replace('redis:', 'redis+cluster:'), 'command'));
    expect([asCluster.code, asCluster.message]).toEqual([
      'REDIS_REFUSED',
      expect.stringContaining('is no Redis Cluster'),
    ]);
    const asSentinel = await failureOf(connectRedis(`redis+sentinel://127.0.0.1:${plain.port}/it`, 'command'));
    expect([asSentinel.code, asSentinel.message]).toEqual(['REDIS_REFUSED', expect.stringContaining('is no sentinel')]);
  });

  test('a command that was renamed', async () => {
    const settings = join(folder, 'renamed.conf');
    await writeFile(settings, 'rename-command INFO ""\n');
    const { url } = await serve({ include: settings });
    const { code, message, remedy } = await failureOf(connectRedis(url, 'command'));
    expect(code).toBe('REDIS_REFUSED');
    expect(message).toMatch(/lacks a command that BTC Fake needs \(ERR unknown command 'info'\)$/i);
    expect(remedy).toContain('rename-command');
  });

  test('no more connections', async () => {
    const server = await serve({ maxclients: '1' });
    await waitUntil('the only connection is taken', () =>
      open(server.url).then(
        () => true,
        () => false,
      ),
    );
    const { code, message, remedy } = await failureOf(connectRedis(server.url, 'command'));
    expect(code).toBe('REDIS_UNREACHABLE');
    expect(message).toContain('takes no more connections (ERR max number of clients reached)');
    expect(remedy).toContain('maxclients');
  });
});

describe('TLS', () => {
  const certificate = makeCertificate();

  async function withTls(): Promise<string> {
    const proxy = await startTlsProxy(certificate, plain);
    closers.push(() => proxy.close());
    return `localhost:${proxy.port}`;
  }

  test('an authority that is not trusted is said to be that; REDIS_CA_FILE makes it trusted', async () => {
    const place = await withTls();
    const { code, message, remedy } = await failureOf(connectRedis(`rediss://${place}`, 'command'));
    expect(code).toBe('REDIS_UNREACHABLE');
    expect(message).toMatch(/shows a certificate of an authority that is not trusted \(\w+\)$/);
    expect(remedy).toContain('REDIS_CA_FILE');
    const caFile = join(folder, 'authority.pem');
    await writeFile(caFile, certificate.caPem);
    const redis = await open(`rediss://${place}`, { caFile });
    expect(await redis.ping()).toBe('PONG');
  });

  test('REDIS_CA_FILE that cannot be read is named', async () => {
    const { code, message } = await failureOf(
      connectRedis('rediss://localhost:1', 'command', { caFile: '/no/such.pem' }),
    );
    expect([code, message]).toEqual(['CONFIG_INVALID', 'REDIS_CA_FILE: /no/such.pem cannot be read (ENOENT)']);
  });

  test('redis:// to a port that wants TLS says so', async () => {
    const { message, remedy } = await failureOf(connectRedis(`redis://${await withTls()}`, 'command'));
    expect(message).toMatch(/^Redis at redis:\S+ wants TLS$/);
    expect(remedy).toContain('rediss://');
  });

  test('rediss:// to a port without TLS says so', async () => {
    const { message, remedy } = await failureOf(connectRedis(plain.url.replace('redis:', 'rediss:'), 'command'));
    expect(message).toMatch(/ wants no TLS( \(\w+\))?$/);
    expect(remedy).toContain('redis://');
  });
});
