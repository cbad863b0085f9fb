import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { QueueAdapterOptions } from '@bull-board/api/typings/app';
import type { Job, Queue } from 'bullmq';
import { throttledForMs } from '../../adapters/redis/queues.ts';
import { BtcFakeError } from '../../domain/errors.ts';

/** Puts failed jobs back on their queue. */
export type Requeue = (jobs: readonly Job[]) => Promise<void>;

/**
 * What Bull Board sees of a queue. Its retry buttons re-queue as BTC Fake does: with all attempts again, which BullMQ's
 * own `retry` would not give back. A completed job is never done again.
 */
export class RequeuingAdapter extends BullMQAdapter {
  readonly #queue: Queue;
  readonly #requeue: Requeue;
  #picked: Job[] = [];
  #requeued: Promise<void> | undefined;

  constructor(queue: Queue, requeue: Requeue, options: Partial<QueueAdapterOptions>) {
    super(queue, { ...options, ...COMPLETED_STAY });
    this.#queue = queue;
    this.#requeue = requeue;
  }

  override async getJob(id: string): Promise<Job | undefined> {
    const job = await super.getJob(id);
    return job && this.#withRetry(job);
  }

  override async getJobs(...range: Parameters<BullMQAdapter['getJobs']>): Promise<Job[]> {
    return (await super.getJobs(...range)).map((job) => this.#withRetry(job));
  }

  /**
   * What Bull Board calls rate-limited, in milliseconds. BullMQ's own answer is a second whenever a job was taken in
   * the last one.
   */
  override getActiveRateLimitTtl(): Promise<number> {
    return throttledForMs(this.#queue);
  }

  /** Until it is picked, the job has another `retry` than BullMQ gave it. */
  #withRetry(job: Job): Job {
    const { retry } = job;
    job.retry = async (state = 'failed') => {
      if (state !== 'failed') {
        throw new BtcFakeError('RUN_STATE', 'A completed job cannot be repeated', {
          remedy: 'Start a new run with "btc-fake run".',
        });
      }
      job.retry = retry;
      await this.#pick(job);
    };
    return job;
  }

  /** "Retry all" picks a page of jobs in one turn; they are put back together. */
  #pick(job: Job): Promise<void> {
    this.#picked.push(job);
    this.#requeued ??= Promise.resolve().then(() => {
      const jobs = this.#picked;
      this.#picked = [];
      this.#requeued = undefined;
      return this.#requeue(jobs);
    });
    return this.#requeued;
  }
}

/** Known to the adapter's constructor, but not to its type. */
const COMPLETED_STAY = { allowCompletedRetries: false };
