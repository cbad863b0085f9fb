/** How fast employees are done. */
export interface Pace {
  readonly perSecond: number;
  /** Until the last one is done, in milliseconds; undefined while nothing can be said of it. */
  readonly leftMs: number | undefined;
}

interface Sample {
  readonly at: number;
  readonly done: number;
}

/** The pace is that of the last while: a run may have stood still for a day before its employees were re-queued. */
const WINDOW_MS = 20_000;
/** However often somebody looks, the samples are few. */
const SAMPLE_EVERY_MS = 500;
/** A time left is told after that: the first answers of a recommender say little about those that follow. */
const EVIDENCE_MS = 2_000;
/**
 * Employees that are done are this close together at least, or nobody is being done: the others wait behind another
 * run.
 */
const STILL_AFTER_MS = 3_000;
const STILL_AFTER_INTERVALS = 3;

/** Measures how fast a run goes, from what was counted when somebody looked. All instants are epoch milliseconds. */
export class PaceMeter {
  readonly #samples: Sample[];
  #last: Sample;

  /** @param begunAt when so many were done (none, unless given): what the first look goes by. */
  constructor(begunAt: number, done = 0) {
    this.#last = { at: begunAt, done };
    this.#samples = [this.#last];
  }

  /**
   * Notes that so many are done, and says how fast that went.
   * @param left how many are still to be done.
   */
  measure({ done, left }: { done: number; left: number }, now: number): Pace {
    const samples = this.#samples;
    if (done !== this.#last.done) this.#last = { at: now, done };
    if (samples.length < 2 || now - samples.at(-1)!.at >= SAMPLE_EVERY_MS) samples.push({ at: now, done });
    // The oldest one is from before the window, so that the rate is over at least as long.
    while (samples.length > 2 && samples[1]!.at <= now - WINDOW_MS) samples.shift();
    const { at, done: before } = samples[0]!;
    const spanMs = now - at;
    const perSecond = spanMs > 0 ? Math.max(0, done - before) / (spanMs / 1000) : 0;
    return { perSecond, leftMs: left === 0 ? 0 : this.#leftMs(left, perSecond, spanMs, now) };
  }

  #leftMs(left: number, perSecond: number, spanMs: number, now: number): number | undefined {
    if (perSecond === 0 || spanMs < EVIDENCE_MS) return undefined;
    const stillAfterMs = Math.max(STILL_AFTER_MS, (STILL_AFTER_INTERVALS * 1000) / perSecond);
    return now - this.#last.at > stillAfterMs ? undefined : (left / perSecond) * 1000;
  }
}
