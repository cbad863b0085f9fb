import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { businessWeek, localDate, localInstant } from '../../../src/domain/simulation/business-week.ts';
import { instant } from '../../support/domain-values.ts';
import { ALL_TIME_ZONES, clockChanges, instantOfWallTime, offsetAt, wallTime } from '../../support/wall-clock.ts';

// What this file proves: contract section 2, in every time zone, held against what Intl says a clock on the wall shows.

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;

const iso = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');

/** The dates from `days` before to `days` after a date. */
function datesNear(date: string, days: number): string[] {
  const middle = Date.parse(`${date}T00:00:00Z`);
  return Array.from({ length: 2 * days + 1 }, (_, i) => iso(middle + (i - days) * DAY_MS).slice(0, 10));
}

const isWeekday = (date: string, weekday: string) =>
  wallTime(Date.parse(`${date}T12:00:00Z`), 'UTC').weekday === weekday;

/** The contract's words, taken literally, by search. */
function expectedWeek(asOf: number, timeZone: string) {
  const near = datesNear(wallTime(asOf, timeZone).date, 9);
  const instants = (weekday: string, time: string) =>
    near.filter((date) => isWeekday(date, weekday)).map((date) => instantOfWallTime(`${date} ${time}`, timeZone));
  const startsAt = instants('Mon', '00:01:00')
    .filter((at) => at <= asOf)
    .at(-1)!;
  const dueAt = instants('Sat', '13:13:59').find((at) => at >= asOf)!;
  return {
    startsAt,
    dueAt,
    startDate: wallTime(startsAt, timeZone).date,
    asOfDate: wallTime(asOf, timeZone).date,
  };
}

describe('in UTC', () => {
  // 27 October 2025 is a Monday, 1 November a Saturday.
  test.each([
    ['2025-10-27T00:01:00Z', '2025-10-27T00:01:00Z', '2025-11-01T13:13:59Z', 'the first moment of the week'],
    ['2025-10-27T00:00:59.999Z', '2025-10-20T00:01:00Z', '2025-11-01T13:13:59Z', 'the last moment before it'],
    ['2025-10-27T00:00:30Z', '2025-10-20T00:01:00Z', '2025-11-01T13:13:59Z', "on Monday 00:00:30, last week's Monday"],
    ['2025-10-28T11:00:00Z', '2025-10-27T00:01:00Z', '2025-11-01T13:13:59Z', 'in mid-week'],
    ['2025-11-01T13:13:59Z', '2025-10-27T00:01:00Z', '2025-11-01T13:13:59Z', 'the due second itself'],
    ['2025-11-01T13:13:59.001Z', '2025-10-27T00:01:00Z', '2025-11-08T13:13:59Z', 'a moment after it'],
    ['2025-11-01T13:14:00Z', '2025-10-27T00:01:00Z', '2025-11-08T13:13:59Z', "on Saturday 13:14:00, next week's"],
    ['2025-11-02T23:59:59Z', '2025-10-27T00:01:00Z', '2025-11-08T13:13:59Z', 'on Sunday'],
    ['2026-01-01T00:00:00Z', '2025-12-29T00:01:00Z', '2026-01-03T13:13:59Z', 'across the year'],
    ['2028-02-29T12:00:00Z', '2028-02-28T00:01:00Z', '2028-03-04T13:13:59Z', 'on a leap day'],
  ])('at %s the week starts %s and is due %s (%s)', (asOf, start, due) => {
    const week = businessWeek(instant(asOf), 'UTC');
    expect([iso(week.startsAt), iso(week.dueAt)]).toEqual([start, due]);
  });

  test("the week's dates are those of its start and of asOf", () => {
    expect(businessWeek(instant('2025-10-27T00:00:30Z'), 'UTC')).toMatchObject({
      startDate: '2025-10-20',
      asOfDate: '2025-10-27',
    });
  });
});

