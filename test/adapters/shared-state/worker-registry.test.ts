// Proves that the registry tells who is alive by Redis' clock alone, and how far each clock is from it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RedisConnection } from '../../../src/adapters/redis/client.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import {
  clockIsOff,
  DEAD_AFTER_MS,
  type WorkerEntry,
  type WorkerIdentity,
  WorkerRegistry,
} from '../../../src/adapters/shared-state/worker-registry.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';

const KEY = '{btc-fake}:workers';
let server: TestRedis;
let redis: RedisConnection;
let registry: WorkerRegistry;
beforeAll(async () => {
  server = await startTestRedis();
  redis = await connectRedis(server.url, 'command');
  registry = new WorkerRegistry(redis);
});
afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
});
beforeEach(async () => {
  await redis.flushall();
});

function worker(id: string, overrides: Partial<WorkerIdentity> = {}): WorkerIdentity {
  const what = { version: '1.2.3', queues: ['run-start'], concurrency: 0 } as const;
  return { id, host: 'alpha', pid: 7, startedAt: 1, ...what, ...overrides };
}

/** As if it had announced itself so long ago, by Redis' clock. */
async function age(id: string, ms: number): Promise<void> {
  const entry = JSON.parse((await redis.hget(KEY, id))!) as WorkerEntry;
  await redis.hset(KEY, id, JSON.stringify({ ...entry, seenAt: entry.seenAt - ms }));
}

const ids = async () => (await registry.list()).map(({ id }) => id);

test('those who announced themselves are listed by host and process id, as they described themselves', async () => {
  await registry.announce(worker('c', { host: 'beta', pid: 1 }), Date.now);
  await registry.announce(worker('b', { pid: 12 }), Date.now);
  const entry = await registry.announce(worker('a'), Date.now);
  expect(await ids()).toEqual(['a', 'b', 'c']);
  expect((await registry.list())[0]).toEqual(entry);
  expect(entry).toEqual({ ...worker('a'), seenAt: expect.any(Number), clockDifferenceMs: expect.any(Number) });
});

test('a worker that announces itself again is listed once, and a worker that withdraws is not listed', async () => {
  await registry.announce(worker('a'), Date.now);
  await registry.announce(worker('a'), Date.now);
  await registry.announce(worker('b'), Date.now);
  await registry.withdraw('a');
  expect(await ids()).toEqual(['b']);
});

test('a worker that has been silent for three heartbeats and a little is dead, and forgotten when another announces itself', async () => {
  for (const id of ['dead', 'alive']) await registry.announce(worker(id), Date.now);
  await age('dead', DEAD_AFTER_MS + 1);
  await age('alive', DEAD_AFTER_MS - 3_000);
  expect(await ids()).toEqual(['alive']);
  expect((await redis.hkeys(KEY)).sort()).toEqual(['alive', 'dead']);
  await registry.announce(worker('new'), Date.now);
  expect((await redis.hkeys(KEY)).sort()).toEqual(['alive', 'new']);
});

test('a clock that is an hour off makes nobody dead', async () => {
  await registry.announce(worker('ahead'), () => Date.now() + 3_600_000);
  await registry.announce(worker('behind'), () => Date.now() - 3_600_000);
  expect((await ids()).sort()).toEqual(['ahead', 'behind']);
});

describe('how far a clock is from that of Redis', () => {
  test.each([45_000, -45_000, 0])('is told with its sign: %d ms', async (skew) => {
    const entry = await registry.announce(worker('a'), () => Date.now() + skew);
    expect(Math.abs(entry.clockDifferenceMs! - skew)).toBeLessThan(1_000);
    expect(clockIsOff(entry)).toBe(skew !== 0);
  });

  test('does not count the way to Redis and back', async () => {
    // The clock says that the answer took 4 seconds, so it came after 2.
    const [asked, answered] = [Date.now() - 2_000, Date.now() + 2_000];
    const times = [asked, answered];
    const entry = await registry.announce(worker('a'), () => times.shift()!);
    expect(Math.abs(entry.clockDifferenceMs!)).toBeLessThan(1_000);
  });

  test('is told as 0, never as -0, of a clock that half a round trip puts just before Redis', async () => {
    const stopped = Object.create(redis, { time: { value: async () => ['1000', '0'] } }) as RedisConnection;
    const times = [999_999, 1_000_000];
    const entry = await new WorkerRegistry(stopped).announce(worker('a'), () => times.shift()!);
    expect(entry.clockDifferenceMs).toBe(0);
  });

  test.each([
    ['that came after a minute, because Redis was away', 60_000],
    ['before which the clock was set back', -100],
  ])('is not told by an answer %s', async (_what, roundTripMs) => {
    const times = [Date.now(), Date.now() + roundTripMs];
    const entry = await registry.announce(worker('a'), () => times.shift()!);
    expect(entry.clockDifferenceMs).toBeNull();
    expect(clockIsOff(entry)).toBe(false);
    expect(await ids()).toEqual(['a']);
  });

  test('is too far beyond 30 seconds', () => {
    expect([30_000, 30_001, -30_000, -30_001].map((ms) => clockIsOff({ clockDifferenceMs: ms }))).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});
