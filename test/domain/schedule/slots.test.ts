// Proves that slots are told by the clock on the wall, and are the same from wherever one looks; that BullMQ ticks at
// them; and that the search for gaps finds what a walk over every tick finds, without one.
import { describe, expect, test } from '@jest/globals';
import { getNextMillis } from 'bullmq';
import fc from 'fast-check';
import { assertWeekly, lastSlot, nextSlots, type WeeklySchedule } from '../../../src/domain/schedule/slots.ts';
import { instant } from '../../support/domain-values.ts';
import { failureOf } from '../../support/failure-of.ts';
import { clockChanges } from '../../support/wall-clock.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NOW = instant('2026-11-21T10:00:00Z');
/** Cairo's clocks go forward. */
const EVE_OF_MAY = instant('2027-04-29T22:00:00Z');
const LONGEST_GAP_MS = 7 * DAY_MS + 2 * HOUR_MS;
const FIVE_YEARS_MS = 5 * 365.25 * DAY_MS;

/** Zones with every kind of change: at midnight, by half an hour, by two hours, in other months, or none. */
const ZONES = [
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'America/Los_Angeles', 'Asia/Kolkata', 'Pacific/Auckland'],
  ...['America/Santiago', 'Asia/Beirut', 'America/Havana', 'Africa/Cairo', 'Africa/Casablanca', 'Asia/Jerusalem'],
  ...['Australia/Lord_Howe', 'Antarctica/Troll', 'America/St_Johns', 'Atlantic/Azores', 'Pacific/Chatham'],
];
const anyZone = fc.constantFrom(...ZONES);

/** BullMQ's ticks after an instant and up to another, one after the other as it goes from each to the next. */
function walk({ cron, timeZone }: WeeklySchedule, from: number, to: number): number[] {
  const slots: number[] = [];
  for (let at = from; ; ) {
    at = getNextMillis(at, { pattern: cron, tz: timeZone }) ?? Number.POSITIVE_INFINITY;
    if (at > to) return slots;
    slots.push(at);
  }
}

/** The slots after an instant and up to another. */
function slotsUntil(schedule: WeeklySchedule, from: number, to: number): number[] {
  const slots: number[] = [];
  for (let next = [from]; next.length > 0 && next.at(-1)! <= to; slots.push(...next)) {
    next = nextSlots(schedule, next.at(-1)!, 20);
  }
  return slots.filter((slot) => slot <= to);
}

