import { BtcFakeError } from './errors.ts';

/** So many employees in a row, asked about for the first time, without one good answer in between: it is not the employees. */
const ENOUGH_IN_A_ROW = 20;
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 30_000;
/** So long without a call that fails: what was before says nothing any more. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

/** What a failed call tells of the recommender. Instants are epoch milliseconds. */
export interface FailedCall {
  readonly error: unknown;
  /** Whether the employee was asked about before; what fails again says little about the others. */
  readonly askedBefore: boolean;
  readonly now: number;
}

/** A rest that is to be taken. */
export interface Rest {
  readonly restMs: number;
  /** When the outage was first seen, epoch milliseconds. */
  readonly since: number;
  /**
   * `begun`: an outage was found; `longer`: a trial failed; `same`: a call that was under way when the rest began; `given up`:
   * no more rest, the patience is over.
   */
  readonly kind: 'begun' | 'longer' | 'same' | 'given up';
}

/**
 * Tells an outage of the recommender, in which no call succeeds, from the trouble of single employees, by how the calls of a
 * process end. While it lasts, nobody's attempts are to be used up: the process rests, 1 s at first and twice as long each time
 * up to 30 s (never less than a `Retry-After` asks), and tries one employee in between. After `patienceMs` it is not waited for
 * any longer, until a call succeeds or none has failed for 10 minutes: calls fail as they would without it.
 *
 * What fails with RECOMMENDER_UNAVAILABLE or RECOMMENDER_ACCESS counts; other failures are answers about one employee.
 */
export class RecommenderOutage {
  readonly #patienceMs: number;
  #inARow = 0;
  #rests = 0;
  #since: number | undefined;
  #restsUntil = 0;
  #lastFailureAt = 0;
  #givenUp = false;

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** A call succeeded: there is no outage. */
  succeeded(): void {
    if (this.#inARow > 0) this.#forget();
  }

  /** A call failed. @returns the rest to take instead of counting it against the employee, or undefined. */
  failed({ error, askedBefore, now }: FailedCall): Rest | undefined {
    if (this.#patienceMs === 0 || !isSignOfAnOutage(error)) return undefined;
    if (now - Math.max(this.#lastFailureAt, this.#restsUntil) > FORGOTTEN_AFTER_MS) this.#forget();
    this.#lastFailureAt = now;
    if (this.#since === undefined) {
      if (askedBefore) return undefined;
      this.#inARow += 1;
      if (this.#inARow < ENOUGH_IN_A_ROW) return undefined;
      this.#since = now;
      return this.#rest('begun', now, this.#since, error.retryAfterMs);
    }
    if (this.#givenUp) return undefined;
    if (now - this.#since >= this.#patienceMs) {
      this.#givenUp = true;
      return { restMs: 0, since: this.#since, kind: 'given up' };
    }
    if (now < this.#restsUntil) return { restMs: this.#restsUntil - now, since: this.#since, kind: 'same' };
    return this.#rest('longer', now, this.#since, error.retryAfterMs);
  }

  #rest(kind: Rest['kind'], now: number, since: number, askedForMs = 0): Rest {
    const restMs = Math.max(Math.min(FIRST_REST_MS * 2 ** this.#rests, LONGEST_REST_MS), askedForMs);
    this.#rests += 1;
    this.#restsUntil = now + restMs;
    return { restMs, since, kind };
  }

  #forget(): void {
    this.#inARow = 0;
    this.#rests = 0;
    this.#since = undefined;
    this.#restsUntil = 0;
    this.#givenUp = false;
  }
}

function isSignOfAnOutage(error: unknown): error is BtcFakeError {
  return error instanceof BtcFakeError && ['RECOMMENDER_UNAVAILABLE', 'RECOMMENDER_ACCESS'].includes(error.code);
}
