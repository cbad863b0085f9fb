import { DelayedError, type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Logger } from 'pino';
import { isRedisRefusal, redisRefusal } from '../../adapters/redis/failure.ts';
import { assertPayload, type StageJobData } from '../../adapters/redis/queues.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { printable } from '../../domain/quoted-value.ts';
import { isRetryable } from '../../domain/recommender/retry-policy.ts';
import { jobFields } from './job-log.ts';
import type { WhenMemoryIsFree } from './redis-memory.ts';
import { RunNotServed } from './served-runs.ts';
import type { ThrottleLog } from './throttle-log.ts';
import type { QueueObserver } from './worker-observer.ts';

/** What a stage does with a job. It throws what it cannot do, and stops soon after `signal` is aborted. */
export type JobHandler<Data extends StageJobData> = (
  job: Job<Data>,
  signal: AbortSignal,
  token: string,
) => Promise<void>;

/** What the handling of a job needs from its queue. */
export interface JobDependencies {
  readonly logger: Logger;
  readonly throttleLog: ThrottleLog;
  /** Aborted when the process has to stop now. */
  readonly stopping: AbortSignal;
  /** Cuts secrets out of a text; nobody vouches for what errors of others say. */
  readonly cutSecrets: (text: string) => string;
  /** Keeps all workers of this queue from taking jobs for a while. */
  readonly pauseQueue: (ms: number) => Promise<void>;
  /** Waits for a Redis that is full. */
  readonly whenMemoryIsFree: WhenMemoryIsFree;
  /**
   * Says how long a job has to wait, in milliseconds, because what failed is not its own fault; undefined when it is.
   */
  readonly outagePause?: ((error: unknown, job: Job) => number | undefined) | undefined;
  /** Says how long a job of a run that this process does not serve is left to others, in milliseconds. */
  readonly notServed?: ((refusal: RunNotServed, job: Job) => number) | undefined;
  /** Told what becomes of the jobs. */
  readonly observer?: QueueObserver | undefined;
}

const DEFAULT_PAUSE_MS = 1_000;

/**
 * Makes a BullMQ processor of a handler. What comes out of it decides what becomes of the job:
 * - it returns: the job is completed;
 * - RECOMMENDER_THROTTLED: the whole queue pauses as long as the other side asked, and no attempt is counted;
 * - the recommender fails for everybody: it waits for the next probe, and no attempt is counted;
 * - the run is for processes with other sources or folders: it is left to them for a while, and no attempt is counted;
 * - Redis is full: it is waited for;
 * - an error that may pass: it is tried again after a back-off, until its attempts are used up;
 * - an error that cannot pass: it fails at once;
 * - the worker is stopping: the job goes back to the queue, and no attempt is counted.
 */
export function jobProcessor<Data extends StageJobData>(handler: JobHandler<Data>, dependencies: JobDependencies) {
  // BullMQ makes a signal for each job of a processor that takes three arguments; it is aborted when the lock is lost
  // too.
  return (job: Job<Data>, token?: string, signal?: AbortSignal): Promise<void> =>
    processJob(handler, dependencies, job, token!, signal!);
}

/**
 * The same for a handler with many short jobs, which share the process's signal: one for each would cost a tenth of
 * their time. Such a job does not learn that it has lost its lock; doing its work twice must do no harm.
 */
export function shortJobProcessor<Data extends StageJobData>(handler: JobHandler<Data>, dependencies: JobDependencies) {
  return (job: Job<Data>, token?: string): Promise<void> =>
    processJob(handler, dependencies, job, token!, dependencies.stopping);
}

async function processJob<Data extends StageJobData>(
  handler: JobHandler<Data>,
  {
    logger,
    throttleLog,
    stopping,
    cutSecrets,
    pauseQueue,
    whenMemoryIsFree,
    outagePause,
    notServed,
    observer,
  }: JobDependencies,
  job: Job<Data>,
  token: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    assertPayload(job.data);
    await whenMemoryIsFree(() => handler(job, signal, token), signal);
  } catch (error) {
    if (isQueueControl(error)) throw error;
    if (stopping.aborted) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    if (error instanceof BtcFakeError && error.code === 'RECOMMENDER_THROTTLED') {
      // Redis knows no pause of 0 ms, and to come back at once is what got us here.
      const pauseMs = error.retryAfterMs || DEFAULT_PAUSE_MS;
      throttleLog.refused(jobFields(job), pauseMs, error.message);
      observer?.paused(pauseMs);
      await pauseQueue(pauseMs);
      throw Worker.RateLimitError();
    }
    const pauseMs = error instanceof RunNotServed ? notServed?.(error, job) : outagePause?.(error, job);
    if (pauseMs !== undefined) {
      await job.moveToDelayed(Date.now() + pauseMs, token);
      throw new DelayedError();
    }
    const failure = jobError(error, cutSecrets(failureReason(error)), job, logger);
    if (failure.isFinal) observer?.failed();
    else observer?.retried();
    throw failure.error;
  }
  observer?.done();
}

/** The text that Bull Board, `status` and the log show for a failed job. */
export function failureReason(failure: unknown): string {
  const error = (isRedisRefusal(failure) ? redisRefusal(failure) : undefined) ?? failure;
  if (!(error instanceof BtcFakeError)) {
    return `INTERNAL: ${printable(error instanceof Error ? error.message : String(error))}`;
  }
  const lines = error.lines.length > 0 ? ` [${error.lines.join('; ')}]` : '';
  const what = `${error.code}: ${error.message}${lines}`;
  if (!error.remedy) return what;
  return `${what}${/[.!?]$/.test(what) ? '' : '.'} ${error.remedy}`;
}

function jobError(error: unknown, reason: string, job: Job<StageJobData>, logger: Logger) {
  const retryable = isRetryable(error);
  const failure = retryable ? new Error(reason, { cause: error }) : new UnrecoverableError(reason);
  const attempts = job.opts.attempts ?? 1;
  const isFinal = !retryable || job.attemptsMade + 1 >= attempts;
  const about = { ...jobFields(job), attempt: job.attemptsMade + 1, attempts };
  if (error instanceof BtcFakeError) {
    // BullMQ keeps the stack with the job; for an error that we raised on purpose it says nothing that the reason does
    // not.
    failure.stack = reason;
    logger[isFinal ? 'error' : 'warn'](about, reason);
  } else {
    logger[isFinal ? 'error' : 'warn']({ ...about, err: error }, reason);
  }
  return { error: failure, isFinal };
}

/** Errors by which BullMQ itself lets a handler move its job elsewhere. */
export function isQueueControl(error: unknown): boolean {
  return error instanceof Error && ['WaitingChildrenError', 'WaitingError', 'DelayedError'].includes(error.name);
}