describe('in the weeks of a clock change', () => {
  test.each([
    ['America/New_York', '2025-03-12T12:00:00Z', '2025-03-10T04:01:00Z', '2025-03-15T17:13:59Z', 'the week after'],
    ['America/New_York', '2025-03-08T18:13:59Z', '2025-03-03T05:01:00Z', '2025-03-08T18:13:59Z', 'still standard time'],
    [
      'America/New_York',
      '2025-03-08T18:14:00Z',
      '2025-03-03T05:01:00Z',
      '2025-03-15T17:13:59Z',
      'due after the change',
    ],
    [
      'America/New_York',
      '2025-11-02T12:00:00Z',
      '2025-10-27T04:01:00Z',
      '2025-11-08T18:13:59Z',
      'on the day of autumn',
    ],
    ['Europe/Berlin', '2025-03-30T12:00:00Z', '2025-03-23T23:01:00Z', '2025-04-05T11:13:59Z', 'on the day of spring'],
    ['Europe/Berlin', '2025-10-27T00:00:00Z', '2025-10-26T23:01:00Z', '2025-11-01T12:13:59Z', 'the day after autumn'],
    ['Europe/Berlin', '2025-10-26T23:00:59Z', '2025-10-19T22:01:00Z', '2025-11-01T12:13:59Z', 'a second too early'],
    // Lord Howe's clocks move by half an hour.
    ['Australia/Lord_Howe', '2025-04-06T12:00:00Z', '2025-03-30T13:01:00Z', '2025-04-12T02:43:59Z', 'autumn by 30 min'],
    ['Australia/Lord_Howe', '2025-10-07T00:00:00Z', '2025-10-05T13:01:00Z', '2025-10-11T02:13:59Z', 'spring by 30 min'],
    // Santiago and Havana change at midnight, from Saturday to Sunday.
    ['America/Santiago', '2025-09-07T12:00:00Z', '2025-09-01T04:01:00Z', '2025-09-13T16:13:59Z', 'midnight left out'],
    ['America/Santiago', '2025-04-06T12:00:00Z', '2025-03-31T03:01:00Z', '2025-04-12T17:13:59Z', 'midnight twice'],
    ['America/Havana', '2025-03-09T12:00:00Z', '2025-03-03T05:01:00Z', '2025-03-15T17:13:59Z', 'midnight left out'],
    ['America/Havana', '2025-11-03T12:00:00Z', '2025-11-03T05:01:00Z', '2025-11-08T18:13:59Z', 'the day after autumn'],
  ])('%s at %s: start %s, due %s (%s)', (timeZone, asOf, start, due) => {
    const week = businessWeek(instant(asOf), timeZone);
    expect([iso(week.startsAt), iso(week.dueAt)]).toEqual([start, due]);
  });

  // Tehran's clocks went from Sunday midnight straight to Monday 01:00.
  test.each([
    ['2021-03-21T20:30:59Z', '2021-03-14T20:31:00Z', 'a second before, the old week continues'],
    ['2021-03-21T20:31:00Z', '2021-03-21T20:31:00Z', 'the week starts when 00:01 would have been: 01:01'],
  ])('a Monday 00:01 that the clocks jump over: asOf %s, start %s (%s)', (asOf, start) => {
    expect(iso(businessWeek(instant(asOf), 'Asia/Tehran').startsAt)).toBe(start);
  });

  // Jerusalem's clocks went from Monday 01:00 back to midnight.
  test.each([
    ['2002-10-06T21:00:59Z', '2002-09-29T21:01:00Z'],
    ['2002-10-06T21:01:00Z', '2002-10-06T21:01:00Z'],
    ['2002-10-06T22:01:00Z', '2002-10-06T21:01:00Z'],
  ])('a Monday 00:01 that the clocks show twice counts the first time: asOf %s, start %s', (asOf, start) => {
    expect(iso(businessWeek(instant(asOf), 'Asia/Jerusalem').startsAt)).toBe(start);
  });

  test('any other local time is read by the same rule', () => {
    expect(iso(localInstant('2025-11-02', '01:30:00', 'America/New_York'))).toBe('2025-11-02T05:30:00Z');
    expect(iso(localInstant('2025-03-09', '02:30:00', 'America/New_York'))).toBe('2025-03-09T07:30:00Z');
  });

  test('a Saturday that a country skipped is taken as the next day', () => {
    // Kiritimati crossed the date line: after Friday, 30 December 1994, came Sunday, 1 January 1995.
    const due = businessWeek(instant('1994-12-30T20:00:00Z'), 'Pacific/Kiritimati').dueAt;
    expect(due).toBe(instantOfWallTime('1994-12-31 13:13:59', 'Pacific/Kiritimati'));
  });
});

