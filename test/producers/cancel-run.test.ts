// Proves, on real queues, that a cancelled run loses all its jobs whatever is done to it at the same time, and no other
// run does.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RunId } from '../../src/domain/ids.ts';
import { placed } from '../../src/domain/run/placed-employee.ts';
import type { RunRecord } from '../../src/domain/run/record.ts';
import { cancelRun, takeOffUntil } from '../../src/producers/cancel-run.ts';
import { deleteRun } from '../../src/producers/delete-run.ts';
import { fanOut } from '../../src/producers/fan-out.ts';
import { requeueFailed } from '../../src/producers/requeue.ts';
import { runStatus } from '../../src/queries/run-status.ts';
import { failureOf } from '../support/failure-of.ts';
import { fannedOutRun, takeJobs } from '../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { emptyManifest, people } from '../support/run-state.ts';

const EMPLOYEES = people(700);
const SOON_MS = 10_000;

let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

const cancel = (runId: RunId, by = 'anna on build-7') =>
  cancelRun(fixture.queues, fixture.store, runId, { by, now: Date.now(), retentionMs: 3_600_000 });

/** The jobs of a run, by queue. */
async function jobsOf({ plan }: RunRecord): Promise<Record<string, number>> {
  const found = Object.values(fixture.queues.byName).map(async (queue) => {
    const jobs = await queue.getJobs(['active', 'waiting', 'delayed', 'waiting-children', 'failed', 'completed']);
    return [queue.name, jobs.filter((job) => job?.data.runId === plan.id).length] as const;
  });
  return Object.fromEntries((await Promise.all(found)).filter(([, count]) => count > 0));
}

test('a run that is cancelled loses its jobs in every state, and another run that is queued among them keeps all', async () => {
  const some = EMPLOYEES.slice(0, 300);
  const run = await fannedOutRun(fixture, some);
  const other = await fannedOutRun(fixture, EMPLOYEES.slice(300, 600));
  await fanOut(fixture.queues, fixture.store, run.plan.id, placed(EMPLOYEES.slice(600), 300), 3);
  const before = await jobsOf(other);
  const order = await fixture.redis.lrange(fixture.queues.byName['employee-simulation'].toKey('wait'), 0, -1);
  await takeJobs(fixture, 'employee-simulation', 20, () => 'RECOMMENDER_REJECTED: no');
  expect(await cancel(run.plan.id)).toBe(true);
  const taken = await takeOffUntil(fixture.queues, run.plan.id, SOON_MS);
  // 400 employees, the start, the download, the assignment and the assembly.
  expect(taken).toEqual({ removed: 404, inHand: 0 });
  expect(await jobsOf(run)).toEqual({});
  expect(await jobsOf(other)).toEqual(before);
  const left = await fixture.redis.lrange(fixture.queues.byName['employee-simulation'].toKey('wait'), 0, -1);
  expect(left).toEqual(order.filter((id) => id.startsWith(other.plan.id)));
  expect(await fixture.redis.keys(`*employee-simulation:${run.plan.id}*`)).toEqual([]);
});

test('a run that is cancelled while its employees are queued leaves none of them on the queue', async () => {
  const run = await fannedOutRun(fixture, EMPLOYEES.slice(0, 100));
  const id = run.plan.id;
  const more = async () => {
    for (let from = 100; from < EMPLOYEES.length; from += 50) {
      await fanOut(fixture.queues, fixture.store, id, placed(EMPLOYEES.slice(from, from + 50), from), 3);
    }
  };
  const stop = async () => {
    await cancel(id);
    return takeOffUntil(fixture.queues, id, SOON_MS);
  };
  const [queued] = await Promise.allSettled([more(), stop()]);
  // The queue refuses employees of a run whose assembly is gone.
  expect(queued.status).toBe('rejected');
  await takeOffUntil(fixture.queues, id, SOON_MS);
  expect(await jobsOf(run)).toEqual({});
});

test('jobs in progress are counted, and are gone when their worker gives them back', async () => {
  const run = await fannedOutRun(fixture, EMPLOYEES.slice(0, 10));
  await takeJobs(fixture, 'employee-simulation', 1, async () => {
    await cancel(run.plan.id);
    expect(await takeOffUntil(fixture.queues, run.plan.id, 300)).toMatchObject({ inHand: 1 });
    return undefined;
  });
  expect(await takeOffUntil(fixture.queues, run.plan.id, SOON_MS)).toEqual({ removed: 0, inHand: 0 });
  expect(await jobsOf(run)).toEqual({});
});

test('it is on record who cancelled it first, when, and how far it was; the second who does changes nothing', async () => {
  const run = await fannedOutRun(fixture, EMPLOYEES.slice(0, 10));
  await takeJobs(fixture, 'employee-simulation', 2, () => 'RECOMMENDER_REJECTED: no');
  const both = await Promise.all([cancel(run.plan.id), cancel(run.plan.id, 'bert on build-8')]);
  expect(both.filter((isNew) => isNew)).toHaveLength(1);
  const { cancelled } = await fixture.store.getRun(run.plan.id);
  expect(cancelled).toMatchObject({ stage: 'employee-simulation', employees: 10, done: 0, failed: 2 });
  const status = await runStatus(fixture.queues, fixture.store, await fixture.store.getRun(run.plan.id));
  expect(status).toMatchObject({ state: 'cancelled', counts: { employees: 10, done: 0, failed: 2 } });
  const refused = await failureOf(requeueFailed(fixture.queues, fixture.store, run.plan.id, 3));
  expect([refused.code, refused.message]).toEqual(['RUN_STATE', expect.stringContaining('was cancelled by')]);
});

test('of the end of a run and its cancellation, whichever comes first stands', async () => {
  const [ended, cancelled] = [await fixture.createRun(people(1)), await fixture.createRun(people(1))];
  expect(await fixture.store.finishRun(ended.plan.id, emptyManifest(ended), 9)).toBe(true);
  expect((await failureOf(cancel(ended.plan.id))).code).toBe('RUN_STATE');
  await cancel(cancelled.plan.id);
  expect(await fixture.store.finishRun(cancelled.plan.id, emptyManifest(cancelled), 9)).toBe(false);
  const record = await fixture.store.getRun(cancelled.plan.id);
  expect([record.finishedAt, record.manifest]).toEqual([undefined, undefined]);
});

test('what is kept of an ended run is deleted whole, and of another nothing', async () => {
  const [run, other] = [await fannedOutRun(fixture, people(5)), await fannedOutRun(fixture, people(5))];
  expect((await failureOf(deleteRun(fixture.queues, fixture.store, run.plan.id))).code).toBe('RUN_STATE');
  await cancel(run.plan.id);
  const before = await jobsOf(other);
  await deleteRun(fixture.queues, fixture.store, run.plan.id);
  expect(await fixture.redis.keys(`*:run:${run.plan.id}*`)).toEqual([]);
  expect(await jobsOf(run)).toEqual({});
  expect((await fixture.store.listRuns(10)).map(({ plan }) => plan.id)).toEqual([other.plan.id]);
  expect(await jobsOf(other)).toEqual(before);
});