describe('slots', () => {
  const anyMinute = fc.constantFrom('0', '30', '59', '*/20', '15,45');
  const anyHour = fc.constantFrom('0', '1', '2', '3', '6', '23', '*', '1-3', '*/6', '0,12');
  const anyDay = fc.constantFrom(
    '* * *',
    '* * 0',
    '* * 1',
    '* * MON-FRI',
    '1,8,15,22,29 * *',
    '* 3,4,10,11 *',
    '* * 0L',
  );
  const anyCron = fc.tuple(anyMinute, anyHour, anyDay).map((fields) => fields.join(' '));
  const near = fc.integer({ min: -5 * 60, max: 5 * 60 }).map((minutes) => minutes * MINUTE_MS);
  const far = fc.integer({ min: -9 * DAY_MS, max: 9 * DAY_MS });
  /** Mostly within hours of a change of the clocks: there is where counting can go wrong. */
  const anyPlace = anyZone.chain((timeZone) => {
    const changes = [NOW, ...clockChanges(timeZone, NOW, NOW + 2 * 365 * DAY_MS)];
    return fc
      .tuple(fc.constantFrom(...changes), fc.oneof(near, far))
      .map(([change, distance]) => ({ timeZone, change, at: change + distance }));
  });

  test('are the same from whatever instant one looks', () => {
    fc.assert(
      fc.property(anyCron, anyPlace, fc.array(fc.oneof(near, far)), (cron, { timeZone, at }, distances) => {
        const schedule = { cron, timeZone };
        const [slot] = nextSlots(schedule, at, 1);
        if (slot === undefined) return;
        expect(lastSlot(schedule, slot)).toBe(slot);
        const last = lastSlot(schedule, slot - 1);
        if (last !== undefined) expect(last).toBeLessThanOrEqual(at);
        for (const distance of distances) {
          const other = at + distance;
          const [fromThere] = nextSlots(schedule, other, 1);
          // Nobody sees a slot between an instant and the slot that follows it.
          if (other >= at && other < slot) expect(fromThere).toBe(slot);
          if (fromThere !== undefined && fromThere > at) expect(fromThere).toBeGreaterThanOrEqual(slot);
        }
      }),
      { numRuns: 120 },
    );
  });

  test('are where BullMQ ticks, but for the hours around a change of the clocks', () => {
    fc.assert(
      fc.property(anyCron, anyPlace, (cron, { timeZone, change }) => {
        // After a change by half an hour BullMQ leaves out half a day.
        fc.pre(timeZone !== 'Australia/Lord_Howe');
        const isFar = (instant: number) => Math.abs(instant - change) > 4 * HOUR_MS;
        const [from, to] = [change - 3 * DAY_MS, change + 2 * DAY_MS];
        const ticks = walk({ cron, timeZone }, from, to).filter(isFar);
        const slots = slotsUntil({ cron, timeZone }, from, to);
        expect(slots.filter(isFar)).toEqual(ticks);
      }),
      // After the last slot of April none comes for so long that there are no next ones.
      {
        numRuns: 31,
        examples: [['*/20 6 * 3,4,10,11 *', { timeZone: 'Africa/Cairo', change: EVE_OF_MAY, at: EVE_OF_MAY }]],
      },
    );
  });

  test('are where BullMQ ticks at a change too, counted from the week before, by the usual rules of the clocks', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Pacific/Auckland', 'America/St_Johns'];
    fc.assert(
      // Of several slots in an hour that is left out BullMQ comes to the first alone.
      fc.property(fc.nat(59), anyHour, fc.constantFrom(...zones), fc.nat(7), (minute, hour, timeZone, which) => {
        const schedule = { cron: `${minute} ${hour} * * *`, timeZone };
        const change = clockChanges(timeZone, NOW, NOW + 4 * 365 * DAY_MS)[which]!;
        const [from, to] = [change - 26 * HOUR_MS, change + 26 * HOUR_MS];
        const slots = slotsUntil(schedule, from, to);
        expect(slots).toEqual(walk(schedule, from, to));
      }),
      { numRuns: 40 },
    );
  });

  test('that are instants: one is its own last slot, and not among the next', () => {
    const schedule = { cron: '0 6 * * 1', timeZone: 'Europe/Berlin' };
    const slot = instant('2026-11-23T06:00:00+01:00');
    expect(lastSlot(schedule, slot)).toBe(slot);
    expect(lastSlot(schedule, slot - 1)).toBe(slot - 7 * DAY_MS);
    expect(nextSlots(schedule, slot, 2)).toEqual([slot + 7 * DAY_MS, slot + 14 * DAY_MS]);
    expect(nextSlots(schedule, slot - 1, 1)).toEqual([slot]);
  });

  test('in an hour that comes twice are there once, the first time, from wherever one counts', () => {
    const schedule = { cron: '30 1 * * 0', timeZone: 'America/New_York' };
    const first = instant('2026-11-01T01:30:00-04:00');
    const following = instant('2026-11-08T01:30:00-05:00');
    for (const at of ['2026-11-01T01:30:00-04:00', '2026-11-01T01:10:00-05:00', '2026-11-01T02:10:00-05:00']) {
      expect(nextSlots(schedule, instant(at), 1)).toEqual([following]);
      expect(lastSlot(schedule, instant(at))).toBe(first);
    }
    const everyHour = { cron: '30 * * * *', timeZone: 'America/New_York' };
    expect(nextSlots(everyHour, first - 1, 3)).toEqual([first, first + HOUR_MS, first + 2 * HOUR_MS]);
  });

  test('in an hour that is left out are as much later as the clock jumped', () => {
    const schedule = { cron: '0,30 2,3 * * 0', timeZone: 'America/New_York' };
    const slots = ['2027-03-14T03:00:00-04:00', '2027-03-14T03:30:00-04:00', '2027-03-21T02:00:00-04:00'].map(instant);
    expect(nextSlots(schedule, instant('2027-03-14T01:00:00-05:00'), 3)).toEqual(slots);
    expect(lastSlot({ cron: '0 0 * * 0', timeZone: 'America/Santiago' }, instant('2027-09-05T12:00:00Z'))).toBe(
      instant('2027-09-05T01:00:00-03:00'),
    );
  });

  test('are none for long, or for ever', () => {
    expect(lastSlot({ cron: '0 6 1 1 *', timeZone: 'UTC' }, NOW)).toBeUndefined();
    expect(nextSlots({ cron: '0 6 31 4,6 *', timeZone: 'UTC' }, NOW, 3)).toEqual([]);
  });
});

/** What `assertWeekly` says is too far apart: the instants in UTC; undefined when it finds nothing. */
function gapFound(schedule: WeeklySchedule, now: number): string[] | undefined {
  try {
    assertWeekly(schedule, now);
    return undefined;
  } catch (error) {
    return [...String(error).matchAll(/\((\d{4}-.*?Z)\)/g)].map(([, at]) => at!);
  }
}

const iso = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;

