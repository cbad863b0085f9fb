// Proves how failures are counted: by name, over a window, the same one once, in bounded memory.
import { expect, test } from '@jest/globals';
import { FailureLimiter } from '../../../src/dashboard/access/failure-limiter.ts';

const limiter = (capacity = 100) => new FailureLimiter({ failures: 3, windowMs: 60_000, capacity });

test('after so many failures there is a wait until the window is over, and then none', () => {
  const failures = limiter();
  expect([failures.fail('a', '1', 1_000), failures.fail('a', '2', 2_000)]).toEqual([true, true]);
  expect(failures.waitMs('a', 3_000)).toBe(0);
  failures.fail('a', '3', 3_000);
  expect(failures.waitMs('a', 4_000)).toBe(57_000);
  expect(failures.waitMs('a', 60_999)).toBe(1);
  expect(failures.waitMs('a', 61_000)).toBe(0);
  expect(failures.fail('a', '4', 61_000)).toBe(true);
  expect(failures.waitMs('a', 61_000)).toBe(0);
});

test('one name does not answer for another', () => {
  const failures = limiter();
  for (const what of ['1', '2', '3']) failures.fail('a', what, 0);
  expect([failures.waitMs('a', 1), failures.waitMs('b', 1)]).toEqual([59_999, 0]);
});

test('the same attempt again counts once', () => {
  const failures = limiter();
  expect(Array.from({ length: 9 }, () => failures.fail('a', 'old', 0))).toEqual([true, ...Array(8).fill(false)]);
  expect(failures.waitMs('a', 0)).toBe(0);
});

test('of more names than fit, the oldest is forgotten', () => {
  const failures = limiter(2);
  for (const what of ['1', '2', '3']) for (const name of ['a', 'b']) failures.fail(name, what, 0);
  failures.fail('c', '1', 0);
  expect([failures.waitMs('a', 0), failures.waitMs('b', 0)]).toEqual([0, 60_000]);
});
