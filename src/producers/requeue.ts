import type { Job } from 'bullmq';
import type { EmployeeJobData, Queues, RunStartJobData, StageJobData } from '../adapters/redis/queues.ts';
import { FailureStore } from '../adapters/run-store/failures.ts';
import { FrozenSourcesStore } from '../adapters/run-store/frozen-sources.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { EmployeeId, RunId } from '../domain/ids.ts';
import type { FailedEmployee } from '../domain/run/manifest.ts';
import type { RunRecord } from '../domain/run/record.ts';
import type { Stage } from '../domain/run/stages.ts';
import { failedEmployeeJobs, failedStageJobs, isEnded, runStatus } from '../queries/run-status.ts';
import { findUnstarted } from '../queries/unstarted-runs.ts';
import { queueMissing } from './lost-employees.ts';

const AT_ONCE = 200;

/** What was put back on the queues. */
export interface Requeued {
  readonly employees: number;
  readonly stages: readonly string[];
}

/**
 * Re-queues a run's failed employees (all, or those named) and its failed stages, with all their attempts again. The
 * run then continues by itself. So does a scheduled run that could not be started.
 * @throws BtcFakeError RUN_STATE when the run has ended, or when a named employee is not among the failed.
 */
export async function requeueFailed(
  queues: Queues,
  store: RunStore,
  runId: RunId,
  attempts: number,
  employeeIds?: readonly EmployeeId[],
): Promise<Requeued> {
  // A run of the schedule whose start failed is not there yet, but its job is.
  if (!employeeIds && (await findUnstarted(queues, store, runId))) {
    return { employees: 0, stages: await requeueFailedStages(queues, runId) };
  }
  const run = await store.getRun(runId);
  assertNotEnded(run, 'nothing of it can be re-queued');
  const wanted = employeeIds && new Set(employeeIds);
  const jobs: Job<EmployeeJobData>[] = [];
  for await (const job of failedEmployeeJobs(queues, runId)) {
    if (!wanted || wanted.delete(job.data.employeeId)) jobs.push(job);
  }
  if (wanted && wanted.size > 0) {
    throw new BtcFakeError('RUN_STATE', `Run ${runId} has no failed employee ${[...wanted].join(', ')}`, {
      remedy: `See "btc-fake status ${runId}" for the failed employees.`,
    });
  }
  const stages = wanted ? [] : await failedStageJobs(queues, runId);
  const lost = await putBack(queues, store, run, { employees: jobs, stages }, attempts);
  return { employees: jobs.length + lost, stages: stages.map((job) => job.queueName) };
}

/**
 * Re-queues failed jobs of any runs, with all their attempts, as Bull Board's buttons ask. Jobs of ended or forgotten
 * runs stay as they are; jobs without a run yet (ticks, slots) are put back.
 * @throws BtcFakeError RUN_STATE or RUN_NOT_FOUND when no job could be re-queued for that reason.
 */
export async function requeueJobs(
  queues: Queues,
  store: RunStore,
  jobs: readonly Job<Partial<StageJobData>>[],
  attempts: number,
): Promise<void> {
  const byRun = new Map<RunId, Job<StageJobData>[]>();
  const ofNoRun: Job[] = [];
  for (const job of jobs) {
    if (!isOfRun(job) || (await isToMakeRun(store, job))) ofNoRun.push(job);
    else if (byRun.get(job.data.runId)?.push(job) === undefined) byRun.set(job.data.runId, [job]);
  }
  await inBatches(ofNoRun, retry);
  const refusals: unknown[] = [];
  for (const [runId, ofRun] of byRun) {
    try {
      const run = await store.getRun(runId);
      assertNotEnded(run, 'nothing of it can be re-queued');
      const employees = ofRun.filter(isEmployeeJob);
      const stages = ofRun.filter((job) => !isEmployeeJob(job));
      await putBack(queues, store, run, { employees, stages }, attempts);
    } catch (error) {
      if (!(error instanceof BtcFakeError) || !['RUN_STATE', 'RUN_NOT_FOUND'].includes(error.code)) throw error;
      refusals.push(error);
    }
  }
  if (refusals.length === byRun.size && ofNoRun.length === 0 && refusals.length > 0) throw refusals[0];
}

/** Re-queues a run's failed stages, not its failed employees: what continues an interrupted run. */
export async function requeueFailedStages(queues: Queues, runId: RunId): Promise<string[]> {
  const stages = await failedStageJobs(queues, runId);
  await retryStages(queues, runId, stages);
  return stages.map((job) => job.queueName);
}

