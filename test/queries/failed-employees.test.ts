// Proves that the failed employees of each run are counted, that what was counted is not walked again for nothing, and
// that every change is seen.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { requeueFailed } from '../../src/producers/requeue.ts';
import { FailedEmployees } from '../../src/queries/failed-employees.ts';
import { fannedOutRun, takeJobs } from '../support/job-moves.ts';
import { employeeJob, openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { people } from '../support/run-state.ts';

let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

const fail = (count: number) => takeJobs(fixture, 'employee-simulation', count, () => 'no');

/** How often the list of failed jobs was read, by Redis' own count. */
async function walks(): Promise<number> {
  const [, calls] = /cmdstat_zrange:calls=(\d+)/.exec(await fixture.redis.info('commandstats')) ?? [];
  return Number(calls ?? 0);
}

test('without a failed employee there is none', async () => {
  expect(await new FailedEmployees(fixture.queues).byRun()).toEqual(new Map());
});

test('each run has its own, with when the first and the last failed', async () => {
  const failed = new FailedEmployees(fixture.queues);
  const runs = [await fannedOutRun(fixture, people(3)), await fannedOutRun(fixture, people(2))];
  const before = Date.now();
  await fail(5);
  for (const [i, run] of runs.entries()) {
    const failures = await failed.ofRun(run.plan.id);
    expect(new Set(failures?.jobIds.keys())).toEqual(
      new Set(people(3 - i).map((employee) => employeeJob(run.plan.id, employee))),
    );
    expect(failures!.oldestAt).toBeGreaterThanOrEqual(before);
    expect(failures!.newestAt).toBeGreaterThanOrEqual(failures!.oldestAt);
    expect(failures!.newestAt).toBeLessThanOrEqual(Date.now());
  }
  expect(await failed.ofRun('run-other' as never)).toBeUndefined();
});

test('a run that asks again costs no walk, and a change costs one', async () => {
  const failed = new FailedEmployees(fixture.queues);
  const run = await fannedOutRun(fixture, people(3));
  await fail(2);
  const countOf = async () => (await failed.ofRun(run.plan.id))?.jobIds.size;
  expect(await countOf()).toBe(2);
  const before = await walks();
  expect(await Promise.all([countOf(), countOf(), countOf()])).toEqual([2, 2, 2]);
  // Each asks for the newest alone.
  expect((await walks()) - before).toBe(3);
  await fail(1);
  expect(await countOf()).toBe(3);
  await requeueFailed(fixture.queues, fixture.store, run.plan.id, 1, [people(1)[0]!.id]);
  expect(await countOf()).toBe(2);
  await fail(1);
  expect(await countOf()).toBe(3);
});

test('more than a page of them are counted, each once', async () => {
  const key = fixture.queues.byName['employee-simulation'].toKey('failed');
  const ids = Array.from({ length: 12_000 }, (_, i) => `run-a-${i}`);
  await fixture.redis.zadd(key, ...ids.flatMap((id, i) => [i, id]));
  const failures = await new FailedEmployees(fixture.queues).ofRun('run-a' as never);
  expect(failures).toMatchObject({ oldestAt: 0, newestAt: 11_999 });
  expect(failures?.jobIds.size).toBe(12_000);
});

test('what could not be counted is counted at the next question', async () => {
  const failed = new FailedEmployees(fixture.queues);
  const run = await fannedOutRun(fixture, people(1));
  await fail(1);
  const key = fixture.queues.byName['employee-simulation'].toKey('failed');
  const { redis } = fixture;
  const zrange = redis.zrange;
  let calls = 0;
  redis.zrange = ((...args: Parameters<typeof zrange>) => {
    calls += 1;
    // The first asks for the newest, the second walks.
    return calls === 2 ? Promise.reject(new Error('lost')) : zrange.apply(redis, args);
  }) as typeof zrange;
  try {
    await expect(failed.byRun()).rejects.toThrow('lost');
  } finally {
    redis.zrange = zrange;
  }
  expect((await failed.ofRun(run.plan.id))?.jobIds.size).toBe(1);
  await redis.del(key);
  expect(await failed.byRun()).toEqual(new Map());
});
