import { test } from '@jest/globals';

/** Whether the tests run at full size: `npm test -- --full`, `npm run test:faults`. */
export const FULL_SIZE = process.env.FAULTS === 'all';

/** A test that takes too long for `npm test`; it does not exist there. */
export function testAtFullSize(name: string, work: () => Promise<void>, limitMs?: number): void {
  if (FULL_SIZE) test(name, work, limitMs);
}