/**
 * Lets a run continue to its files without its failed employees. Who is left out is recorded before anything else
 * happens; the assembler accepts no other gap.
 * @returns the employees that are left out now.
 * @throws BtcFakeError RUN_STATE when the run has ended, is still working, or has no failed employees.
 */
export async function finishWithoutFailed(queues: Queues, store: RunStore, runId: RunId): Promise<FailedEmployee[]> {
  const run = await store.getRun(runId);
  assertNotEnded(run, run.cancelled ? 'it gets no files' : 'it has its files');
  const { state, counts } = await runStatus(queues, store, run);
  if (state !== 'incomplete') {
    throw new BtcFakeError(
      'RUN_STATE',
      counts.failed === 0 ? `Run ${runId} has no failed employees` : `Run ${runId} is still working on employees`,
      { remedy: `See "btc-fake status ${runId}".` },
    );
  }
  const jobs: Job<EmployeeJobData>[] = [];
  for await (const job of failedEmployeeJobs(queues, runId)) jobs.push(job);
  const failed = jobs.map((job) => ({ employeeId: job.data.employeeId, reason: job.failedReason ?? 'unknown' }));
  await store.addWithout(runId, failed);
  // Removing the failed jobs is what releases the file-assembly job, their parent.
  await inBatches(jobs, (job) => job.remove());
  await requeueFailedStages(queues, runId);
  return failed;
}

/** The failed jobs of a run that are put back. */
interface FailedJobs {
  readonly employees: readonly Job<EmployeeJobData>[];
  readonly stages: readonly Job<StageJobData>[];
}

/**
 * Puts failed jobs of a run back on their queues.
 * @returns how many employees, whose jobs were deleted, were queued besides.
 */
async function putBack(
  queues: Queues,
  store: RunStore,
  run: RunRecord,
  { employees, stages }: FailedJobs,
  attempts: number,
): Promise<number> {
  const lost = stages.some((job) => job.queueName === 'file-assembly')
    ? await queueMissing(queues, store, run, attempts)
    : 0;
  // If an earlier `finish` was interrupted, employees that are retried are no longer listed as left out.
  if (run.without.length > 0) {
    await store.removeWithout(run.plan.id, new Set(employees.map((job) => job.data.employeeId)));
  }
  const failures = new FailureStore(queues.redis);
  for (let i = 0; i < employees.length; i += AT_ONCE) {
    const some = employees.slice(i, i + AT_ONCE);
    await failures.forget(
      run.plan.id,
      some.map((job) => job.data.employeeId),
    );
    await Promise.all(some.map(retry));
  }
  await retryStages(queues, run.plan.id, stages);
  return lost;
}

/**
 * Re-queues stages. A person who has corrected a setting meanwhile may give them another source.
 */
async function retryStages(queues: Queues, runId: RunId, stages: readonly Job<StageJobData>[]): Promise<void> {
  const frozen = new FrozenSourcesStore(queues.redis);
  for (const { queueName } of stages) await frozen.unsettleUnused(runId, queueName as Stage);
  await inBatches(stages, retry);
}

/** Whether a job is to make the run of a slot, which is not there yet. */
async function isToMakeRun(store: RunStore, { data }: Job<RunStartJobData>): Promise<boolean> {
  return data.slot !== undefined && (await store.findRun(data.runId)) === undefined;
}

function isOfRun(job: Job<Partial<StageJobData>>): job is Job<StageJobData> {
  return job.data.runId !== undefined;
}

function isEmployeeJob(job: Job<StageJobData>): job is Job<EmployeeJobData> {
  return job.queueName === 'employee-simulation';
}

/** @param consequence why that matters, as it ends the sentence. @throws BtcFakeError RUN_STATE. */
export function assertNotCancelled({ plan, cancelled }: RunRecord, consequence: string): void {
  if (!cancelled) return;
  throw new BtcFakeError('RUN_STATE', `Run ${plan.id} was cancelled by ${cancelled.by}; ${consequence}`, {
    remedy: 'Start a new run with "btc-fake run".',
  });
}

function assertNotEnded(run: RunRecord, consequence: string): void {
  assertNotCancelled(run, consequence);
  if (!isEnded(run)) return;
  throw new BtcFakeError('RUN_STATE', `Run ${run.plan.id} has ended; ${consequence}`, {
    remedy: 'Start a new run with "btc-fake run".',
  });
}

async function retry(job: Job): Promise<void> {
  try {
    await job.retry('failed', { resetAttemptsMade: true });
  } catch (error) {
    // Otherwise somebody else re-queued it in the same moment, which is as good.
    if (await job.isFailed()) throw error;
  }
}

async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < items.length; i += AT_ONCE) await Promise.all(items.slice(i, i + AT_ONCE).map(work));
}
