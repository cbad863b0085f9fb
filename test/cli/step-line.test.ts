// Proves that a long step says how far it is.
import { expect, test } from '@jest/globals';
import { stepText } from '../../src/cli/step-line.ts';

test('a step says how far it is and for how long, as soon as that is worth saying', () => {
  expect(stepText('orders: reading every column', 400, 0)).toBe('orders: reading every column');
  expect(stepText('orders: reading every column', 12_000, 43)).toBe('orders: reading every column, 43 %, 12 s');
  expect(stepText('comparing datasets', 65_000, undefined)).toBe('comparing datasets, 1 min 5 s');
});
