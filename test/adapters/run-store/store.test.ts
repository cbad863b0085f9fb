// Proves, on a Redis that is a cluster of one, what the run store keeps: each step can be repeated, everything of a run
// expires, and it stays in one hash slot and in bounds.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import type { RedisConnection } from '../../../src/adapters/redis/client.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { REDIS_PREFIX } from '../../../src/adapters/run-store/keys.ts';
import { POPULATION_CHUNK } from '../../../src/adapters/run-store/record-codec.ts';
import { RunStore } from '../../../src/adapters/run-store/store.ts';
import type { RunPlan } from '../../../src/domain/run/plan.ts';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { STAGES } from '../../../src/domain/run/stages.ts';
import { simulateEmployee } from '../../../src/domain/simulation/employee-outcome.ts';
import type { Employee } from '../../../src/domain/simulation/employees.ts';
import { allOf } from '../../support/all-of.ts';
import { anyAssignments } from '../../support/any-employee.ts';
import { contentIds, employeeId, planOf } from '../../support/domain-values.ts';
import { failureOf } from '../../support/failure-of.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import {
  ASSIGNMENT_FACTS,
  CATALOG_FACTS,
  content,
  emptyManifest,
  fullAssignments,
  newRun,
  people,
} from '../../support/run-state.ts';
import { waitUntil } from '../../support/wait-until.ts';

const RETENTION_MS = 3_600_000;
const RUNS_KEY = `${REDIS_PREFIX}:runs`;
const PLAN = planOf();
const EMPLOYEES = people(3);
const RUN = newRun(PLAN, EMPLOYEES);

let server: TestRedis;
let redis: RedisConnection;
let store: RunStore;

beforeAll(async () => {
  server = await startTestRedis({ 'cluster-enabled': 'yes' });
  const node = new Redis(server.url);
  await node.cluster('ADDSLOTSRANGE', 0, 16383);
  await waitUntil('the cluster is ready', async () => /cluster_state:ok/.test(String(await node.cluster('INFO'))));
  node.disconnect();
  redis = await connectRedis(server.url, 'command');
  store = new RunStore(redis, RETENTION_MS);
});
afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
});
beforeEach(async () => {
  await redis.flushall();
});

const result = (position: number, ...recommendations: number[]) =>
  simulateEmployee(PLAN, EMPLOYEES[position]!, fullAssignments(position), contentIds(...recommendations));

/** Every operation that writes, in the order of a run, each with arguments as a worker has them. */
const STEPS: Record<string, () => Promise<unknown>> = {
  putPopulationChunk: () => store.putPopulationChunk(PLAN.id, 0, EMPLOYEES),
  createRun: () => store.createRun(RUN),
  'startStage run-start': () => store.startStage(PLAN.id, 'run-start', 1),
  'finishStage run-start': () => store.finishStage(PLAN.id, 'run-start', 2),
  putCatalogs: () =>
    store.putCatalogs(
      PLAN.id,
      { CourseCatalog: [content(1)], StandAloneContent: [content(2), content(3)] },
      CATALOG_FACTS,
    ),
  putAssignments: () => store.putAssignments(PLAN.id, new Map([0, 1, 2].map((i) => [i, fullAssignments(i)]))),
  freezeAssignments: () => store.freezeAssignments(PLAN.id, ASSIGNMENT_FACTS),
  setFannedOut: () => store.setFannedOut(PLAN.id, 3),
  putResult: () => store.putResult(PLAN, 0, result(0, 7, 8)),
  'putResult of another': () => store.putResult(PLAN, 1, result(1)),
  addWithout: () => store.addWithout(PLAN.id, [{ employeeId: employeeId(100_003), reason: 'no answer' }]),
  finishRun: () => store.finishRun(PLAN.id, emptyManifest(RUN), 9),
  noteDone: () => store.noteDone(PLAN.id, 'publishedAt', 10),
};

