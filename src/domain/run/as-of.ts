import { BtcFakeError } from '../errors.ts';
import { quotedValue } from '../quoted-value.ts';
import { localInstant } from '../simulation/business-week.ts';

const AS_OF = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * The years, in UTC, that a run can simulate: the weeks around them still have dates of four digits (contract section
 * 2).
 */
const FIRST_MS = Date.parse('1970-01-01T00:00:00Z');
const END_MS = Date.parse('9991-01-01T00:00:00Z');

/**
 * The instant (epoch milliseconds, a whole second) that a text names as a run's `asOf`: ISO 8601 with a time; without
 * an offset it is local time in the business time zone. `what` is how the message calls it.
 * @throws BtcFakeError USAGE.
 */
export function asOfInstant(text: string, timeZone: string, what = '--as-of'): number {
  const match = AS_OF.exec(text);
  const [, date, minutes, seconds = ':00', , offset] = match ?? [];
  const real = match && Number.isFinite(Date.parse(`${date}T${minutes}${seconds}Z`)) && isCalendarDate(date!);
  if (!real) {
    throw new BtcFakeError('USAGE', `${what} ${quotedValue(text)} is not an instant`, {
      remedy: 'Give a date and a time such as 2025-10-28T11:00:00Z.',
    });
  }
  const instant =
    offset === undefined
      ? localInstant(date!, `${minutes}${seconds}`, timeZone)
      : Date.parse(`${date}T${minutes}${seconds}${offset}`);
  if (Number.isFinite(instant)) return checkedAsOf(instant, `${what} ${quotedValue(text)}`);
  throw new BtcFakeError('USAGE', `${what} ${quotedValue(text)} has an impossible offset`, {
    remedy: 'Write the offset like +01:00, or Z.',
  });
}

/**
 * An instant (epoch milliseconds) as a run's `asOf`: cut down to the whole second, in the years 1970 to 9990 (contract
 * section 2). `shown` is how the message calls it.
 * @throws BtcFakeError USAGE.
 */
export function checkedAsOf(instant: number, shown = 'The instant of the run'): number {
  const asOf = Math.floor(instant / 1000) * 1000;
  if (asOf >= FIRST_MS && asOf < END_MS) return asOf;
  throw new BtcFakeError('USAGE', `${shown} is outside the years 1970 to 9990`, {
    remedy: 'Give an instant in these years, such as 2025-10-28T11:00:00Z.',
  });
}

/** Date.parse takes 31 February for the 2nd or 3rd of March. */
function isCalendarDate(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}
