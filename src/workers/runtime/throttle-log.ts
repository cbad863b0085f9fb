import type { Logger } from 'pino';
import type { JobFields } from './job-log.ts';

/** While a queue is throttled again and again, one line in this time is enough. */
const EVERY_MS = 60_000;

/**
 * Logs that the other side asks for fewer calls: at once when it begins, then once a minute with a count. Every active
 * call is refused, and the next ones after each pause; a line for each would hide all others.
 */
export class ThrottleLog {
  readonly #logger: Logger;
  readonly #clock: () => number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #unsaid = 0;

  /** @param clock milliseconds that only go forward. */
  constructor(logger: Logger, clock: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** A call was refused, and the queue pauses for `pauseMs`. */
  refused(job: JobFields, pauseMs: number, reason: string): void {
    this.#unsaid += 1;
    if (this.#clock() - this.#lastAt < EVERY_MS) return;
    this.#lastAt = this.#clock();
    this.#logger.warn({ ...job, pauseMs, refusals: this.#unsaid }, reason);
    this.#unsaid = 0;
  }
}
