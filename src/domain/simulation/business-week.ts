import { tzOffset } from '@date-fns/tz';

/** The business week that a run simulates (contract section 2). Instants are epoch milliseconds, dates `YYYY-MM-DD`. */
export interface BusinessWeek {
  readonly startsAt: number;
  readonly dueAt: number;
  /** The local date of `startsAt`. */
  readonly startDate: string;
  /** The local date of the run's `asOf`. */
  readonly asOfDate: string;
}

const DAY_MS = 86_400_000;
const MONDAY = 1;
const SATURDAY = 6;

/**
 * The week around an instant: it starts on the most recent Monday 00:01:00 that is not after `asOf` and is due on the
 * next Saturday 13:13:59 that is not before it, both in `timeZone`'s local time (contract section 2).
 */
export function businessWeek(asOf: number, timeZone: string): BusinessWeek {
  const asOfDate = localDate(asOf, timeZone);
  const starts = datesAround(asOfDate, MONDAY).map((date) => localInstant(date, '00:01:00', timeZone));
  const dues = datesAround(asOfDate, SATURDAY).map((date) => localInstant(date, '13:13:59', timeZone));
  const startsAt = Math.max(...starts.filter((start) => start <= asOf));
  const dueAt = Math.min(...dues.filter((due) => due >= asOf));
  return { startsAt, dueAt, startDate: localDate(startsAt, timeZone), asOfDate };
}

/** The calendar date (`YYYY-MM-DD`) of an instant in a time zone. */
export function localDate(instant: number, timeZone: string): string {
  return new Date(instant + offsetMs(timeZone, instant)).toISOString().slice(0, 10);
}

/**
 * The instant of a local date and time of day. A time that a clock change repeats is taken the first time; a skipped
 * time moves by the jump (the "compatible" reading of RFC 5545 and of Temporal).
 */
export function localInstant(date: string, timeOfDay: string, timeZone: string): number {
  return instantOfLocal(Date.parse(`${date}T${timeOfDay}Z`), timeZone);
}

/** The same of a local time that is given as if it were in UTC, as epoch milliseconds. */
export function instantOfLocal(asIfUtc: number, timeZone: string): number {
  if (timeZone === 'UTC') return asIfUtc;
  // A day away on either side lies beyond any single clock change near the wanted time.
  const before = offsetMs(timeZone, asIfUtc - DAY_MS);
  const after = offsetMs(timeZone, asIfUtc + DAY_MS);
  const candidates = [asIfUtc - before, asIfUtc - after].filter((at) => at + offsetMs(timeZone, at) === asIfUtc);
  return candidates.length > 0 ? Math.min(...candidates) : asIfUtc - before;
}

/** The dates within two weeks of a date that fall on a day of the week (0 = Sunday). */
function datesAround(date: string, dayOfWeek: number): string[] {
  const noon = Date.parse(`${date}T12:00:00Z`);
  return Array.from({ length: 29 }, (_, i) => new Date(noon + (i - 14) * DAY_MS))
    .filter((day) => day.getUTCDay() === dayOfWeek)
    .map((day) => day.toISOString().slice(0, 10));
}

function offsetMs(timeZone: string, instant: number): number {
  return Math.round(tzOffset(timeZone, new Date(instant)) * 60_000);
}
