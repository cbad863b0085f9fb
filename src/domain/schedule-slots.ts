import { tzOffset } from '@date-fns/tz';
import { CronExpressionParser } from 'cron-parser';
import { BtcFakeError } from './errors.ts';
import { formatInstant } from './feed-rows.ts';
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

/** How far before an instant slots are looked for, the nearest first: a schedule may have one a minute or one a week. */
const LOOK_BACK_MS = [2 * HOUR_MS, 26 * HOUR_MS, LONGEST_GAP_MS];

/** Longer than any change of the clocks. */
const CHANGE_MS = 3 * HOUR_MS;

/** The next slots after an instant (epoch milliseconds), in order. @throws BtcFakeError CONFIG_INVALID. */
export function nextSlots(schedule: WeeklySchedule, after: number, count: number): number[] {
  const clock = slotClock(schedule);
  const slots: number[] = [];
  for (let slot = clock.from(after); slot !== undefined && slots.length < count; slot = clock.after(slot)) {
    if (slot > after) slots.push(slot);
  }
  return slots;
}

/**
 * The last slot that is not after an instant (epoch milliseconds); undefined when the 7 days and 2 hours before it have none.
 * @throws BtcFakeError CONFIG_INVALID.
 */
export function lastSlot(schedule: WeeklySchedule, until: number): number | undefined {
  const clock = slotClock(schedule);
  for (const back of LOOK_BACK_MS) {
    let last: number | undefined;
    for (let slot = clock.from(until - back); slot !== undefined && slot <= until; slot = clock.after(slot))
      last = slot;
    if (last !== undefined) return last;
  }
  return undefined;
}

/**
 * Holds that in the next five years no two neighbouring slots are more than 7 days and 2 hours apart: a weekly slot in an hour
 * that a change of the clocks leaves out is lost, and with it a week.
 * @param now epoch milliseconds.
 * @throws BtcFakeError CONFIG_INVALID with the dates, or because the expression cannot be read or never comes true.
 */
export function assertWeekly(schedule: WeeklySchedule, now: number): void {
  const gap = firstGap(schedule, now);
  if (gap === undefined) return;
  const { cron, timeZone } = schedule;
  const { from, to } = gap;
  const at = (slot: number) => `${localSlot(slot, timeZone)} (${formatInstant(slot)})`;
  const between = to === undefined ? `no slot comes after ${at(from)}` : `none comes between ${at(from)} and ${at(to)}`;
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
 * The first two neighbouring slots that are too far apart (or `now` and the first slot). It need not look at every slot: from
 * one it goes on to a late one within the longest gap, since none of those between can be too far from its neighbour.
 */
function firstGap(schedule: WeeklySchedule, now: number): { from: number; to: number | undefined } | undefined {
  const clock = slotClock(schedule);
  let [slot] = nextSlots(schedule, now, 1);
  if (slot === undefined || slot - now > LONGEST_GAP_MS) return { from: now, to: slot };
  while (slot < now + HORIZON_MS) {
    const next = lateSlot(clock, slot, slot + LONGEST_GAP_MS);
    if (next === undefined) return { from: slot, to: clock.after(slot) };
    slot = next;
  }
  return undefined;
}

/** A slot after one slot and not after `latest`, a late one if that is quick to find; undefined when there is none. */
function lateSlot(clock: SlotClock, slot: number, latest: number): number | undefined {
  for (const back of LOOK_BACK_MS) {
    const found = latest - back > slot ? clock.from(latest - back) : clock.after(slot);
    if (found !== undefined && found <= latest) return found;
  }
  return undefined;
}

interface SlotClock {
  /** The slot after a slot, as BullMQ computes it. Undefined when there is none. */
  after(slot: number): number | undefined;
  /** One of the slots around an instant that is no slot: the walk from here passes all later ones. */
  from(instant: number): number | undefined;
}

/** @throws BtcFakeError CONFIG_INVALID when the expression cannot be read. */
function slotClock({ cron, timeZone }: WeeklySchedule): SlotClock {
  const expression = parseCron(cron, timeZone);
  const after = (slot: number): number | undefined => {
    // Without what the expression remembers of the step before: BullMQ counts from the instant alone.
    expression.reset(new Date(slot));
    try {
      return expression.next().getTime();
    } catch {
      return undefined;
    }
  };
  const offset = (instant: number) => tzOffset(timeZone, new Date(instant));
  const from = (instant: number): number | undefined => {
    let anchor = instant;
    // Counted from within an hour that comes twice, slots come out that no walk from before ever reaches.
    while (offset(anchor) !== offset(anchor - CHANGE_MS)) anchor -= CHANGE_MS;
    return after(anchor);
  };
  return { after, from };
}

function parseCron(cron: string, timeZone: string) {
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
