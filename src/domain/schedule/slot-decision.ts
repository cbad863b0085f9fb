import type { RunId } from '../ids.ts';
import type { WeeklySchedule } from './slots.ts';

/** The schedule that all processes go by. Instants are epoch milliseconds. */
export interface AppliedSchedule extends WeeklySchedule {
  /** When it was first applied as it is; slots before that are nobody's loss. */
  readonly appliedAt: number;
}

/**
 * What was decided about a slot, once for all processes:
 * - `starting`: its run is to be queued; a process that sees this and finds no run may queue it
 * - `started`: its run was queued
 * - `skipped`: an earlier run had not ended (SCHEDULE_OVERLAP=skip)
 * - `missed`: nobody was there to start it until it was too late (`withinMs`), or until a later slot had come
 *   (`supersededBy`)
 */
export interface SlotDecision {
  readonly slot: number;
  readonly outcome: 'starting' | 'started' | 'skipped' | 'missed';
  readonly decidedAt: number;
  /** The run that had not ended, for `skipped`. */
  readonly inTheWay?: RunId;
  /** For `missed`: how late it could have been started (SCHEDULE_CATCH_UP_HOURS), in milliseconds. */
  readonly withinMs?: number;
  /** For `missed`: the later slot that took its place; of several that were missed only the latest is caught up. */
  readonly supersededBy?: number;
}