test('every time zone keeps the contract around each of its clock changes', () => {
  const wrong: string[] = [];
  for (const timeZone of ALL_TIME_ZONES) {
    const changes = clockChanges(timeZone, instant('2025-12-01T00:00:00Z'), instant('2027-01-01T00:00:00Z'));
    const moments = changes.flatMap((at) => [at - SECOND_MS, at, at + DAY_MS, at + 6 * DAY_MS]);
    for (const asOf of [instant('2026-06-10T12:00:00Z'), ...moments]) {
      const week = businessWeek(asOf, timeZone);
      const shown = `${wallTime(week.startsAt, timeZone).weekday} ${wallTime(week.startsAt, timeZone).time}, ${
        wallTime(week.dueAt, timeZone).weekday
      } ${wallTime(week.dueAt, timeZone).time}`;
      const near = asOf - week.startsAt < 8 * DAY_MS && week.startsAt <= asOf && asOf <= week.dueAt;
      // In these years no zone changes its clocks on a Monday at 00:01 or a Saturday at 13:13.
      if (shown !== 'Mon 00:01:00, Sat 13:13:59' || !near) wrong.push(`${timeZone} at ${iso(asOf)}: ${shown}`);
    }
  }
  expect(wrong).toEqual([]);
});

// Before 1973 some zones were off by odd minutes and seconds; no run simulates those years.
const anyInstant = fc
  .integer({ min: instant('1973-01-01T00:00:00Z') / 1000, max: instant('2099-12-01T00:00:00Z') / 1000 })
  .map((seconds) => seconds * 1000);
const anyTimeZone = fc.constantFrom(...ALL_TIME_ZONES);

/** An instant near a clock change of the zone, where there is one in that year; else any. */
const trickyMoment = fc
  .record({
    timeZone: anyTimeZone,
    year: fc.integer({ min: 1975, max: 2037 }),
    pick: fc.nat(),
    shift: fc.oneof(
      fc.integer({ min: -8 * 86_400, max: 8 * 86_400 }),
      fc.integer({ min: -3, max: 3 }),
      fc.integer({ min: -7200, max: 7200 }),
    ),
  })
  .map(({ timeZone, year, pick, shift }) => {
    const from = Date.UTC(year, 0, 1);
    const changes = clockChanges(timeZone, from, Date.UTC(year + 1, 0, 1));
    return { timeZone, asOf: (changes[pick % changes.length] ?? from) + shift * 1000 };
  });

test('whatever the zone and the instant, the week is what a search on the wall clock finds', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.record({ timeZone: anyTimeZone, asOf: anyInstant }), trickyMoment),
      ({ timeZone, asOf }) => {
        expect(businessWeek(asOf, timeZone)).toEqual(expectedWeek(asOf, timeZone));
      },
    ),
    { numRuns: 250 },
  );
});

test('on both sides of its own borders the week is what a search finds', () => {
  const moments = trickyMoment.chain(({ timeZone, asOf }) => {
    const { startsAt, dueAt } = expectedWeek(asOf, timeZone);
    return fc.record({
      timeZone: fc.constant(timeZone),
      border: fc.constantFrom(startsAt, dueAt),
      shiftMs: fc.constantFrom(-1000, -1, 0, 1, 1000),
    });
  });
  fc.assert(
    fc.property(moments, ({ timeZone, border, shiftMs }) => {
      expect(businessWeek(border + shiftMs, timeZone)).toEqual(expectedWeek(border + shiftMs, timeZone));
    }),
    { numRuns: 120 },
  );
});

test('the date of an instant is what a wall calendar shows', () => {
  fc.assert(
    fc.property(anyTimeZone, anyInstant, fc.nat({ max: 999 }), (timeZone, at, ms) => {
      expect(localDate(at + ms, timeZone)).toBe(wallTime(at + ms, timeZone).date);
    }),
  );
});

test('the oracle itself knows what offsets are', () => {
  expect(offsetAt(instant('2025-07-01T00:00:00Z'), 'America/St_Johns')).toBe(-2.5 * HOUR_MS);
  expect(instantOfWallTime('2025-03-09 02:30:00', 'America/New_York')).toBe(instant('2025-03-09T07:30:00Z'));
  expect(clockChanges('Europe/Berlin', Date.UTC(2025, 0, 1), Date.UTC(2026, 0, 1)).map(iso)).toEqual([
    '2025-03-30T01:00:00Z',
    '2025-10-26T01:00:00Z',
  ]);
});
