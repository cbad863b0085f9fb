import { BtcFakeError } from '../errors.ts';

/** So many failed calls in a row, without one good answer in between: it may not be the employees. */
const ENOUGH_IN_A_ROW = 20;
/** The most that a block of employees who fail by themselves makes it. */
const MOST_IN_A_ROW = 160;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** So long without a call that fails: what was before says nothing any more. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

/** What a failed call tells of the recommender. Instants are epoch milliseconds. */
export interface FailedCall {
  readonly error: unknown;
  /** Whether the employee was asked about before; who fails again says little about the others. */
  readonly askedBefore: boolean;
  readonly now: number;
}

/** A pause that the process takes. */
export interface OutagePause {
  readonly pauseMs: number;
  /** When the outage was first seen, epoch milliseconds. */
  readonly since: number;
  /**
   * `suspected`: a probe is needed at once; `begun`: an outage was found; `longer`: a probe failed; `same`: a call that
   * was under way when the pause began; `given up`: no more pauses, the patience is over.
   */
  readonly kind: 'suspected' | 'begun' | 'longer' | 'same' | 'given up';
}

/**
 * Tells an outage of the recommender, in which no call succeeds, from failures of single employees, by how the calls of
 * a process end (docs/decisions/0014-pause-while-the-recommender-is-out.md).
 * - 20 failures in a row are an outage if a first call got no answer at all. Otherwise only a failed probe with
 *   others makes them an outage; after each probe that passes, twice as many must fail, up to 160.
 * - During an outage the process pauses, 1 s at first and then twice as long up to 30 s (never less than
 *   `Retry-After`), and probes after each pause. No attempts are used up.
 * - After `patienceMs` calls fail as usual, until a call succeeds or none has failed for 10 minutes.
 */
export class RecommenderOutage {
  readonly #patienceMs: number;
  #inARow = 0;
  #enough = ENOUGH_IN_A_ROW;
  /** Whether somebody of the row was asked about for the first time and got no answer that names an error. */
  #isSilent = false;
  #isSuspected = false;
  #pauses = 0;
  #since: number | undefined;
  #pausedUntil = 0;
  #lastFailureAt = 0;
  #givenUp = false;

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** A call for an employee of a run succeeded: there is no outage. */
  succeeded(): void {
    if (this.#inARow > 0) this.#forget();
  }

  /**
   * A call for an employee of a run failed.
   * @returns the pause to take instead of counting it against the employee, or undefined.
   */
  failed({ error, askedBefore, now }: FailedCall): OutagePause | undefined {
    if (this.#patienceMs === 0 || !isSignOfAnOutage(error)) return undefined;
    const isPaused = this.#isSuspected || (this.#since !== undefined && !this.#givenUp);
    if (isPaused) return this.#samePause(now);
    if (now - this.#lastFailureAt > FORGOTTEN_AFTER_MS) this.#forget();
    this.#lastFailureAt = now;
    if (this.#givenUp) return undefined;
    this.#inARow += 1;
    this.#isSilent ||= !askedBefore && !error.namesError;
    if (this.#inARow < this.#enough) return undefined;
    if (this.#isSilent) return this.#begin(error, now);
    this.#isSuspected = true;
    return { pauseMs: FIRST_PAUSE_MS, since: now, kind: 'suspected' };
  }

  /** A probe passed: others are answered. */
  probePassed(): void {
    const enough = this.#isSuspected ? Math.min(this.#enough * 2, MOST_IN_A_ROW) : ENOUGH_IN_A_ROW;
    this.#forget();
    this.#enough = enough;
  }

  /**
   * A probe failed with a sign of an outage.
   * @returns the pause until the next probe; undefined when the outage was over before.
   */
  probeFailed(error: BtcFakeError, now: number): OutagePause | undefined {
    this.#lastFailureAt = now;
    if (this.#isSuspected) return this.#begin(error, now);
    if (this.#since === undefined || this.#givenUp) return undefined;
    if (now - this.#since < this.#patienceMs) return this.#pause('longer', now, this.#since, error.retryAfterMs);
    this.#givenUp = true;
    return { pauseMs: 0, since: this.#since, kind: 'given up' };
  }

  #begin(error: BtcFakeError, now: number): OutagePause {
    this.#isSuspected = false;
    this.#since = now;
    return this.#pause('begun', now, now, error.retryAfterMs);
  }

  #pause(kind: OutagePause['kind'], now: number, since: number, askedForMs = 0): OutagePause {
    const pauseMs = Math.max(Math.min(FIRST_PAUSE_MS * 2 ** this.#pauses, LONGEST_PAUSE_MS), askedForMs);
    this.#pauses += 1;
    this.#pausedUntil = now + pauseMs;
    return { pauseMs, since, kind };
  }

  /** A probe may be under way. */
  #samePause(now: number): OutagePause {
    const leftMs = this.#pausedUntil - now;
    return { pauseMs: leftMs > 0 ? leftMs : FIRST_PAUSE_MS, since: this.#since ?? now, kind: 'same' };
  }

  #forget(): void {
    this.#inARow = 0;
    this.#enough = ENOUGH_IN_A_ROW;
    this.#isSilent = false;
    this.#isSuspected = false;
    this.#pauses = 0;
    this.#since = undefined;
    this.#pausedUntil = 0;
    this.#givenUp = false;
  }
}

const SIGNS: readonly string[] = ['RECOMMENDER_UNAVAILABLE', 'RECOMMENDER_ACCESS', 'PROXY_REFUSED'];

/**
 * Whether a failed call may say that the recommender fails for everybody: RECOMMENDER_UNAVAILABLE, RECOMMENDER_ACCESS
 * and PROXY_REFUSED. Other failures are answers about one employee.
 */
export function isSignOfAnOutage(error: unknown): error is BtcFakeError {
  return error instanceof BtcFakeError && SIGNS.includes(error.code);
}
