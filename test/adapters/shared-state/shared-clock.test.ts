// Proves that the shared clock is Redis', whatever this machine's says or is set to.

import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { RedisConnection } from '../../../src/adapters/redis/client.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { redisTime, SharedClock } from '../../../src/adapters/shared-state/shared-clock.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';

const HOUR_MS = 3_600_000;
/** Between two questions on a machine that is busy. */
const NEAR_MS = 1_000;

let server: TestRedis;
let redis: RedisConnection;
beforeAll(async () => {
  server = await startTestRedis();
  redis = await connectRedis(server.url, 'command');
});
afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
});
afterEach(() => void jest.restoreAllMocks());

test('a machine whose own clock is an hour off goes by Redis, also when somebody sets its clock', async () => {
  const own = Date.now;
  jest.spyOn(Date, 'now').mockImplementation(() => own() - HOUR_MS);
  const { now } = await SharedClock.read(redis);
  expect(Math.abs(now() - (await redisTime(redis)))).toBeLessThan(NEAR_MS);
  jest.spyOn(Date, 'now').mockImplementation(() => own() + HOUR_MS);
  expect(Math.abs(now() - (await redisTime(redis)))).toBeLessThan(NEAR_MS);
});

test('a Redis whose clock was set, or another one in its place, is followed from the next measurement on', async () => {
  const clock = await SharedClock.read(redis);
  const later = String(Math.floor((await redisTime(redis)) / 1000) + 3600);
  jest.spyOn(redis, 'time').mockImplementation(async () => [later, '500000'] as unknown as number[]);
  await clock.measure();
  expect(Math.abs(clock.now() - (Number(later) * 1000 + 500))).toBeLessThan(NEAR_MS);
});

test('an answer that took very long says nothing, but the first is better than none', async () => {
  let elapsed = 0;
  const steady = performance.now.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => steady() + elapsed);
  const time = redis.time.bind(redis);
  jest.spyOn(redis, 'time').mockImplementation(async () => {
    const told = await time();
    elapsed += 20_000;
    return told;
  });
  const clock = await SharedClock.read(redis);
  const before = clock.now();
  await clock.measure();
  // Only the time that went by on the steady clock.
  expect(Math.abs(clock.now() - before - 20_000)).toBeLessThan(NEAR_MS);
});