describe('a gap of more than 7 days and 2 hours', () => {
  test('is found where a walk over every tick of five years finds it first, and nowhere else', () => {
    const anyDays = fc.oneof(
      fc.integer({ min: 0, max: 6 }).map((day) => `* * ${day}`),
      fc.constantFrom('1,8,15,22,29 * *', '1,8,15,22 * *', '* 1-11 1', '* * 1,4', '* * 1#1', '* 3 *'),
    );
    const anyTime = fc.tuple(fc.constantFrom('0', '30'), fc.constantFrom('0', '1', '2', '6', '23'));
    fc.assert(
      fc.property(anyTime, anyDays, anyZone, fc.integer({ min: 0, max: 300 }), (time, days, timeZone, later) => {
        const schedule = { cron: `${time.join(' ')} ${days}`, timeZone };
        const now = NOW + later * DAY_MS + 123;
        const ticks = walk(schedule, now, now + FIVE_YEARS_MS + 400 * DAY_MS);
        const first = [now, ...ticks].findIndex((tick, i) => ticks[i]! - tick > LONGEST_GAP_MS);
        const [left, right] = [[now, ...ticks][first]!, ticks[first]!];
        const lastTick = ticks.at(-1) ?? now;
        // In a zone of half an hour BullMQ's own parser can lose its way, and comes to no tick any more.
        const stops = first < 0 && lastTick < now + FIVE_YEARS_MS ? [iso(lastTick)] : undefined;
        const expected = first < 0 || left >= now + FIVE_YEARS_MS ? stops : [iso(left), iso(right)];
        expect(gapFound(schedule, now)).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });

  test.each([
    ['America/Santiago', 0, '2027-08-29T04:00:00Z', '2027-09-12T03:00:00Z'],
    ['Asia/Beirut', 0, '2027-03-20T22:00:00Z', '2027-04-03T21:00:00Z'],
    ['America/Havana', 0, '2027-03-07T05:00:00Z', '2027-03-21T04:00:00Z'],
    ['Africa/Cairo', 5, '2027-04-22T22:00:00Z', '2027-05-06T21:00:00Z'],
  ])('is what a weekly midnight in %s leaves', (timeZone, day, from, to) => {
    expect(gapFound({ cron: `0 0 * * ${day}`, timeZone }, NOW)).toEqual([from, to]);
    assertWeekly({ cron: `0 6 * * ${day}`, timeZone }, NOW);
  });

  test('is told with the setting, the dates in local time and in UTC, and what to do', async () => {
    const { code, message, remedy } = await failureOf(() =>
      assertWeekly({ cron: '0 0 * * 0', timeZone: 'America/Santiago' }, NOW),
    );
    expect({ code, message }).toEqual({
      code: 'CONFIG_INVALID',
      message:
        'SCHEDULE_CRON: "0 0 * * 0" in America/Santiago leaves more than 7 days and 2 hours between two runs: none comes between ' +
        'Sun 2027-08-29 00:00 -04:00 (2027-08-29T04:00:00Z) and Sun 2027-09-12 00:00 -03:00 (2027-09-12T03:00:00Z)',
    });
    expect(remedy).toMatch(/at least once a week/);
  });

  test('is no gap of exactly 7 days and 2 hours', () => {
    // Troll station sets its clocks back by two hours.
    assertWeekly({ cron: '0 6 * * 1', timeZone: 'Antarctica/Troll' }, NOW);
  });

  test('is looked for in a schedule of every minute too, which has millions of slots', () => {
    assertWeekly({ cron: '* * * * *', timeZone: 'America/Santiago' }, NOW);
    expect(gapFound({ cron: '* * * 1-11 *', timeZone: 'Europe/Berlin' }, NOW)).toEqual([
      '2026-11-30T22:59:00Z',
      '2026-12-31T23:00:00Z',
    ]);
  });

  test('lies before the first slot too', () => {
    expect(gapFound({ cron: '0 6 * 1-9 *', timeZone: 'UTC' }, NOW)).toEqual([iso(NOW), '2027-01-01T06:00:00Z']);
  });
});

test.each([
  ['0 6 31 2 *', 'Invalid explicit day of month definition'],
  ['60 6 * * 1', 'got value 60 expected range 0-59'],
  ['0 6 * * 8', 'got value 8 expected range 0-7'],
  ['a b c d e', 'Invalid characters, got value: a'],
  ['H 6 * * 1', 'H stands for a time that every process draws for itself'],
  ['0 H(1-5) * * THU', 'H stands for a time that every process draws for itself'],
])('an expression that cannot be read is refused in one line: %s', async (cron, why) => {
  const { code, message } = await failureOf(() => assertWeekly({ cron, timeZone: 'UTC' }, NOW));
  expect(code).toBe('CONFIG_INVALID');
  expect(message).toContain(`SCHEDULE_CRON: "${cron}" cannot be read: `);
  expect(message).toContain(why);
  expect(message).not.toContain('\n');
});

test('an expression that never comes true is refused', async () => {
  const { message } = await failureOf(() => assertWeekly({ cron: '0 6 31 4,6 *', timeZone: 'UTC' }, NOW));
  expect(message).toContain('none comes after Sat 2026-11-21 10:00 +00:00 (2026-11-21T10:00:00Z)');
});

test('Thursday is a day like others', () => {
  assertWeekly({ cron: '0 6 * * THU', timeZone: 'UTC' }, NOW);
});
