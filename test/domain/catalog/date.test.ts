import { TZDate } from '@date-fns/tz';
import { describe, expect, test } from '@jest/globals';
import { format } from 'date-fns';
import fc from 'fast-check';
import { type DateRules, readCatalogDate } from '../../../src/domain/catalog/date.ts';
import { compileDatePattern } from '../../../src/domain/catalog/date-pattern.ts';
import { instant } from '../../support/domain-values.ts';

// What this file proves: contract section 1, "Dates" of the vendor's catalog files.

const UTC: DateRules = { timeZone: 'UTC', dateFormats: [] };
const BERLIN: DateRules = { timeZone: 'Europe/Berlin', dateFormats: [] };

/** The one instant that a text means. */
function read(text: string, rules = UTC): number | null {
  const readings = readCatalogDate(text, rules);
  if (readings !== null) expect(readings.dayFirst).toBe(readings.monthFirst);
  return readings?.monthFirst ?? null;
}

describe('a date', () => {
  test.each([
    ['2025-10-28', '2025-10-28T00:00:00Z'],
    ['2025/10/28', '2025-10-28T00:00:00Z'],
    ['28.10.2025', '2025-10-28T00:00:00Z'],
    ['1.2.2025', '2025-02-01T00:00:00Z'],
    ['28-Oct-2025', '2025-10-28T00:00:00Z'],
    ['28-OCT-2025', '2025-10-28T00:00:00Z'],
    ['28 October 2025', '2025-10-28T00:00:00Z'],
    ['28 Sept 2025', '2025-09-28T00:00:00Z'],
    ['28/Oct/2025', '2025-10-28T00:00:00Z'],
    ['Oct 28 2025', '2025-10-28T00:00:00Z'],
    ['Oct 28, 2025', '2025-10-28T00:00:00Z'],
    ['Oct. 28, 2025', '2025-10-28T00:00:00Z'],
    ['October  8  2025', '2025-10-08T00:00:00Z'],
    ['Oct 28 2025  8:15AM', '2025-10-28T08:15:00Z'],
    ['2025-10-28 8:15', '2025-10-28T08:15:00Z'],
    ['2025-10-28   08:15:00', '2025-10-28T08:15:00Z'],
    ['2025-10-28 08:15:00 UTC', '2025-10-28T08:15:00Z'],
    ['2025-10-28T08:15Z', '2025-10-28T08:15:00Z'],
    ['2025-10-28t08:15:30.5z', '2025-10-28T08:15:30.500Z'],
    ['2025-10-28T08:15:30.123456789+02:00', '2025-10-28T06:15:30.123Z'],
    ['2025-10-28 08:15:30,250 -0530', '2025-10-28T13:45:30.250Z'],
    ['2025-10-28 08:15:30+02', '2025-10-28T06:15:30Z'],
    ['28.10.2025 8:15 PM', '2025-10-28T20:15:00Z'],
    ['28-Oct-2025 12:05:06 am', '2025-10-28T00:05:06Z'],
    ['2025-10-28 12:05\u202fPM', '2025-10-28T12:05:00Z'],
    ['  2025-10-28\t', '2025-10-28T00:00:00Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['0001-01-01T00:00:00', '0001-01-01T00:00:00Z'],
    ['9999-12-31', '9999-12-31T00:00:00Z'],
  ])('%j is %s', (text, expected) => {
    expect(read(text)).toBe(instant(expected));
  });

  test.each([
    '',
    '  ',
    'TRUE',
    'N/A',
    '45958',
    '45958.34375',
    '20251028',
    '2025-10',
    '2025-W44-2',
    '2025-300',
    '25-10-28',
    '28-Oct-25',
    '28.10.25',
    '10/28/25',
    '10/28',
    '10/28/20255',
    '2025-10/28',
    '2025-02-30',
    '2025-13-01',
    '2025-00-10',
    '0000-01-01',
    '29.2.2025',
    '31-Nov-2025',
    '28-Okt-2025',
    '13/13/2025',
    '2025-10-28 25:00',
    '2025-10-28 24:00:00',
    '2025-10-28 08:60',
    '2025-10-28 08:15:60',
    '2025-10-28 8:5',
    '2025-10-28 8',
    '2025-10-28 13:15 PM',
    '2025-10-28 0:15 AM',
    '2025-10-28 08:15+24:00',
    '2025-10-28 08:15 CET',
    '2025-10-28Z',
    '2025-10-28 08:15 and more',
    `2025-10-28${' '.repeat(100)}08:15`,
  ])('%j is none', (text) => {
    expect(readCatalogDate(text, UTC)).toBeNull();
    expect(readCatalogDate(text, BERLIN)).toBeNull();
  });

  test('without a zone is in the business time zone, with one it is in that', () => {
    expect(read('2025-10-28', BERLIN)).toBe(instant('2025-10-27T23:00:00Z'));
    expect(read('2025-07-28 8:15', BERLIN)).toBe(instant('2025-07-28T06:15:00Z'));
    expect(read('28-Oct-2025 8:15 AM UTC', BERLIN)).toBe(instant('2025-10-28T08:15:00Z'));
  });

  test('that a clock change leaves out or repeats is an instant all the same', () => {
    expect(read('2025-03-30 2:30', BERLIN)).toBe(instant('2025-03-30T01:30:00Z'));
    expect(read('2025-10-26 2:30', BERLIN)).toBe(instant('2025-10-26T00:30:00Z'));
  });
});

describe('a date with slashes', () => {
  const at = (iso: string | null) => (iso === null ? null : instant(`${iso}T00:00:00Z`));

  test.each([
    ['10/28/2025', '2025-10-28', null],
    ['24/10/2025', null, '2025-10-24'],
    ['5/6/2025', '2025-05-06', '2025-06-05'],
    ['05/06/2025', '2025-05-06', '2025-06-05'],
    ['5/5/2025', '2025-05-05', '2025-05-05'],
    ['2/29/2024', '2024-02-29', null],
    ['29/2/2024', null, '2024-02-29'],
  ])('%s is month first %s, day first %s', (text, monthFirst, dayFirst) => {
    expect(readCatalogDate(text, UTC)).toEqual({ monthFirst: at(monthFirst), dayFirst: at(dayFirst) });
  });

  test('can have a time', () => {
    expect(readCatalogDate('24/10/2025 7:05 PM', UTC)?.dayFirst).toBe(instant('2025-10-24T19:05:00Z'));
    expect(readCatalogDate('10/24/2025 19:05:06 -04:00', UTC)?.monthFirst).toBe(instant('2025-10-24T23:05:06Z'));
  });
});

describe('CATALOG_DATE_FORMATS', () => {
  const rules = (...patterns: string[]) => ({
    timeZone: 'UTC',
    dateFormats: patterns.map((pattern) => compileDatePattern(pattern)!),
  });

  test('are tried before the ways that are known', () => {
    expect(read('5/6/2025', rules('d/M/yyyy'))).toBe(instant('2025-06-05T00:00:00Z'));
    expect(read('20251028', rules('d/M/yyyy', 'yyyyMMdd'))).toBe(instant('2025-10-28T00:00:00Z'));
  });

  test('leave what is written otherwise to the ways that are known', () => {
    expect(read('2025-10-28', rules('d/M/yyyy'))).toBe(instant('2025-10-28T00:00:00Z'));
    expect(readCatalogDate('10/28/2025', rules('d/M/yyyy'))).toEqual({
      monthFirst: instant('2025-10-28T00:00:00Z'),
      dayFirst: null,
    });
    expect(read('45958', rules('d/M/yyyy'))).toBeNull();
  });
});

/** From 1970 on, where every place is whole minutes off. */
const anySecond = fc.integer({ min: 0, max: 4_000_000_000 });
const anyZone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe');
const MONTH_FIRST = ['M/d/yyyy', 'MM/dd/yyyy'];
const DAY_FIRST = ['d/M/yyyy', 'dd/MM/yyyy'];
const DATES = [
  'yyyy-MM-dd',
  'yyyy/MM/dd',
  'd.M.yyyy',
  'dd.MM.yyyy',
  'd-MMM-yyyy',
  'd MMMM yyyy',
  'MMM d yyyy',
  'MMMM d, yyyy',
];
const TIMES = ['H:mm:ss', 'HH:mm:ss', 'h:mm:ss a', 'h:mm:ssa', 'hh:mm:ss aa', 'HH:mm:ss.SSS'];

/** Of the two instants at which clocks show the same, the first. */
function firstShownAlike(local: TZDate): number {
  const shown = (at: number) => format(new TZDate(at, local.timeZone), 'yyyy-MM-dd HH:mm:ss');
  const now = local.getTime();
  return [now - 3_600_000, now - 1_800_000].find((at) => shown(at) === shown(now)) ?? now;
}

test('every second is read back however the contract lets it be written, in any time zone', () => {
  fc.assert(
    fc.property(
      anySecond,
      anyZone,
      fc.constantFrom(...DATES, ...MONTH_FIRST, ...DAY_FIRST),
      fc.constantFrom("'T'", ' ', '   '),
      fc.constantFrom(...TIMES),
      fc.constantFrom('', ' XXX', 'XXX', ' xx', 'xx'),
      (second, timeZone, date, joint, time, zone) => {
        const local = new TZDate(second * 1000, timeZone);
        const text = format(local, date + joint + time + zone);
        const { monthFirst, dayFirst } = readCatalogDate(text, { timeZone, dateFormats: [] }) ?? {};
        const at = DAY_FIRST.includes(date) ? dayFirst : monthFirst;
        expect({ text, at }).toEqual({ text, at: zone === '' ? firstShownAlike(local) : second * 1000 });
      },
    ),
    { numRuns: 400 },
  );
});

test('three numbers are a date just when the calendar has it', () => {
  const twoDigits = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 9999 }), twoDigits(14), twoDigits(33), (year, month, day) => {
      const iso = `${year}-${month}-${day}`;
      const at = Date.parse(`${iso}T00:00:00Z`);
      const exists = !Number.isNaN(at) && new Date(at).toISOString().startsWith(iso);
      expect(read(iso)).toBe(exists ? at : null);
      expect(read(`${Number(day)}.${Number(month)}.${year}`)).toBe(exists ? at : null);
    }),
    { numRuns: 1_000 },
  );
});

test('no text makes it throw or gives what is no instant', () => {
  const cell = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9/:TZAPM .+-]{0,25}$/));
  fc.assert(
    fc.property(cell, anyZone, (text, timeZone) => {
      const readings = readCatalogDate(text, { timeZone, dateFormats: [] });
      if (readings === null) return;
      const { monthFirst, dayFirst } = readings;
      expect(monthFirst ?? dayFirst).not.toBeNull();
      for (const at of [monthFirst, dayFirst]) expect(at === null || Number.isSafeInteger(at)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});
