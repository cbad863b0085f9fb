import type { RunId } from '../domain/ids.ts';
import { RecentMap } from './recent-map.ts';

/** How fast employees are done. */
export interface Pace {
  readonly perSecond: number;
  /** Until the last one is done, in milliseconds; undefined when nobody is being done. */
  readonly leftMs: number | undefined;
}

interface Sample {
  readonly at: number;
  readonly done: number;
}

/** The pace is that of the last while: a run may have rested for a day before it was re-queued. */
const WINDOW_MS = 20_000;
/** However many look at a run, its samples are few. */
const SAMPLE_EVERY_MS = 500;
const RUNS_KEPT = 50;

/** Measures how fast runs go, from what was counted when somebody looked. */
export class RunPace {
  readonly #samples = new RecentMap<RunId, Sample[]>(RUNS_KEPT);

  /**
   * Notes that so many are done, and says how fast that went.
   * @param left how many are still to be done.
   * @param begunAt when the first could have been done: what the first look goes by. Epoch milliseconds, as `now`.
   */
  measure(runId: RunId, { done, left }: { done: number; left: number }, begunAt: number, now: number): Pace {
    const samples = this.#samples.get(runId) ?? [{ at: Math.min(begunAt, now), done: 0 }];
    this.#samples.set(runId, samples);
    if (samples.length < 2 || now - samples.at(-1)!.at >= SAMPLE_EVERY_MS) samples.push({ at: now, done });
    // The oldest one is from before the window, so that the rate is over at least as long.
    while (samples.length > 2 && samples[1]!.at <= now - WINDOW_MS) samples.shift();
    const { at, done: before } = samples[0]!;
    const perSecond = now > at ? Math.max(0, done - before) / ((now - at) / 1000) : 0;
    return { perSecond, leftMs: left === 0 ? 0 : perSecond > 0 ? (left / perSecond) * 1000 : undefined };
  }
}
