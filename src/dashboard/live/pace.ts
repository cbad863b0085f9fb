import type { RunId } from '../../domain/ids.ts';
import { RecentMap } from '../../domain/recent-map.ts';
import { type Pace, PaceMeter } from '../../domain/run/pace.ts';

const RUNS_KEPT = 50;

/** Measures how fast runs go, from what was counted when somebody looked at their pages. */
export class RunPace {
  readonly #meters = new RecentMap<RunId, PaceMeter>(RUNS_KEPT);

  /**
   * Notes that so many are done, and says how fast that went.
   * @param left how many are still to be done.
   * @param begunAt when the first could have been done: what the first look goes by. Epoch milliseconds, as `now`.
   */
  measure(runId: RunId, counts: { done: number; left: number }, begunAt: number, now: number): Pace {
    const meter = this.#meters.get(runId) ?? new PaceMeter(Math.min(begunAt, now));
    this.#meters.set(runId, meter);
    return meter.measure(counts, now);
  }
}
