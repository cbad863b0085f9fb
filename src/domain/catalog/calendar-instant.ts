import { instantOfLocal } from '../simulation/business-week.ts';

/**
 * The parts of a written date, as texts. What is absent was not written: a time of day is midnight, a zone the business
 * one.
 */
export interface DateParts {
  /** Four digits, or two: 00 to 68 are in this century, 69 to 99 in the last (as POSIX reads them). */
  readonly year: string;
  /** A number, or an English name, whole or cut to three letters, in any case. */
  readonly month: string;
  readonly day: string;
  readonly hour?: string | undefined;
  readonly minute?: string | undefined;
  readonly second?: string | undefined;
  /** The digits behind the point; what is finer than a millisecond is dropped. */
  readonly fraction?: string | undefined;
  /** `AM` or `PM`, in any case; the hour is then from 1 to 12. */
  readonly meridiem?: string | undefined;
  /** `Z`, `UTC` or an offset: `+02:00`, `+0200`, `+02`. */
  readonly zone?: string | undefined;
}

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const MONTH_OF_NAME = new Map([
  ...MONTHS.flatMap((name, i): [string, number][] => [
    [name, i + 1],
    [name.slice(0, 3), i + 1],
  ]),
  ['sept', 9],
]);
const LAST_YEAR_OF_THIS_CENTURY = 68;
const MINUTE_MS = 60_000;

/**
 * The instant of a written date as epoch milliseconds, or null when there is no such date or time (30 February, 25
 * o'clock, 13 PM). Without a zone it is in `timeZone`; where the clock changes, `localInstant` says how.
 */
export function instantOf(parts: DateParts, timeZone: string): number | null {
  const year = yearOf(parts.year);
  const month = MONTH_OF_NAME.get(parts.month.toLowerCase()) ?? Number(parts.month);
  const day = Number(parts.day);
  const hour = hourOf(parts.hour, parts.meridiem);
  const minute = Number(parts.minute ?? 0);
  const second = Number(parts.second ?? 0);
  if (year === 0 || !(hour <= 23 && minute <= 59 && second <= 59)) return null;
  // Date.UTC would take the years before 100 for others.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A day that a month does not have is in another.
  if (date.getUTCMonth() !== month - 1) return null;
  const asIfUtc = date.setUTCHours(hour, minute, second, millisecondsOf(parts.fraction));
  if (parts.zone === undefined) return instantOfLocal(asIfUtc, timeZone);
  const offset = offsetMinutes(parts.zone);
  return offset === undefined ? null : asIfUtc - offset * MINUTE_MS;
}

function yearOf(text: string): number {
  const year = Number(text);
  if (text.length !== 2) return year;
  return year <= LAST_YEAR_OF_THIS_CENTURY ? 2000 + year : 1900 + year;
}

function hourOf(text: string | undefined, meridiem: string | undefined): number {
  const hour = Number(text ?? 0);
  if (meridiem === undefined) return hour;
  if (hour < 1 || hour > 12) return Number.NaN;
  return (hour % 12) + (meridiem.toLowerCase() === 'pm' ? 12 : 0);
}

function millisecondsOf(fraction = ''): number {
  return Number(fraction.slice(0, 3).padEnd(3, '0'));
}

function offsetMinutes(zone: string): number | undefined {
  const [, sign, hours, minutes = '00'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
