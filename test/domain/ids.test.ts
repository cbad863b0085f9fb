import { describe, expect, test } from '@jest/globals';
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