async function wholeState() {
  const run = await store.findRun(PLAN.id);
  return {
    run,
    runs: await store.listRuns(10),
    people: await allOf(store.readEmployees(PLAN)),
    catalogs: [
      await store.readCatalog(PLAN.id, 'CourseCatalog'),
      await store.readCatalog(PLAN.id, 'StandAloneContent'),
    ],
    results: await store.countResults(PLAN.id),
  };
}

async function keysOfRun(): Promise<string[]> {
  return (await redis.keys('*')).filter((key) => key !== RUNS_KEY);
}

/** Keys of the run that would stay for ever, or not as long as they must. */
async function keysWithoutExpiry(): Promise<string[]> {
  const wrong: string[] = [];
  for (const key of await keysOfRun()) {
    const ttl = await redis.pttl(key);
    if (ttl < RETENTION_MS - 60_000 || ttl > RETENTION_MS) wrong.push(`${key}: ${ttl}`);
  }
  return wrong;
}

test('every step can be repeated, at once or later, and changes nothing then', async () => {
  for (const step of Object.values(STEPS)) {
    await step();
    const before = await wholeState();
    await step();
    await Promise.all([step(), step()]);
    expect(await wholeState()).toEqual(before);
  }
  const after = await wholeState();
  for (const [name, step] of Object.entries(STEPS)) if (name !== 'startStage run-start') await step();
  expect(await wholeState()).toEqual(after);
});

test('after each step every key of the run expires, and all are in one hash slot', async () => {
  const slot = await redis.cluster('KEYSLOT', RUNS_KEY);
  for (const [name, step] of Object.entries(STEPS)) {
    await step();
    expect({ name, keys: await keysWithoutExpiry() }).toEqual({ name, keys: [] });
    for (const key of await keysOfRun()) expect(await redis.cluster('KEYSLOT', key)).toBe(slot);
  }
  expect(await keysOfRun()).toHaveLength(5);
});

test('a step that comes after the run has expired leaves nothing that stays for ever', async () => {
  // A result is written in one command, because there are so many: its expiry is that of the key, which is there
  // before.
  const steps = Object.entries(STEPS).filter(([name]) => !name.startsWith('putResult'));
  for (const [name, step] of steps) {
    await redis.flushall();
    await step().catch((error) => expect(error).toMatchObject({ code: 'RUN_NOT_FOUND' }));
    expect({ name, keys: await keysWithoutExpiry() }).toEqual({ name, keys: [] });
    if (name !== 'createRun') expect(await store.findRun(PLAN.id)).toBeUndefined();
  }
});

test('the first step of a stage keeps the whole run for its time again', async () => {
  for (const step of Object.values(STEPS)) await step();
  for (const key of await keysOfRun()) await redis.expire(key, 60);
  await store.startStage(PLAN.id, 'file-assembly', 5);
  expect(await keysWithoutExpiry()).toEqual([]);
});

test('what was written of a run is read of it', async () => {
  for (const step of Object.values(STEPS)) await step();
  const expected: RunRecord = {
    ...RUN,
    landing: false,
    catalogs: CATALOG_FACTS,
    assignments: ASSIGNMENT_FACTS,
    fannedOut: 3,
    without: [{ employeeId: employeeId(100_003), reason: 'no answer' }],
    manifest: emptyManifest(RUN),
    finishedAt: 9,
    publishedAt: 10,
    stageStartedAt: { 'run-start': 1 },
    stageFinishedAt: { 'run-start': 2 },
  };
  expect(await store.getRun(PLAN.id)).toEqual(expected);
  expect(await wholeState()).toEqual({
    run: expected,
    runs: [expected],
    people: [
      EMPLOYEES.map((employee, position) => ({
        position,
        employee,
        assignments: fullAssignments(position),
        result: [result(0, 7, 8), result(1), undefined][position],
      })),
    ],
    catalogs: [[content(1)], [content(2), content(3)]],
    results: 2,
  });
});

