// Proves that a run does not wait for ever for an employee job that is in no list: it is taken away, the assembly
// begins, and queues again the employees without a result. Nothing else is touched.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { lostJobsTask } from '../../../src/workers/periodic/lost-jobs.ts';
import { fannedOutRun, takeJobs } from '../../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';

let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

const QUEUE = 'employee-simulation';
/** What a Redis that loaded half of a transaction has: the job, in no list. */
const lose = () => fixture.redis.del(fixture.queues.byName[QUEUE].toKey('wait'));
const assemblyState = async (runId: string) => (await fixture.job('file-assembly', runId)).getState();

test('a job in no list is taken away the second time that it is seen, and its assembly begins', async () => {
  const { plan } = await fannedOutRun(fixture, people(3));
  await takeJobs(fixture, QUEUE, 2);
  await lose();
  const task = lostJobsTask(fixture);
  await task.run();
  expect(await assemblyState(plan.id)).toBe('waiting-children');
  await task.run();
  expect(await assemblyState(plan.id)).toBe('waiting');
  expect(fixture.log).toContainEqual(
    expect.objectContaining({ level: 40, msg: '1 employee job that Redis had lost will be done again' }),
  );
});

test('a failed job is no lost one: its assembly waits for a person', async () => {
  const { plan } = await fannedOutRun(fixture, people(3));
  await takeJobs(fixture, QUEUE, 1, () => 'no');
  await lose();
  const task = lostJobsTask(fixture);
  await task.run();
  await task.run();
  expect(await assemblyState(plan.id)).toBe('waiting-children');
  expect(await fixture.queues.byName[QUEUE].getFailedCount()).toBe(1);
});

test('nothing is taken away while jobs are queued', async () => {
  const lost = await fannedOutRun(fixture, people(2));
  await lose();
  const other = await fannedOutRun(fixture, people(2));
  const task = lostJobsTask(fixture);
  await task.run();
  await task.run();
  for (const { plan } of [lost, other]) expect(await assemblyState(plan.id)).toBe('waiting-children');
  expect(await fixture.queues.byName[QUEUE].getWaitingCount()).toBe(2);
});
