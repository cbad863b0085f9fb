import type { JobsOptions } from 'bullmq';
import { BACKOFF } from '../adapters/redis/queues.ts';

/** Finished stage jobs stay on the dashboard for a while; the run itself is in the run store. */
const KEEP_FINISHED_STAGES = { age: 7 * 24 * 3600, count: 1000 };

/** Options of a job that stands for a stage. Failed jobs are never removed: removing one would release its parent. */
export function stageJobOptions(attempts: number): JobsOptions {
  return { attempts, backoff: BACKOFF, removeOnComplete: KEEP_FINISHED_STAGES };
}

/**
 * Options of an employee's job, few, because each of a million jobs holds them. That a completed one leaves nothing
 * behind is for the workers to say.
 */
export function employeeJobOptions(attempts: number): JobsOptions {
  return { attempts, backoff: BACKOFF };
}
