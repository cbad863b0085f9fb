// Proves that a connection finds the master by its sentinels and our keys in a cluster, and follows both when they
// move.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { RedisAccess, RedisConnection } from '../../src/adapters/redis/client.ts';
import { type ConnectionRole, connectRedis } from '../../src/adapters/redis/connection.ts';
import { assertSuitableRedis, assertWritableRedis } from '../../src/adapters/redis/suitability.ts';
import { failureOf } from '../support/failure-of.ts';
import { startTestCluster, type TestCluster } from '../support/redis-cluster.ts';
import { SENTINEL_NAME, type SentinelGroup, startSentinelGroup } from '../support/redis-sentinel.ts';
import { waitUntil } from '../support/wait-until.ts';

const ROLES: ConnectionRole[] = ['worker', 'command', 'dashboard'];
const PASSWORD = 'c0rrect-h0rse';
const SENTINEL_PASSWORD = 'sent1nel-h0rse';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(location: string, role: ConnectionRole, access?: RedisAccess): Promise<RedisConnection> {
  const redis = await connectRedis(location, role, access);
  closers.push(() => redis.disconnect());
  return redis;
}

describe('with sentinels', () => {
  let group: SentinelGroup;
  const access = { sentinelPassword: SENTINEL_PASSWORD };

  beforeAll(async () => {
    group = await startSentinelGroup({ password: PASSWORD, sentinelPassword: SENTINEL_PASSWORD });
  });
  afterAll(() => group?.stop());

  test.each(ROLES)('a %s writes to the master, in the database that the address names', async (role) => {
    const redis = await open(`${group.url}/2`, role, access);
    await assertSuitableRedis(redis);
    await assertWritableRedis(redis);
    await redis.set(`{btc-fake}:${role}`, '1');
    const master = group.connections[await group.master()]!;
    expect(await master.exists(`{btc-fake}:${role}`)).toBe(0);
    await master.select(2);
    expect(await master.exists(`{btc-fake}:${role}`)).toBe(1);
    await master.select(0);
  });

  test('a sentinel that refuses the login is told from a server that does, and no password is shown', async () => {
    const bySentinel = await failureOf(connectRedis(group.url, 'command', { sentinelPassword: 'wr0ng' }));
    expect(bySentinel.remedy).toContain('REDIS_SENTINEL_PASSWORD');
    const withoutLogin = await failureOf(connectRedis(group.url, 'command'));
    expect(withoutLogin.remedy).toContain('REDIS_SENTINEL_PASSWORD');
    const byServer = await failureOf(connectRedis(group.url.replace(PASSWORD, 'wr0ng'), 'command', access));
    expect(byServer.message).toContain('does not answer to this user name and password');
    for (const { message, remedy } of [bySentinel, byServer]) expect(`${message}${remedy}`).not.toMatch(/wr0ng|h0rse/);
  });

  test('a name that the sentinels do not know is said to be that', async () => {
    const error = await failureOf(connectRedis(group.url.replace(SENTINEL_NAME, 'other'), 'command', access));
    expect([error.code, error.message]).toEqual([
      'REDIS_REFUSED',
      expect.stringContaining('is not known to the sentinels by this name'),
    ]);
  });

  test('each role, and the copies that BullMQ takes, follow a failover', async () => {
    const originals = await Promise.all(ROLES.map((role) => open(group.url, role, access)));
    const copy = originals[0]!.duplicate();
    closers.push(() => copy.disconnect());
    const all = [...originals, copy];
    for (const redis of all) await redis.set('{btc-fake}:a', '1');
    const blocked = copy.bzpopmin('{btc-fake}:nothing', 30);
    await group.failOver();
    for (const [i, redis] of all.slice(0, 3).entries()) {
      await waitUntil(
        'it writes to the new master',
        () =>
          redis.set(`{btc-fake}:after-${i}`, '1').then(
            () => true,
            () => false,
          ),
        20_000,
      );
    }
    const master = group.connections[await group.master()]!;
    expect(await master.exists('{btc-fake}:after-0', '{btc-fake}:after-1', '{btc-fake}:after-2')).toBe(3);
    await master.zadd('{btc-fake}:nothing', 1, 'woken');
    expect(await blocked).toEqual(['{btc-fake}:nothing', 'woken', '1']);
  });
});

describe('in a cluster', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startTestCluster({ requirepass: PASSWORD, masterauth: PASSWORD });
  });
  afterAll(() => cluster?.stop());

  test.each(ROLES)('a %s named by any node finds our keys', async (role) => {
    for (const { host, port } of cluster.nodes) {
      const redis = await open(`redis+cluster://:${PASSWORD}@${host}:${port}`, role);
      await assertSuitableRedis(redis);
      await assertWritableRedis(redis);
      await redis.set(`{btc-fake}:${role}`, '1');
    }
    expect(await cluster.connections[await cluster.owner()]!.exists(`{btc-fake}:${role}`)).toBe(1);
  });

  test('a node that is named alone and does not hold our keys is said to be that', async () => {
    const other = cluster.nodes[((await cluster.owner()) + 1) % 3]!;
    const error = await failureOf(connectRedis(other.url.replace('//', `//:${PASSWORD}@`), 'command'));
    expect([error.code, error.message]).toEqual([
      'REDIS_REFUSED',
      expect.stringContaining('is a node of a Redis Cluster (MOVED '),
    ]);
    expect(error.remedy).toContain('redis+cluster://');
  });

  test('a wrong password and a missing node are said to be that, and not shown', async () => {
    const wrong = await failureOf(connectRedis(cluster.url.replace(PASSWORD, 'wr0ng'), 'command'));
    expect(wrong.message).toContain('does not answer to this user name and password');
    expect(`${wrong.message}${wrong.remedy}`).not.toMatch(/wr0ng/);
    const missing = await failureOf(connectRedis('redis+cluster://127.0.0.1:1', 'command'));
    expect(missing.message).toContain('does not answer (ECONNREFUSED)');
  });

  test('each role, and the copies that BullMQ takes, follow a reshard: transactions, scripts and what blocks', async () => {
    const originals = await Promise.all(ROLES.map((role) => open(cluster.url, role)));
    const copy = (originals[0] as RedisConnection).duplicate() as RedisConnection;
    closers.push(() => copy.disconnect());
    for (const redis of [...originals, copy]) await redis.set('{btc-fake}:a', '1');
    const blocked = copy.bzpopmin('{btc-fake}:nothing', 30);
    await cluster.reshardTo(((await cluster.owner()) + 1) % 3);
    for (const [i, redis] of originals.entries()) {
      await redis.set(`{btc-fake}:after-${i}`, '1');
      await redis.multi().set('{btc-fake}:x', '1').set('{btc-fake}:y', '1').exec();
      expect(
        await redis.eval("return redis.call('MGET', KEYS[1], KEYS[2])", 2, '{btc-fake}:x', '{btc-fake}:y'),
      ).toEqual(['1', '1']);
    }
    const owner = cluster.connections[await cluster.owner()]!;
    expect(await owner.exists('{btc-fake}:after-0', '{btc-fake}:after-1', '{btc-fake}:after-2')).toBe(3);
    await owner.zadd('{btc-fake}:nothing', 1, 'woken');
    expect(await blocked).toEqual(['{btc-fake}:nothing', 'woken', '1']);
  });
});
