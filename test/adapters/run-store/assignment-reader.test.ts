// Proves that a worker gets the assignments of each employee, in whatever order it asks, and few commands for many
// employees.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { fullAssignments, people } from '../../support/run-state.ts';

const EMPLOYEES = 300;
let fixture: RunFixture;
let run: RunRecord;

beforeAll(async () => {
  fixture = await openRunFixture();
  run = await fixture.createRun(people(EMPLOYEES));
  const all = Array.from({ length: EMPLOYEES }, (_, position) => [position, fullAssignments(position)] as const);
  await fixture.store.putAssignments(run.plan.id, new Map(all));
});
afterAll(() => fixture?.close());

/** How often Redis was asked for assignments while something was done. */
async function commandsOf(work: () => Promise<unknown>): Promise<number> {
  await fixture.redis.config('RESETSTAT');
  await work();
  const stats = await fixture.redis.info('commandstats');
  return [...stats.matchAll(/cmdstat_hm?get:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

test('gives every employee their own, in any order, often at the same time', async () => {
  const positions = fc.array(fc.nat(EMPLOYEES - 1), { minLength: 1, maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(positions, async (asked) => {
      const reader = fixture.store.assignmentReader();
      const found = await Promise.all(asked.map((position) => reader.read(run.plan.id, position)));
      expect(found).toEqual(asked.map((position) => fullAssignments(position)));
    }),
    { numRuns: 30 },
  );
});

test('asks Redis seldom for employees who come in order, and once for each who comes alone', async () => {
  const reader = fixture.store.assignmentReader();
  const inOrder = async () => {
    for (let position = 0; position < EMPLOYEES; position += 1) await reader.read(run.plan.id, position);
  };
  expect(await commandsOf(inOrder)).toBeLessThanOrEqual(2 * Math.ceil(EMPLOYEES / 64));
  const scattered = fixture.store.assignmentReader();
  const alone = async () => {
    for (let position = 5; position < EMPLOYEES; position += 64) await scattered.read(run.plan.id, position);
  };
  expect(await commandsOf(alone)).toBe(Math.ceil((EMPLOYEES - 5) / 64));
});

test('says so of a run that is gone, and of a place that there is not; an error is asked again', async () => {
  const reader = fixture.store.assignmentReader();
  expect(await reader.read(run.plan.id, EMPLOYEES)).toBeUndefined();
  expect(await reader.read(run.plan.id, EMPLOYEES + 1)).toBeUndefined();
  const key = `{btc-fake}:run:${run.plan.id}:assignments`;
  const fresh = fixture.store.assignmentReader();
  await fixture.redis.rename(key, 'aside');
  await fixture.redis.set(key, 'no hash');
  for (const position of [0, 1, 2]) await expect(fresh.read(run.plan.id, position)).rejects.toThrow('WRONGTYPE');
  await fixture.redis.rename('aside', key);
  expect(await fresh.read(run.plan.id, 1)).toEqual(fullAssignments(1));
});
