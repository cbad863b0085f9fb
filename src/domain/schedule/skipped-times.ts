import { tzOffset } from '@date-fns/tz';
import { CronExpressionParser } from 'cron-parser';
import type { WeeklySchedule } from './slots.ts';

/**
 * A time on the wall that a schedule names and that does not exist on one day, because the clocks go forward over it.
 */
export interface SkippedTime {
  /** `2027-03-14 02:30`, local. */
  readonly time: string;
  /** Epoch milliseconds of the change of the clocks. */
  readonly change: number;
}

const HOUR_MS = 3_600_000;
const YEARS_AHEAD_MS = 2 * 366 * 24 * HOUR_MS;
/** No two changes of the clocks of a zone are closer together. */
const STEP_MS = 24 * HOUR_MS;

/**
 * The times of a schedule that changes of the clocks skip in the next two years, at most one for each change: a
 * scheduler runs them at another time, or not at all.
 * @param schedule whose cron expression names times that exist.
 * @param from epoch milliseconds.
 */
export function skippedTimes({ cron, timeZone }: WeeklySchedule, from: number): SkippedTime[] {
  const offset = (instant: number) => Math.round(tzOffset(timeZone, new Date(instant)) * 60_000);
  const wall = CronExpressionParser.parse(cron, { tz: 'UTC' });
  const skipped: SkippedTime[] = [];
  for (let day = from; day < from + YEARS_AHEAD_MS; day += STEP_MS) {
    const before = offset(day);
    const after = offset(day + STEP_MS);
    if (after <= before) continue;
    const change = changeBetween(day, day + STEP_MS, offset);
    // The wall shows `change + before` and a moment later `change + after`; what lies between is shown never.
    wall.reset(new Date(change + before - 1));
    const time = wall.next().getTime();
    if (time < change + after)
      skipped.push({ time: new Date(time).toISOString().slice(0, 16).replace('T', ' '), change });
  }
  return skipped;
}

/** The first instant with the later offset. */
function changeBetween(from: number, to: number, offset: (instant: number) => number): number {
  const earlier = offset(from);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle) === earlier) low = middle;
    else high = middle;
  }
  return high;
}
