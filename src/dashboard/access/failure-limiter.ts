import { RecentMap } from '../../domain/recent-map.ts';

/** How much failing is borne. */
export interface FailureLimit {
  /** Failures within the window after which nothing is tried any more. */
  readonly failures: number;
  readonly windowMs: number;
  /** The most names that are remembered; the oldest is forgotten first. */
  readonly capacity: number;
}

interface Failures {
  readonly since: number;
  count: number;
  last: string;
}

/**
 * Counts failures by name (an address), each over a window that begins with the first. Pure of time: the caller says
 * when it is, in epoch milliseconds.
 */
export class FailureLimiter {
  readonly #limit: FailureLimit;
  readonly #byName: RecentMap<string, Failures>;

  constructor(limit: FailureLimit) {
    this.#limit = limit;
    this.#byName = new RecentMap(limit.capacity);
  }

  /** How long, in milliseconds, nothing may be tried under this name; 0 when it may. */
  waitMs(name: string, now: number): number {
    const failures = this.#current(name, now);
    if (failures === undefined || failures.count < this.#limit.failures) return 0;
    return failures.since + this.#limit.windowMs - now;
  }

  /**
   * Notes a failure. The same attempt once more (`what` says which) counts once: a page that was left open with an old
   * password guesses nothing.
   * @returns whether it counted.
   */
  fail(name: string, what: string, now: number): boolean {
    const failures = this.#current(name, now) ?? { since: now, count: 0, last: '' };
    if (failures.last === what) return false;
    failures.count += 1;
    failures.last = what;
    this.#byName.set(name, failures);
    return true;
  }

  #current(name: string, now: number): Failures | undefined {
    const failures = this.#byName.get(name);
    if (failures === undefined || now < failures.since + this.#limit.windowMs) return failures;
    this.#byName.delete(name);
    return undefined;
  }
}