test('a run that has only begun holds only what has happened', async () => {
  await store.createRun(RUN);
  const expected: RunRecord = {
    ...RUN,
    landing: false,
    fannedOut: 0,
    without: [],
    stageStartedAt: {},
    stageFinishedAt: {},
  };
  const run = await store.getRun(PLAN.id);
  expect(run).toEqual(expected);
  expect(Object.keys(run)).not.toContain('manifest');
  expect(await store.countResults(PLAN.id)).toBe(0);
  expect(await store.readCatalog(PLAN.id, 'CourseCatalog')).toEqual([]);
});

test('the first result of an employee stands, and the first start and the last end of a stage', async () => {
  await store.createRun(RUN);
  await store.putAssignments(PLAN.id, new Map([[0, fullAssignments(0)]]));
  await store.putPopulationChunk(PLAN.id, 0, EMPLOYEES);
  expect((await allOf(store.readEmployees(PLAN)))[0]![0]!.result).toBeUndefined();
  await store.putResult(PLAN, 0, result(0, 7));
  await store.putResult(PLAN, 0, result(0, 8));
  expect((await allOf(store.readEmployees(PLAN)))[0]![0]!.result).toEqual(result(0, 7));
  for (const now of [5, 3, 8]) {
    await store.startStage(PLAN.id, 'assignment', now);
    await store.finishStage(PLAN.id, 'assignment', now);
  }
  expect(await store.getRun(PLAN.id)).toMatchObject({
    stageStartedAt: { assignment: 5 },
    stageFinishedAt: { assignment: 8 },
  });
});

