import type { Job } from 'bullmq';
import type { EmployeeJobData, QueueName, Queues, StageJobData } from '../adapters/redis/queues.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import { type OutageNote, readOutageNote } from '../adapters/shared-state/outage-note.ts';
import { readWarehouseWait, type WarehouseWait } from '../adapters/shared-state/warehouse-wait.ts';
import type { RunId } from '../domain/ids.ts';
import { employeeJobId } from '../domain/run/employee-job-id.ts';
import type { Cancellation, RunRecord } from '../domain/run/record.ts';
import { SINGLE_JOB_STAGES } from '../domain/run/stages.ts';
import type { UnservedStage } from '../domain/run/unserved-stage.ts';
import { FailedEmployees } from './failed-employees.ts';
import { unservedStage } from './served-stages.ts';

/**
 * How a run stands.
 * - `queued`: nobody has begun with it
 * - `running`: somebody works on it, or will
 * - `failed`: a stage failed for good; re-queue it
 * - `incomplete`: all other employees are done, and some failed for good; re-queue them or finish without them
 * - `finished`: the files are there (and published, and landed, where that was asked for)
 * - `cancelled`: somebody stopped it; nothing more is done for it
 */
export type RunState = 'queued' | 'running' | 'failed' | 'incomplete' | 'finished' | 'cancelled';

/** How many of a run's employees are where. */
export interface RunCounts {
  readonly employees: number;
  readonly done: number;
  readonly failed: number;
}

/** How a run stands, now. */
export interface RunStatus {
  readonly state: RunState;
  /** The stage that the run is in, or that failed. */
  readonly stage: QueueName;
  readonly counts: RunCounts;
  /** Why the stage failed. */
  readonly reason?: string;
  /** Present while workers are paused because the recommender fails for everybody, and the run waits for that. */
  readonly outage?: OutageNote;
  /** Present for a cancelled run. */
  readonly cancelled?: Cancellation;
  /** Present while no living worker can take the stage that the run is in. */
  readonly unserved?: UnservedStage;
  /** Present while the run waits for its SQL warehouse, which is starting. */
  readonly warehouse?: WarehouseWait;
}

const PAGE = 500;

/**
 * Works out how a run stands from the run store and the queues; nothing stores a state that could be stale. A caller
 * who asks often, or for many runs, keeps one `FailedEmployees` for it.
 */
export async function runStatus(
  queues: Queues,
  store: RunStore,
  run: RunRecord,
  failedEmployees = new FailedEmployees(queues),
): Promise<RunStatus> {
  const runId = run.plan.id;
  const employees = run.population.count;
  if (run.cancelled) {
    const { stage, done, failed } = run.cancelled;
    return { state: 'cancelled', stage, counts: { employees, done, failed }, cancelled: run.cancelled };
  }
  const done = await store.countResults(runId);
  const stage = currentStage(run);
  if (isFinished(run)) return { state: 'finished', stage, counts: { employees, done, failed: run.without.length } };

  const failedIds = (await failedEmployees.ofRun(runId))?.jobIds ?? new Set();
  const failed = failedIds.size;
  const counts = { employees, done, failed };
  const [failedStage] = await failedStageJobs(queues, runId);
  if (failedStage) {
    return {
      state: 'failed',
      stage: failedStage.queueName as QueueName,
      counts,
      reason: failedStage.failedReason ?? 'unknown',
    };
  }
  const leftOut = run.without.filter(({ employeeId }) => !failedIds.has(employeeJobId(runId, employeeId))).length;
  if (failed > 0 && done + failed + leftOut >= employees) return { state: 'incomplete', stage, counts };
  if (run.stageStartedAt['run-start'] === undefined) return { state: 'queued', stage, counts };
  const [outage, unserved, warehouse] = await Promise.all([
    stage === 'employee-simulation' ? readOutageNote(queues.redis) : undefined,
    unservedStage(queues, run, stage),
    stage === 'assignment' ? readWarehouseWait(queues.redis, runId) : undefined,
  ]);
  return {
    state: 'running',
    stage,
    counts,
    ...(outage ? { outage } : {}),
    ...(unserved ? { unserved } : {}),
    ...(warehouse ? { warehouse } : {}),
  };
}

/** A run's failed employee jobs, those that failed last first. */
export async function* failedEmployeeJobs(queues: Queues, runId: RunId): AsyncGenerator<Job<EmployeeJobData>> {
  const queue = queues.byName['employee-simulation'];
  // All ids first: the set shifts under a walk while others re-queue from it.
  const ids = await failedEmployeeJobIds(queues, runId);
  for (let from = 0; from < ids.length; from += PAGE) {
    const jobs = await Promise.all(ids.slice(from, from + PAGE).map((id) => queue.getJob(id)));
    for (const job of jobs as (Job<EmployeeJobData> | undefined)[]) if (job?.data.runId === runId) yield job;
  }
}

/** A run's failed stage jobs, in the order of the stages. */
export async function failedStageJobs(queues: Queues, runId: RunId): Promise<Job<StageJobData>[]> {
  const failed = await Promise.all(
    SINGLE_JOB_STAGES.map(async (name) => {
      const queue = queues.byName[name];
      // Mostly nothing has failed; then there is no job to look at.
      if ((await queue.getFailedCount()) === 0) return undefined;
      const job = await queue.getJob(runId);
      return (await job?.isFailed()) ? job : undefined;
    }),
  );
  return failed.filter((job) => job !== undefined);
}

/** Whether nothing more is done for a run: it is finished, or was cancelled. */
export function isEnded(run: RunRecord): boolean {
  return run.cancelled !== undefined || isFinished(run);
}

/** Whether a run has all that was asked of it. A run that was cancelled before has not. */
export function isFinished(run: RunRecord): boolean {
  if (run.cancelled) return false;
  const { publish, publishedAt, landing, landedAt } = run;
  const isDone = (!publish || publishedAt !== undefined) && (!landing || landedAt !== undefined);
  return run.finishedAt !== undefined && isDone;
}

/** When the last of what a run was asked for was done, epoch milliseconds; undefined before its files are there. */
export function lastDoneAt({ landedAt, publishedAt, finishedAt }: RunRecord): number | undefined {
  return landedAt ?? publishedAt ?? finishedAt;
}

async function failedEmployeeJobIds(queues: Queues, runId: RunId): Promise<string[]> {
  const ids = await queues.byName['employee-simulation'].getRanges(['failed'], 0, -1);
  return ids.filter((id) => id.startsWith(`${runId}-`));
}

function currentStage(run: RunRecord): QueueName {
  const { stageFinishedAt } = run;
  if (stageFinishedAt['file-assembly'] !== undefined) {
    if (run.landing && (!run.publish || run.publishedAt !== undefined)) return 'landing';
    return run.publish ? 'publish' : 'file-assembly';
  }
  if (run.stageStartedAt['file-assembly'] !== undefined) return 'file-assembly';
  if (stageFinishedAt.assignment !== undefined) return 'employee-simulation';
  if (stageFinishedAt['catalog-download'] !== undefined) return 'assignment';
  return stageFinishedAt['run-start'] === undefined ? 'run-start' : 'catalog-download';
}
