/**
 * An oracle of local time that shares nothing with the code under test: it asks Intl what a clock on a wall shows, and
 * finds the instant of a local time by search, from the meaning of the words and not from offsets.
 */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock in a time zone shows. `text` is `YYYY-MM-DD HH:MM:SS`, so that text order is order of local time. */
export interface WallTime {
  readonly date: string;
  readonly time: string;
  readonly text: string;
  /** `Mon`, `Tue` … */
  readonly weekday: string;
}

/** Every time zone that this Node.js knows, and UTC. */
export const ALL_TIME_ZONES: readonly string[] = [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])];

/** What a clock in `timeZone` shows at an instant (epoch milliseconds). */
export function wallTime(instant: number, timeZone: string): WallTime {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  const date = `${parts.year!.padStart(4, '0')}-${parts.month}-${parts.day}`;
  const time = `${parts.hour}:${parts.minute}:${parts.second}`;
  return { date, time, text: `${date} ${time}`, weekday: parts.weekday! };
}

/** How far local time is ahead of UTC at an instant. */
export function offsetAt(instant: number, timeZone: string): number {
  return Date.parse(`${wallTime(instant, timeZone).text.replace(' ', 'T')}Z`) - Math.floor(instant / 1000) * 1000;
}

/**
 * The first instant at which the clock shows `YYYY-MM-DD HH:MM:SS`. If it never does, because the clock jumped over it:
 * the instant at which it would have, had it not jumped.
 */
export function instantOfWallTime(text: string, timeZone: string): number {
  const asIfUtc = Date.parse(`${text.replace(' ', 'T')}Z`);
  const steps = Array.from({ length: (30 * HOUR_MS) / (15 * MINUTE_MS) + 1 }, (_, i) => i - 60);
  const candidates = steps.map((step) => asIfUtc + step * 15 * MINUTE_MS);
  const exact = candidates.find((at) => wallTime(at, timeZone).text === text);
  if (exact !== undefined) return exact;
  const lastBefore = candidates.filter((at) => wallTime(at, timeZone).text < text).at(-1)!;
  return lastBefore + (asIfUtc - Date.parse(`${wallTime(lastBefore, timeZone).text.replace(' ', 'T')}Z`));
}

/** The instants (first second of the new time) at which a zone's clocks are changed, from one instant to another. */
export function clockChanges(timeZone: string, from: number, to: number): number[] {
  const changes: number[] = [];
  const step = 14 * 24 * HOUR_MS;
  for (let at = from; at < to; at += step) {
    let low = at;
    let high = Math.min(at + step, to);
    const before = offsetAt(low, timeZone);
    if (before === offsetAt(high, timeZone)) continue;
    while (high - low > SECOND_MS) {
      const middle = Math.floor((low + high) / 2 / SECOND_MS) * SECOND_MS;
      if (offsetAt(middle, timeZone) === before) low = middle;
      else high = middle;
    }
    changes.push(high);
  }
  return changes;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(timeZone, format);
  }
  return format;
}
