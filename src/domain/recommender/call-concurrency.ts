/** Calls of a window, by which the number is judged: twice as many as are made at a time, and at least this many. */
const FEWEST_MEASURED = 200;
/** So much more, or less, at a time with each change. */
const STEP = 1.5;
/** As quick as the quickest window, within what windows scatter: the recommender can take more at a time. */
const AS_QUICK = 1.25;
/**
 * The part of a step that calls may become slower by: a step that brings nothing makes them slower by all of it, and is
 * taken back.
 */
const SLOWER_PART = 1.4 / STEP;
/** Calls take up most of what is allowed at a time; below it something else is what limits. */
const USED = 0.7;
/** A recommender that fails so often has too much to do. */
const TOO_MANY_FAILURES = 0.02;
/**
 * Windows before more is tried again: so many after the first try that was too much, twice as many after each that
 * follows.
 */
const FIRST_WAIT = 8;
const LONGEST_WAIT = 32;

/** How a call has ended. */
export interface EndedCall {
  readonly seconds: number;
  /** Whether it ended in a way that says that there are too many: 429, 5xx, no answer. */
  readonly isOverload: boolean;
  /** The instant of its end, in milliseconds of any clock. */
  readonly now: number;
}

/**
 * Chooses how many calls are made at the same time, between two bounds: more while calls stay as quick, fewer when they
 * get slower, because more calls then only wait for each other (docs/decisions/0018-employees-at-a-time.md).
 */
export class CallConcurrency {
  readonly least: number;
  readonly most: number;
  #current: number;
  /** Mean seconds of a call in the quickest window. */
  #quickest = Number.POSITIVE_INFINITY;
  #wait = 0;
  #nextWait = FIRST_WAIT;
  /** The number before the last change, when that was an increase. */
  #grownFrom: number | undefined;
  /** Calls that were under way at the last change, and are not of the window. */
  #unmeasured: number;
  #since = 0;
  #calls = 0;
  #seconds = 0;
  #overloads = 0;

  /** Begins with the least. */
  constructor(least: number, most: number) {
    this.least = least;
    this.most = most;
    this.#current = least;
    this.#unmeasured = least;
  }

  /** How many are made at the same time. */
  get current(): number {
    return this.#current;
  }

  /** A call has ended: may change `current`. */
  ended({ seconds, isOverload, now }: EndedCall): void {
    if (this.#unmeasured > 0) {
      this.#unmeasured -= 1;
      this.#since = now;
      return;
    }
    this.#calls += 1;
    this.#seconds += seconds;
    if (isOverload) this.#overloads += 1;
    if (this.#calls >= Math.max(FEWEST_MEASURED, 2 * this.#current)) this.#judge(now);
  }

  /** Begins with the least again. */
  restart(): void {
    this.#beginWindow();
    this.#set(this.least);
  }

  #judge(now: number): void {
    const seconds = this.#seconds / this.#calls;
    const used = (this.#seconds * 1000) / (now - this.#since) / this.#current;
    const failing = this.#overloads / this.#calls > TOO_MANY_FAILURES;
    const before = this.#current;
    this.#since = now;
    this.#beginWindow();
    if (failing) {
      this.#waitLonger();
      this.#set(this.least);
      return;
    }
    if (before === this.least || seconds < this.#quickest) this.#quickest = seconds;
    // The step from 1 to 2 is a larger one.
    const step = before === 2 ? 2 : STEP;
    if (seconds > this.#quickest * step * SLOWER_PART) {
      this.#waitLonger();
      this.#set(this.#grownFrom ?? before / STEP);
      return;
    }
    if (this.#grownFrom !== undefined) this.#nextWait = FIRST_WAIT;
    this.#grownFrom = undefined;
    if (this.#wait > 0) this.#wait -= 1;
    else if (before < this.most && seconds <= this.#quickest * AS_QUICK && used >= USED)
      this.#set(Math.max(before + 1, before * STEP));
  }

  #waitLonger(): void {
    this.#wait = this.#nextWait;
    this.#nextWait = Math.min(2 * this.#nextWait, LONGEST_WAIT);
  }

  #set(wanted: number): void {
    const next = Math.floor(Math.min(this.most, Math.max(this.least, wanted)));
    this.#grownFrom = next > this.#current ? this.#current : undefined;
    this.#unmeasured = Math.max(this.#current, next);
    this.#current = next;
  }

  #beginWindow(): void {
    this.#calls = 0;
    this.#seconds = 0;
    this.#overloads = 0;
  }
}
