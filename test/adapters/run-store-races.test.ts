// Proves, on a real Redis, that two processes which change the same at once lose nothing of each other's.

import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RedisConnection } from '../../src/adapters/redis/client.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { RunStore } from '../../src/adapters/run-store/store.ts';
import { AlertStore } from '../../src/adapters/shared-state/alert-store.ts';
import { DEAD_AFTER_MS, WorkerRegistry } from '../../src/adapters/shared-state/worker-registry.ts';
import { planOf } from '../support/domain-values.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { emptyManifest, newRun, people } from '../support/run-state.ts';

const RETENTION_MS = 3_600_000;
const PLAN = planOf();
const EMPLOYEES = people(40);
const RUN = newRun(PLAN, EMPLOYEES);

let server: TestRedis;
let redis: RedisConnection;
let other: RedisConnection;
let stores: readonly RunStore[];

beforeAll(async () => {
  server = await startTestRedis();
  redis = await connectRedis(server.url, 'command');
  other = await connectRedis(server.url, 'command');
  stores = [new RunStore(redis, RETENTION_MS), new RunStore(other, RETENTION_MS)];
});
afterAll(async () => {
  redis?.disconnect();
  other?.disconnect();
  await server?.stop();
});
beforeEach(async () => {
  await redis.flushall();
  await stores[0]!.createRun(RUN);
});

/** The employees that the run is to be finished without, in ascending order. */
async function without(): Promise<number[]> {
  const { without: list } = await stores[0]!.getRun(PLAN.id);
  return list.map(({ employeeId }) => employeeId).sort((a, b) => a - b);
}

test('employees who are left out from many sides at once are all left out', async () => {
  await Promise.all(
    EMPLOYEES.map(({ id }, i) => stores[i % 2]!.addWithout(PLAN.id, [{ employeeId: id, reason: 'no answer' }])),
  );
  expect(await without()).toEqual(EMPLOYEES.map(({ id }) => id));
});

test('who is left out while others are taken back in stays left out, and they do not', async () => {
  const [odd, even] = [1, 0].map((rest) => EMPLOYEES.map(({ id }) => id).filter((id) => id % 2 === rest));
  await stores[0]!.addWithout(
    PLAN.id,
    odd!.map((employeeId) => ({ employeeId, reason: 'no answer' })),
  );
  await Promise.all([
    ...odd!.map((id) => stores[0]!.removeWithout(PLAN.id, new Set([id]))),
    ...even!.map((employeeId) => stores[1]!.addWithout(PLAN.id, [{ employeeId, reason: 'no answer' }])),
  ]);
  expect(await without()).toEqual(even);
});

test('nothing is noted of a run that is gone, so that a run of the same id begins with nothing', async () => {
  const [store] = stores;
  await store!.discardRun(PLAN.id);
  await store!.startStage(PLAN.id, 'assignment', 1);
  await store!.finishStage(PLAN.id, 'assignment', 2);
  await store!.setFannedOut(PLAN.id, 1000);
  await store!.addWithout(PLAN.id, [{ employeeId: EMPLOYEES[0]!.id, reason: 'no answer' }]);
  await store!.finishRun(PLAN.id, emptyManifest(RUN), 9);
  await store!.noteDone(PLAN.id, 'publishedAt', 10);
  expect(await redis.keys('*')).toEqual([]);
});

/** A connection on which something else happens after each hash was read and before anybody knows what is in it. */
function afterReading(connection: RedisConnection, happens: () => Promise<unknown>): RedisConnection {
  const slow = Object.create(connection) as RedisConnection;
  slow.hgetall = (async (key: string) => {
    const fields = await connection.hgetall(key);
    await happens();
    return fields;
  }) as RedisConnection['hgetall'];
  return slow;
}

test('a run that has expired is forgotten, but not the one of its id that is made meanwhile', async () => {
  await redis.del(...(await redis.keys(`*:run:${PLAN.id}*`)));
  const makeAgain = () => stores[1]!.createRun(RUN);
  expect(await new RunStore(afterReading(redis, makeAgain), RETENTION_MS).listRuns(10)).toEqual([]);
  expect((await stores[0]!.listRuns(10)).map(({ plan }) => plan.id)).toEqual([PLAN.id]);
});

test('who tells of a run for too long does not give back the claim of who tells of it by now', async () => {
  const alerts = new AlertStore(redis, RETENTION_MS);
  const occurrence = { runId: PLAN.id, event: 'finished', at: 1 } as const;
  const claim = `{btc-fake}:run:${PLAN.id}:alerts:finished`;
  await alerts.once(occurrence, async () => {
    // The claim has run out, and another process has it.
    await redis.set(claim, 'of another');
  });
  expect(await redis.get(claim)).toBe('of another');
});

test('a worker that announces itself while another holds it to be dead is not forgotten', async () => {
  const identity = { host: 'here', pid: 1, version: '1', queues: [], concurrency: 1, startedAt: 1 } as const;
  const stale = { ...identity, id: 'late', seenAt: Date.now() - 2 * DEAD_AFTER_MS, clockDifferenceMs: 0 };
  await redis.hset('{btc-fake}:workers', stale.id, JSON.stringify(stale));
  const announceLate = () => new WorkerRegistry(other).announce({ ...identity, id: 'late' }, Date.now);
  await new WorkerRegistry(afterReading(redis, announceLate)).announce({ ...identity, id: 'well' }, Date.now);
  expect((await new WorkerRegistry(redis).list()).map(({ id }) => id).sort()).toEqual(['late', 'well']);
});
