// Proves what happens to failed jobs that somebody picks one by one, of whatever runs: what Bull Board's buttons do.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Job } from 'bullmq';
import type { StageJobData } from '../../src/adapters/redis/queues.ts';
import type { RunRecord } from '../../src/domain/run/record.ts';
import { requeueJobs } from '../../src/producers/requeue.ts';
import { failureOf } from '../support/failure-of.ts';
import { fannedOutRun, takeJobs } from '../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { emptyManifest, people } from '../support/run-state.ts';

const EMPLOYEES = people(4);
let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

const queue = () => fixture.queues.byName['employee-simulation'];
const requeue = (jobs: readonly Job<Partial<StageJobData>>[]) => requeueJobs(fixture.queues, fixture.store, jobs, 3);

/** A run whose employees have all failed. */
async function failedRun(): Promise<RunRecord> {
  const run = await fannedOutRun(fixture, EMPLOYEES);
  await takeJobs(fixture, 'employee-simulation', EMPLOYEES.length, () => 'REASON: no');
  return run;
}

const failedJobs = async ({ plan }: RunRecord) =>
  (await queue().getFailed()).filter(({ data }) => data.runId === plan.id) as Job<StageJobData>[];

test('jobs of several runs are put back with all their attempts', async () => {
  const runs = [await failedRun(), await failedRun()];
  const jobs = (await Promise.all(runs.map(failedJobs))).flatMap((ofRun) => ofRun.slice(0, 3));
  await requeue(jobs);
  expect(await queue().getJobCounts('waiting', 'failed')).toEqual({ waiting: 6, failed: 2 });
  expect((await queue().getWaiting()).map((job) => job.attemptsMade)).toEqual([0, 0, 0, 0, 0, 0]);
});

test('an employee who is put back is not left out of the run any more', async () => {
  const run = await failedRun();
  await fixture.store.addWithout(
    run.plan.id,
    EMPLOYEES.map(({ id }) => ({ employeeId: id, reason: 'REASON: no' })),
  );
  const jobs = (await failedJobs(run)).slice(0, 3);
  await requeue(jobs);
  const { without } = await fixture.store.getRun(run.plan.id);
  const back = jobs.map(({ data }) => (data as StageJobData & { employeeId: number }).employeeId);
  expect(without.map(({ employeeId }) => employeeId)).toEqual(
    EMPLOYEES.map(({ id }) => id).filter((id) => !back.includes(id)),
  );
});

test('an assembly that is put back has those to wait for whose jobs were deleted', async () => {
  const run = await failedRun();
  for (const job of await failedJobs(run)) await job.remove();
  await takeJobs(fixture, 'file-assembly', 1, () => 'RUN_INCOMPLETE: four are missing');
  await requeue([await fixture.job('file-assembly', run.plan.id)]);
  expect(await queue().getWaitingCount()).toBe(4);
  const assembly = await fixture.job('file-assembly', run.plan.id);
  expect(await assembly.getDependenciesCount()).toMatchObject({ unprocessed: 4 });
});

test('jobs whose run has ended or is forgotten stay, and the others go', async () => {
  const [ended, forgotten, waiting] = [await failedRun(), await failedRun(), await failedRun()];
  await fixture.store.finishRun(ended.plan.id, emptyManifest(ended), 3);
  await fixture.store.discardRun(forgotten.plan.id);
  expect((await failureOf(requeue(await failedJobs(ended)))).code).toBe('RUN_STATE');
  expect((await failureOf(requeue(await failedJobs(forgotten)))).code).toBe('RUN_NOT_FOUND');
  expect(await queue().getFailedCount()).toBe(12);
  await requeue([...(await failedJobs(ended)), ...(await failedJobs(forgotten)), ...(await failedJobs(waiting))]);
  expect(await queue().getJobCounts('waiting', 'failed')).toEqual({ waiting: 4, failed: 8 });
  expect(await failedJobs(waiting)).toEqual([]);
});

test('a job of no run is simply put back', async () => {
  await fixture.queues.byName['run-start'].add('tick', {}, { jobId: 'tick-1', attempts: 1 });
  await takeJobs(fixture, 'run-start', 1, () => 'no');
  await requeue([await fixture.job('run-start', 'tick-1')]);
  expect(await (await fixture.job('run-start', 'tick-1')).getState()).toBe('waiting');
});
