import { TZDate } from '@date-fns/tz';
import { describe, expect, test } from '@jest/globals';
import { format } from 'date-fns';
import fc from 'fast-check';
import { compileDatePattern, parseDatePatterns } from '../../../src/domain/catalog/date-pattern.ts';
import { instant } from '../../support/domain-values.ts';

// What this file proves: CATALOG_DATE_FORMATS takes the date-fns patterns that contract section 1, "Dates", names, and
// no others.

test.each([
  ['d/M/yyyy', '24/10/2025', '2025-10-24T00:00:00Z'],
  ['dd/MM/yyyy', '5/6/2025', '2025-06-05T00:00:00Z'],
  ['yyyyMMdd', '20251028', '2025-10-28T00:00:00Z'],
  ['yyyyMMddHHmmss', '20251028081530', '2025-10-28T08:15:30Z'],
  ['d-MMM-yy', '28-Oct-25', '2025-10-28T00:00:00Z'],
  ['dd.MM.yy', '01.02.68', '2068-02-01T00:00:00Z'],
  ['dd.MM.yy', '01.02.69', '1969-02-01T00:00:00Z'],
  ['MMMM d, yyyy h:mm a', 'october 28, 2025 8:15 pm', '2025-10-28T20:15:00Z'],
  ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", '2025-10-28T08:15:30.250+02:00', '2025-10-28T06:15:30.250Z'],
  ['yyyy-MM-dd HH:mm X', '2025-10-28 08:15 -05', '2025-10-28T13:15:00Z'],
  ['yyyy-MM-dd HH:mm X', '2025-10-28 08:15 Z', '2025-10-28T08:15:00Z'],
  ["d 'de' MMM 'o''clock' yyyy", "28 de Oct o'clock 2025", '2025-10-28T00:00:00Z'],
  ['yyyy.MM.dd (H:mm)', '2025.10.28 (8:15)', '2025-10-28T08:15:00Z'],
  ['d  M  yyyy', '28 10     2025', '2025-10-28T00:00:00Z'],
])('%s reads %j', (pattern, text, expected) => {
  expect(compileDatePattern(pattern)?.read(text, 'UTC')).toBe(instant(expected));
});

test.each([
  ['d/M/yyyy', '24/10/25'],
  ['d/M/yyyy', '10/24/2025'],
  ['d/M/yyyy', '31/11/2025'],
  ['d/M/yyyy', '24/10/2025 8:15'],
  ['yyyyMMdd', '2025128'],
  ['yyyy.MM.dd', '2025-10-28'],
  ['d-MMM-yyyy', '28-Okt-2025'],
  ['d-M-yyyy h:mm a', '28-10-2025 13:15 PM'],
  ['yyyy-MM-dd HH:mm X', '2025-10-28 08:15'],
])('%s does not read %j', (pattern, text) => {
  expect(compileDatePattern(pattern)?.read(text, 'UTC')).toBeNull();
});

test.each([
  ['', 'nothing'],
  ['yyyy-MM', 'no day'],
  ['dd/MM', 'no year'],
  ['d/yyyy', 'no month'],
  ['DD/MM/YYYY', "another library's tokens"],
  ['d/M/yyyy d', 'a token twice'],
  ['d/M/yyyy yy', 'two years'],
  ['d/M/yyyy h:mm', 'an hour up to 12 without AM or PM'],
  ['d/M/yyyy H:mm a', 'AM or PM beside an hour up to 23'],
  ['yyyy-MM-ddTHH:mm', 'a letter that is not in quotes'],
  ["yyyy-MM-dd'T", 'a quote that is not closed'],
  ['dMyyyy', 'numbers of any length side by side'],
  ['yyyyMd', 'the same'],
  ['P', 'a format of date-fns that is not among them'],
])('%j is no pattern: %s', (pattern) => {
  expect(compileDatePattern(pattern)).toBeUndefined();
});

test('several are separated by semicolons, and a single wrong pattern makes all wrong', () => {
  const [dayFirst, compact, ...others] = parseDatePatterns('d/M/yyyy; yyyyMMdd')!;
  expect(dayFirst!.read('24/10/2025', 'UTC')).toBe(instant('2025-10-24T00:00:00Z'));
  expect(compact!.read('20251024', 'UTC')).toBe(instant('2025-10-24T00:00:00Z'));
  expect([dayFirst!.pattern, compact!.pattern]).toEqual(['d/M/yyyy', 'yyyyMMdd']);
  expect(others).toEqual([]);
  expect(parseDatePatterns('d/M/yyyy;DD')).toBeUndefined();
  expect(parseDatePatterns('d/M/yyyy;')).toBeUndefined();
});

describe('whatever date-fns writes by a pattern', () => {
  const anyOf = (...tokens: string[]) => fc.constantFrom(...tokens);
  const anyPattern = fc
    .tuple(
      fc.shuffledSubarray(['day', 'month', 'year'], { minLength: 3 }),
      fc.record({ day: anyOf('d', 'dd'), month: anyOf('M', 'MM', 'MMM', 'MMMM'), year: anyOf('yyyy', 'yy') }),
      anyOf('/', '.', '-', ' ', ', ', " 'of' "),
      anyOf(' H:mm', " 'at' HH:mm:ss", ' h:mm a', ' hh.mm.ss.SSS a', "'T'HHmmssSSS"),
      anyOf('', 'XXX', ' X'),
    )
    .map(([order, tokens, joint, time, zone]) => order.map((part) => tokens[part as 'day']).join(joint) + time + zone);

  test('is read back to the minute', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 51_000_000 }), anyPattern, (minute, pattern) => {
        const at = minute * 60_000;
        const text = format(new TZDate(at, 'UTC'), pattern);
        expect({ pattern, text, at: compileDatePattern(pattern)?.read(text, 'UTC') }).toEqual({ pattern, text, at });
      }),
      { numRuns: 1_000 },
    );
  });
});
