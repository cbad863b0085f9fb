import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatContentId, parseContentId, parseEmployeeId, parseRunId } from '../../src/domain/ids.ts';

describe('content ids', () => {
  test.each([
    ['1915085', 1915085],
    ['1,915,085', 1915085],
    [' 42 ', 42],
    [1915085, 1915085],
    [1915085n, 1915085],
    ['00042', 42],
  ])('%p is read as %p', (value, id) => {
    expect(parseContentId(value)).toBe(id);
  });

  test.each([['1,91,5085'], ['0'], ['-5'], ['1.5'], [1.5], [-1], [''], ['1234567890123456'], [2 ** 60], [null], [{}]])(
    '%p is not one',
    (value) => {
      expect(parseContentId(value)).toBeUndefined();
    },
  );

  test.each([
    [7, '7'],
    [123, '123'],
    [1234, '1,234'],
    [1915085, '1,915,085'],
  ])('%p is written as %p', (id, text) => {
    expect(formatContentId(parseContentId(id)!)).toBe(text);
  });

  test('every id is written as English writes large numbers, and read back from there, from digits and from numbers', () => {
    const ids = fc.oneof(fc.integer({ min: 1, max: 10 ** 15 - 1 }), fc.integer({ min: 1, max: 10_000 }));
    fc.assert(
      fc.property(ids, (id) => {
        const written = formatContentId(parseContentId(id)!);
        expect(written).toBe(new Intl.NumberFormat('en-US').format(id));
        expect([written, String(id), BigInt(id), `0${id}`].map(parseContentId)).toEqual([id, id, id, id]);
      }),
    );
  });

  test('a value is an id or undefined, whatever it is; nothing throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.stringMatching(/^[0-9,. -]{0,20}$/)), (value) => {
        const id = parseContentId(value);
        expect(id === undefined || (Number.isInteger(id) && id > 0 && id < 10 ** 15)).toBe(true);
      }),
    );
  });
});

test.each(['0', '-1', '1.0', '1e3', '+1', ' 1', '1234567890123456', ''])('%p is not an employee id', (text) => {
  expect(parseEmployeeId(text)).toBeUndefined();
});

test('leading zeros do not make another employee', () => {
  expect(parseEmployeeId('000104829')).toBe(104829);
});

test.each(['', '1', 'a:b', '../x', 'a b', 'a'.repeat(101)])('%p is not a run id', (text) => {
  expect(parseRunId(text)).toBeUndefined();
});

test('a run id is kept as it is', () => {
  expect(parseRunId('run-20251028T110000Z-ab12cd')).toBe('run-20251028T110000Z-ab12cd');
});
