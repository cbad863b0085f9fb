import type { Worker } from 'bullmq';
import type { Logger } from 'pino';
import { isRedisFull, isRedisRefusal, redisRefusal } from '../../adapters/redis/failure.ts';
import type { WorkerPause } from './worker-pause.ts';

/** What a worker emits as an error for each job that it has lost; the jobs are logged when they are given up. */
const LOST_LOCK = /\block\b|\bMissing key for job\b/i;

/** A worker whose command Redis refuses asks again at once, thousands of times a second, unless it pauses. */
const PAUSE_WHEN_REFUSED_MS = 1_000;

/** So long nothing may fail until an outage is called over: a full Redis still takes some commands in between. */
const QUIET_MS = 1_500;

/**
 * An outage of Redis is logged once for all queues, and once more, with a count, when it is over. It is over when, with
 * nothing failing any more, Redis is connected again or, where it was not the connection that failed, a queue moves.
 */
export class QueueOutages {
  readonly #logger: Logger;
  #errors = 0;
  #lastErrorAt = 0;
  #quiet: NodeJS.Timeout | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Whether there is an outage now. */
  get isUnderWay(): boolean {
    return this.#errors > 0;
  }

  watch(worker: Worker, pause: WorkerPause): void {
    worker.on('error', (error) => {
      if (LOST_LOCK.test(error.message)) return;
      if (isRedisRefusal(error)) pause.pause(PAUSE_WHEN_REFUSED_MS);
      this.failed(error);
    });
    worker.on('active', this.over);
    worker.on('drained', this.over);
  }

  /** Redis could not be asked, or refused what it was asked. */
  readonly failed = (error: unknown): void => {
    this.#errors += 1;
    this.#lastErrorAt = Date.now();
    if (this.#errors > 1) return;
    const reason = error instanceof Error ? error.message : String(error);
    const refusal = redisRefusal(error);
    if (isRedisFull(error)) this.#logger.error({ reason }, 'Redis has no memory left; waiting until it has');
    else if (refusal)
      this.#logger.error({ reason, remedy: refusal.remedy }, `${refusal.message}; waiting until it serves`);
    else this.#logger.error({ reason }, 'The queues cannot be read; trying again until they can');
  };

  /** Something worked. */
  readonly over = (): void => {
    if (this.#errors === 0 || this.#quiet) return;
    const quietInMs = this.#lastErrorAt + QUIET_MS - Date.now();
    if (quietInMs > 0) this.#quiet = setTimeout(this.#end, quietInMs, this.#errors).unref();
    else this.#end(this.#errors);
  };

  stop(): void {
    clearTimeout(this.#quiet);
  }

  readonly #end = (errorsThen: number): void => {
    this.#quiet = undefined;
    // Something failed meanwhile: the next success asks again.
    if (this.#errors !== errorsThen) return;
    this.#logger.warn({ errors: this.#errors }, 'The queues can be read again');
    this.#errors = 0;
  };
}
