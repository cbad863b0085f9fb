import { expect, test } from '@jest/globals';
import { count, duration, plural } from '../../src/domain/wording.ts';

// What this file proves: numbers and durations are written as people read them.

test.each([
  [0, '0 ms'],
  [849.6, '850 ms'],
  [1000, '1 s'],
  [59_400, '59 s'],
  [59_600, '1 min'],
  [185_000, '3 min 5 s'],
  [3_600_000, '1 h 0 min'],
  [7_800_000, '2 h 10 min'],
  [48 * 3_600_000 - 60_000, '47 h 59 min'],
  [113 * 3_600_000, '4 days 17 h'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('counts are grouped, and one of a thing is not many', () => {
  expect(count(1_234_567)).toBe('1,234,567');
  expect([plural(1, 'row'), plural(0, 'row'), plural(1000, 'row')]).toEqual(['1 row', '0 rows', '1,000 rows']);
});
