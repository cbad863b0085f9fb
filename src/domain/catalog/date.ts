import { type DateParts, instantOf } from './calendar-instant.ts';
import type { DatePattern } from './date-pattern.ts';

/**
 * What a catalog's date can mean, as epoch milliseconds. The two differ, or one is null, only for a date with slashes,
 * of which the file as a whole says in which order it is written.
 */
export interface DateReadings {
  readonly monthFirst: number | null;
  readonly dayFirst: number | null;
}

/** How the dates of a file are read besides the ways that the contract knows. */
export interface DateRules {
  /** IANA name: a date without a zone is in this one. */
  readonly timeZone: string;
  /** CATALOG_DATE_FORMATS, which are tried first. */
  readonly dateFormats: readonly DatePattern[];
}

/** No way of writing a date is longer. */
const MAX_LENGTH = 80;
const TIME =
  /^(?:(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:\s*(AM|PM))?(?:\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?))?)?$/i;
const YEAR_FIRST = /^(\d{4})([-/])(\d{2})\2(\d{2})(?!\d)/;
const NUMBERS = /^(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?!\d)/;
const DAY_AND_NAME = /^(\d{1,2})[-/\s]\s*([a-z]{3,9})\.?[-/,\s]\s*(\d{4})(?!\d)/i;
const NAME_AND_DAY = /^([a-z]{3,9})\.?[-/\s]\s*(\d{1,2})[-/,\s]\s*(\d{4})(?!\d)/i;

/**
 * Reads a date or timestamp of a catalog (contract section 1, "Dates"). Null when it is none: an Excel serial number,
 * an impossible date, another way of writing. An empty text is none either.
 */
export function readCatalogDate(text: string, { timeZone, dateFormats }: DateRules): DateReadings | null {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > MAX_LENGTH) return null;
  for (const { read } of dateFormats) {
    const instant = read(trimmed, timeZone);
    if (instant !== null) return always(instant);
  }
  const numbers = NUMBERS.exec(trimmed);
  if (numbers !== null) {
    const [whole, first, separator, second, year] = numbers as unknown as string[];
    const timed = (month: string, day: string) =>
      timedInstant({ year: year!, month, day }, trimmed.slice(whole!.length), timeZone);
    if (separator === '.') return always(timed(second!, first!));
    const monthFirst = timed(first!, second!);
    const dayFirst = first === second ? monthFirst : timed(second!, first!);
    return monthFirst === null && dayFirst === null ? null : { monthFirst, dayFirst };
  }
  const date = yearFirst(trimmed) ?? dayAndName(trimmed) ?? nameAndDay(trimmed);
  return date && always(timedInstant(date.parts, trimmed.slice(date.length), timeZone));
}

interface WrittenDate {
  readonly parts: Pick<DateParts, 'year' | 'month' | 'day'>;
  /** How much of the text it takes. */
  readonly length: number;
}

function yearFirst(text: string): WrittenDate | null {
  const [whole, year, , month, day] = YEAR_FIRST.exec(text) ?? [];
  return whole === undefined ? null : { parts: { year: year!, month: month!, day: day! }, length: whole.length };
}

function dayAndName(text: string): WrittenDate | null {
  const [whole, day, month, year] = DAY_AND_NAME.exec(text) ?? [];
  return whole === undefined ? null : { parts: { year: year!, month: month!, day: day! }, length: whole.length };
}

function nameAndDay(text: string): WrittenDate | null {
  const [whole, month, day, year] = NAME_AND_DAY.exec(text) ?? [];
  return whole === undefined ? null : { parts: { year: year!, month: month!, day: day! }, length: whole.length };
}

function timedInstant(date: WrittenDate['parts'], time: string, timeZone: string): number | null {
  const match = TIME.exec(time);
  if (match === null) return null;
  const [, hour, minute, second, fraction, meridiem, zone] = match;
  return instantOf({ ...date, hour, minute, second, fraction, meridiem, zone }, timeZone);
}

function always(instant: number | null): DateReadings | null {
  return instant === null ? null : { monthFirst: instant, dayFirst: instant };
}