test('every stage is noted apart', async () => {
  await store.createRun(RUN);
  for (const [i, stage] of STAGES.entries()) {
    await store.startStage(PLAN.id, stage, i);
    await store.finishStage(PLAN.id, stage, 10 + i);
  }
  const run = await store.getRun(PLAN.id);
  expect(Object.values(run.stageStartedAt)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(Object.values(run.stageFinishedAt)).toEqual([10, 11, 12, 13, 14, 15, 16]);
});

test('who has a result is told by position, also of none and of nobody', async () => {
  await store.createRun(RUN);
  await store.putResult(PLAN, 1, result(1));
  expect(await store.positionsWithResult(PLAN.id, [])).toEqual(new Set());
  expect(await store.positionsWithResult(PLAN.id, [0, 1, 2, 99])).toEqual(new Set([1]));
});

test('employees to go without are added to those before, each once, with the last reason', async () => {
  await store.createRun(RUN);
  const [first, second] = EMPLOYEES.map(({ id }) => id);
  await store.addWithout(PLAN.id, [{ employeeId: first!, reason: 'x' }]);
  await store.addWithout(PLAN.id, [
    { employeeId: second!, reason: 'y' },
    { employeeId: first!, reason: 'z' },
  ]);
  expect((await store.getRun(PLAN.id)).without).toEqual([
    { employeeId: first, reason: 'z' },
    { employeeId: second, reason: 'y' },
  ]);
});

test('the population comes in chunks, in order, from any chunk on', async () => {
  const chunks = [people(5).slice(0, 2), people(5).slice(2, 4), people(5).slice(4)];
  for (const chunk of [2, 0, 1]) await store.putPopulationChunk(PLAN.id, chunk, chunks[chunk]!);
  expect(await allOf(store.readPopulation(PLAN.id))).toEqual(chunks);
  expect(await allOf(store.readPopulation(PLAN.id, 2))).toEqual(chunks.slice(2));
  expect(await allOf(store.readPopulation(PLAN.id, 3))).toEqual([]);
});

describe('a run that is not there', () => {
  test('is not found', async () => {
    expect(await store.findRun(PLAN.id)).toBeUndefined();
    const error = await failureOf(store.getRun(PLAN.id));
    expect({ code: error.code, message: error.message }).toEqual({
      code: 'RUN_NOT_FOUND',
      message: `There is no run ${PLAN.id}`,
    });
    expect(await store.listRuns(10)).toEqual([]);
    expect(await allOf(store.readEmployees(PLAN))).toEqual([]);
    expect(await store.countResults(PLAN.id)).toBe(0);
  });

  test('because it was discarded leaves no key', async () => {
    for (const step of Object.values(STEPS)) await step();
    await store.discardRun(PLAN.id);
    expect(await redis.keys('*')).toEqual([]);
    await store.discardRun(PLAN.id);
  });
});

test('runs are listed newest first, and those that have expired are forgotten', async () => {
  const plans = ['run-a', 'run-b', 'run-c'].map((id) => planOf({ id }));
  for (const [i, plan] of plans.entries()) await store.createRun(newRun(plan, EMPLOYEES, { createdAt: i }));
  const ids = async (limit: number) => (await store.listRuns(limit)).map(({ plan }) => plan.id);
  expect(await ids(10)).toEqual(['run-c', 'run-b', 'run-a']);
  expect(await ids(2)).toEqual(['run-c', 'run-b']);
  const record = (await redis.keys('*:run:run-b'))[0]!;
  await redis.pexpire(record, 1);
  await waitUntil('the run has expired', async () => (await redis.exists(record)) === 0);
  expect(await ids(10)).toEqual(['run-c', 'run-a']);
  expect(await redis.zrange(RUNS_KEY, 0, -1)).toEqual(['run-a', 'run-c']);
});

test('an employee takes at most 1 KB, in a run of 10,000 with all that it ever holds', async () => {
  const plan: RunPlan = planOf({ id: 'run-of-ten-thousand' });
  const everybody: Employee[] = people(10_000);
  const catalog = Array.from({ length: 300 }, (_, i) => content(1_700_000 + i));
  await store.createRun(newRun(plan, everybody));
  await store.putCatalogs(plan.id, { CourseCatalog: catalog, StandAloneContent: catalog }, CATALOG_FACTS);
  for (let from = 0; from < everybody.length; from += POPULATION_CHUNK) {
    const chunk = everybody.slice(from, from + POPULATION_CHUNK);
    await store.putPopulationChunk(plan.id, from / POPULATION_CHUNK, chunk);
    await store.putAssignments(plan.id, new Map(chunk.map((_, i) => [from + i, fullAssignments(from + i)])));
    await Promise.all(
      chunk.map((employee, i) => {
        const assignments = fullAssignments(from + i);
        const recommendations = contentIds(1_900_001, 1_900_002, 1_900_003, 1_900_004, 1_900_005);
        const simulated = simulateEmployee(plan, employee, assignments, recommendations);
        return store.putResult(plan, from + i, simulated);
      }),
    );
  }
  let bytes = 0;
  for (const key of await keysOfRun()) bytes += (await redis.memory('USAGE', key, 'SAMPLES', 0)) ?? 0;
  expect(bytes / everybody.length).toBeLessThanOrEqual(1024);
  expect(bytes / everybody.length).toBeGreaterThan(200);
  expect(await store.countResults(plan.id)).toBe(10_000);
});

test('any assignments are read as they were written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyAssignments, { minLength: 1, maxLength: 5 }), async (assignments) => {
      await redis.flushall();
      await store.putPopulationChunk(PLAN.id, 0, people(assignments.length));
      await store.putAssignments(PLAN.id, new Map(assignments.entries()));
      const states = (await allOf(store.readEmployees(PLAN))).flat();
      expect(states.map((state) => state.assignments)).toEqual(assignments);
    }),
  );
});

test('what Redis refuses reaches the caller', async () => {
  await redis.set(`${REDIS_PREFIX}:run:${PLAN.id}:assignments`, 'not a hash');
  await expect(store.putAssignments(PLAN.id, new Map([[0, fullAssignments(0)]]))).rejects.toThrow(/WRONGTYPE/);
});
