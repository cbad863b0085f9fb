// Proves that exactly those times of a schedule are found that changes of the clocks skip: each minute of each day in
// the zones with the strangest changes is looked at on its own.

import { TZDate } from '@date-fns/tz';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { skippedTimes } from '../../../src/domain/schedule/skipped-times.ts';
import { instant } from '../../support/domain-values.ts';

const FROM = instant('2026-11-26T00:00:00Z');
const DAY_MS = 86_400_000;

/**
 * Whether a time of a day is shown by the clock of a zone: then the zone's own date has the fields that it was made
 * from.
 */
function exists(day: string, hour: number, minute: number, timeZone: string): boolean {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const local = new TZDate(year, month - 1, date, hour, minute, timeZone);
  return local.getHours() === hour && local.getMinutes() === minute;
}

describe('times that changes of the clocks skip', () => {
  test('are those that no clock shows, for every time of a day', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('America/Los_Angeles', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/Santiago', 'UTC'),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 59 }),
        (timeZone, hour, minute) => {
          const expected: string[] = [];
          for (let day = FROM; day < FROM + 2 * 366 * DAY_MS; day += DAY_MS) {
            const date = new Date(day).toISOString().slice(0, 10);
            if (!exists(date, hour, minute, timeZone)) expected.push(date);
          }
          const skipped = skippedTimes({ cron: `${minute} ${hour} * * *`, timeZone }, FROM);
          expect(skipped.map(({ time }) => time.slice(0, 10))).toEqual(expected);
        },
      ),
      { numRuns: 30 },
    ));

  test('name the time and the change', () => {
    expect(skippedTimes({ cron: '30 2 * * *', timeZone: 'America/Los_Angeles' }, FROM)[0]).toEqual({
      time: '2027-03-14 02:30',
      change: instant('2027-03-14T10:00:00Z'),
    });
  });

  test('are none where a weekly time falls on another day than the change', () => {
    expect(skippedTimes({ cron: '30 2 * * 1', timeZone: 'America/Los_Angeles' }, FROM)).toEqual([]);
  });
});
