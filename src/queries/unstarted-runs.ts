import type { Job, JobType } from 'bullmq';
import type { Queues, RunStartJobData } from '../adapters/redis/queues.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import type { RunId } from '../domain/ids.ts';
import { type RunStatus, runStatus } from './run-status.ts';

/** A scheduled run that is not there yet: its employees are read when its run-start job is worked on. */
export interface UnstartedRun {
  readonly runId: RunId;
  /** Epoch milliseconds. */
  readonly slot: number;
  /** `failed`: its employees file was bad, or something else was wrong; re-queue it. */
  readonly state: 'queued' | 'failed';
  /** Why it failed. */
  readonly reason?: string;
  /** Epoch milliseconds. */
  readonly queuedAt: number;
}

const STATES: JobType[] = ['failed', 'active', 'waiting', 'delayed', 'prioritized'];

/** The most that are looked at: one a slot, of which each should be seen to before there are many. */
const LOOKED_AT = 200;

/** The scheduled runs that are not there yet, the latest slot first. */
export async function unstartedRuns(queues: Queues, store: RunStore): Promise<UnstartedRun[]> {
  const jobs: Job<RunStartJobData>[] = await queues.byName['run-start'].getJobs(STATES, 0, LOOKED_AT - 1);
  const found = await Promise.all(jobs.map((job) => asUnstarted(job, store)));
  return found.filter((run) => run !== undefined).sort((a, b) => b.slot - a.slot);
}

/** The same for one run; undefined when it is there, or is no scheduled run that waits to begin. */
export async function findUnstarted(queues: Queues, store: RunStore, runId: RunId): Promise<UnstartedRun | undefined> {
  const job: Job<RunStartJobData> | undefined = await queues.byName['run-start'].getJob(runId);
  return job && (await job.isCompleted()) === false ? asUnstarted(job, store) : undefined;
}

/** How a run stands, also one of a slot that is not there yet. @throws BtcFakeError RUN_NOT_FOUND. */
export async function runStatusById(queues: Queues, store: RunStore, runId: RunId): Promise<RunStatus> {
  // In this order: a run that is made in between is found by one of the two.
  const unstarted = await findUnstarted(queues, store, runId);
  return unstarted ? unstartedStatus(unstarted) : runStatus(queues, store, await store.getRun(runId));
}

/** How a run stands that is not there yet. */
export function unstartedStatus({ state, reason }: UnstartedRun): RunStatus {
  const counts = { employees: 0, done: 0, failed: 0 };
  return { state, stage: 'run-start', counts, ...(reason === undefined ? {} : { reason }) };
}

async function asUnstarted(job: Job<RunStartJobData>, store: RunStore): Promise<UnstartedRun | undefined> {
  const { runId, slot } = job.data;
  // A tick is of no run. The lists may hold a job that was removed a moment ago.
  if (slot === undefined || runId === undefined) return undefined;
  const failed = await job.isFailed();
  if (await store.findRun(runId)) return undefined;
  return {
    runId,
    slot,
    state: failed ? 'failed' : 'queued',
    ...(failed ? { reason: job.failedReason ?? 'unknown' } : {}),
    queuedAt: job.timestamp,
  };
}
