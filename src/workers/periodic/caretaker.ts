import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { failureReason } from '../runtime/job-handler.ts';

/** Something that a process with workers does again and again, besides its jobs. */
export interface Duty {
  readonly name: string;
  /** From the end of one time to the beginning of the next. */
  readonly everyMs: number;
  run(): Promise<void>;
  /** What is left to do when the process stops. */
  readonly end?: () => Promise<void>;
}

/** Whoever does the duties of a process. */
export interface Caretaker {
  /** Begins no duty any more, waits a moment for those that are being done, and ends them. Never throws, never hangs. */
  stop(): Promise<void>;
}

/** How long a duty that is being done, and then the end of all, may keep a process that wants to stop. */
const STOP_MS = 1_000;

/**
 * Does each duty now, and then again and again. A duty is never done twice at the same time: one that waits for Redis is done
 * when Redis is back. One that fails is tried again at its next time; the first failure is logged, and the end of all failing,
 * with a count. The timers keep no process alive.
 */
export function startCaretaker(duties: readonly Duty[], logger: Logger): Caretaker {
  const failing = new Failures(logger);
  const timers = new Map<Duty, NodeJS.Timeout>();
  const inHand = new Map<Duty, Promise<void>>();
  let stopped = false;

  const begin = (duty: Duty): void => {
    const attempt = async () => duty.run();
    const done = attempt()
      .then(
        () => failing.isWell(duty),
        (error: unknown) => {
          if (!stopped) failing.hasFailed(duty, error);
        },
      )
      .then(() => {
        inHand.delete(duty);
        if (!stopped) timers.set(duty, setTimeout(begin, duty.everyMs, duty).unref());
      });
    inHand.set(duty, done);
  };
  for (const duty of duties) begin(duty);

  return {
    stop: async () => {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.race([Promise.all(inHand.values()), delay(STOP_MS, undefined, { ref: false })]);
      const ends = Promise.allSettled(duties.map((duty) => duty.end?.()));
      await Promise.race([ends, delay(STOP_MS, undefined, { ref: false })]);
    },
  };
}

class Failures {
  readonly #logger: Logger;
  readonly #duties = new Set<Duty>();
  #count = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  hasFailed(duty: Duty, error: unknown): void {
    this.#count += 1;
    this.#duties.add(duty);
    if (this.#count > 1) return;
    this.#logger.error({ duty: duty.name, reason: failureReason(error) }, 'A periodic duty failed; trying again');
  }

  isWell(duty: Duty): void {
    this.#duties.delete(duty);
    if (this.#count === 0 || this.#duties.size > 0) return;
    this.#logger.warn({ failures: this.#count }, 'The periodic duties are done again');
    this.#count = 0;
  }
}
