import { hash } from 'node:crypto';
import { BtcFakeError } from '../errors.ts';
import type { EmployeeId } from '../ids.ts';

/**
 * A text as a seed: 1 to 200 characters on one line, not all of them blanks. Anything else was not meant, such as a
 * variable of a script that is not set.
 * @throws BtcFakeError USAGE.
 */
export function checkedSeed(text: string): string {
  if (/^[^\p{Cc}\p{Cs}\u2028\u2029]{1,200}$/u.test(text) && text.trim() !== '') return text;
  throw new BtcFakeError('USAGE', 'The seed is not text on one line, of 1 to 200 characters', {
    remedy: 'Give another seed, or none; the run id is then the seed.',
  });
}

/** A number in [0, 1) for a purpose and a counter: the only chance there is in a run. */
export type Draw = (purpose: 'assign' | 'complete' | 'time', n: number) => number;

/**
 * The draws of one employee (contract section 4, "Randomness"): the first 6 bytes of the SHA-256 of
 * `SEED/PURPOSE/EMPLOYEEID/N`, divided by 2^48. Order, concurrency and retries cannot change them.
 */
export function seededDraw(seed: string, employeeId: EmployeeId): Draw {
  return (purpose, n) => hashedInteger(`${seed}/${purpose}/${employeeId}/${n}`) / 2 ** 48;
}

/** The first 6 bytes, big-endian, of the SHA-256 of a text. */
export function hashedInteger(text: string): number {
  return Number.parseInt(hash('sha256', text, 'hex').slice(0, 12), 16);
}
