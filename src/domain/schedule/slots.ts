import { tzOffset } from '@date-fns/tz';
import { type CronExpression, CronExpressionParser } from 'cron-parser';
import { BtcFakeError } from '../errors.ts';
import { formatInstant } from '../feeds/rows.ts';
import { localSlot } from './slot.ts';

/** When the scheduled run starts. */
export interface WeeklySchedule {
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** IANA name; the process's own time zone counts for nothing. */
  readonly timeZone: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A week, and as much as a change of the clocks can add to it. */
const LONGEST_GAP_MS = 7 * DAY_MS + 2 * HOUR_MS;

/** How far ahead gaps are looked for. */
const HORIZON_MS = 5 * 365.25 * DAY_MS;

/** Slots are looked for near an instant first: a schedule may have one a minute or one a week. */
const NEAR_MS = [2 * HOUR_MS, 26 * HOUR_MS];

/** No change of the clocks is greater. */
const CHANGE_MS = 3 * HOUR_MS;

/** The next slots after an instant (epoch milliseconds), in order. @throws BtcFakeError CONFIG_INVALID. */
export function nextSlots(schedule: WeeklySchedule, after: number, count: number): number[] {
  const clock = wallClock(schedule);
  let slots: number[] = [];
  for (const ahead of [...NEAR_MS, count * LONGEST_GAP_MS]) {
    slots = clock.slots(after, after + ahead).slice(0, count);
    if (slots.length === count) break;
  }
  return slots;
}

/**
 * The last slot that is not after an instant (epoch milliseconds); undefined when the 7 days and 2 hours before it have
 * none.
 * @throws BtcFakeError CONFIG_INVALID.
 */
export function lastSlot(schedule: WeeklySchedule, until: number): number | undefined {
  const clock = wallClock(schedule);
  for (const back of [...NEAR_MS, LONGEST_GAP_MS]) {
    const last = clock.slots(until - back, until).at(-1);
    if (last !== undefined) return last;
  }
  return undefined;
}

interface WallClock {
  /** The slots after one instant and not after another, in order. */
  slots(after: number, until: number): number[];
}

/**
 * Slots follow the wall clock. In an hour that a clock change repeats they come once, the first time, unless they are
 * hourly; in a skipped hour they move by the jump. BullMQ's ticks may differ there; a tick only wakes a worker.
 */
function wallClock({ cron, timeZone }: WeeklySchedule): WallClock {
  // In UTC nothing is left out and nothing repeated.
  const expression = parseCron(cron, 'UTC');
  const isEveryHour = expression.fields.hour.values.length === 24;
  const offset = (instant: number) => Math.round(tzOffset(timeZone, new Date(instant)) * 60_000);
  const instantsOf = (wall: number): number[] => {
    const before = wall - offset(wall - DAY_MS);
    const after = wall - offset(wall + DAY_MS);
    const shown = [before, after].filter((instant) => instant + offset(instant) === wall);
    if (shown.length === 0) return [before];
    return isEveryHour ? shown : [Math.min(...shown)];
  };
  return {
    slots: (after, until) => {
      const found = new Set<number>();
      expression.reset(new Date(after + offset(after) - CHANGE_MS));
      const lastWall = until + offset(until) + CHANGE_MS;
      for (let wall = next(expression); wall !== undefined && wall <= lastWall; wall = next(expression)) {
        for (const instant of instantsOf(wall)) if (instant > after && instant <= until) found.add(instant);
      }
      return [...found].sort((a, b) => a - b);
    },
  };
}

function next(expression: CronExpression): number | undefined {
  try {
    return expression.next().getTime();
  } catch {
    // It never comes true.
    return undefined;
  }
}

/**
 * Checks that in the next five years BullMQ makes no two neighbouring ticks more than 7 days and 2 hours apart: a
 * weekly tick, in an hour that a change of the clocks leaves out, can be lost, and with it a week.
 * @param now epoch milliseconds.
 * @throws BtcFakeError CONFIG_INVALID with the dates, or because the expression cannot be read or never comes true.
 */
export function assertWeekly(schedule: WeeklySchedule, now: number): void {
  const gap = firstGap(schedule, now);
  if (gap === undefined) return;
  const { cron, timeZone } = schedule;
  const { from, to } = gap;
  const at = (slot: number) => `${localSlot(slot, timeZone)} (${formatInstant(slot)})`;
  const between = to === undefined ? `none comes after ${at(from)}` : `none comes between ${at(from)} and ${at(to)}`;
  throw new BtcFakeError(
    'CONFIG_INVALID',
    `SCHEDULE_CRON: "${cron}" in ${timeZone} leaves more than 7 days and 2 hours between two runs: ${between}`,
    {
      remedy:
        'Choose a time at least once a week, at an hour that no change of the clocks leaves out, such as 0 6 * * 1.',
    },
  );
}

/**
 * The first two neighbouring ticks that are too far apart (or `now` and the first tick).
 */
function firstGap(schedule: WeeklySchedule, now: number): { from: number; to: number | undefined } | undefined {
  const ticks = tickClock(schedule);
  let tick = ticks.after(now);
  if (tick === undefined || tick - now > LONGEST_GAP_MS) return { from: now, to: tick };
  while (tick < now + HORIZON_MS) {
    const following = ticks.after(tick);
    if (following === undefined || following - tick > LONGEST_GAP_MS) return { from: tick, to: following };
    tick = ticks.lateBefore(tick + LONGEST_GAP_MS, following);
  }
  return undefined;
}

interface TickClock {
  /** When BullMQ makes its next tick, counted from an instant or from the tick before. Undefined: never again. */
  after(instant: number): number | undefined;
  /**
   * A tick that is not before `tick` and not after `latest`: from a tick that has another within the longest gap one
   * may jump to any of those, since none between can be too far from its neighbour. So millions need not be looked at.
   */
  lateBefore(latest: number, tick: number): number;
}

function tickClock({ cron, timeZone }: WeeklySchedule): TickClock {
  const expression = parseCron(cron, timeZone);
  const after = (instant: number): number | undefined => {
    // Without what the expression remembers of the step before: BullMQ counts from the instant alone.
    expression.reset(new Date(instant));
    return next(expression);
  };
  return {
    after,
    lateBefore: (latest, tick) => {
      // A schedule of a few slots a week is walked tick by tick, as BullMQ does.
      if (latest - tick < 2 * DAY_MS) return tick;
      for (const back of NEAR_MS) {
        const late = after(latest - back);
        if (late !== undefined && late <= latest) return late;
      }
      return tick;
    },
  };
}

/** @throws BtcFakeError CONFIG_INVALID when the expression cannot be read. */
function parseCron(cron: string, timeZone: string): CronExpression {
  try {
    // Of the letters in an expression only Thursday has an H of its own.
    if (/H/i.test(cron.replace(/THU/gi, '')))
      throw new Error('H stands for a time that every process draws for itself');
    return CronExpressionParser.parse(cron, { tz: timeZone });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BtcFakeError('CONFIG_INVALID', `SCHEDULE_CRON: "${cron}" cannot be read: ${why}`, {
      remedy: 'Give minute, hour, day of month, month and day of week, such as 0 6 * * 1 for Mondays at 06:00.',
      cause,
    });
  }
}
