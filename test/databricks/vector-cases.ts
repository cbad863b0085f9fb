import { BtcFakeError } from '../../src/domain/errors.ts';
import { parseContentId, parseEmployeeId } from '../../src/domain/ids.ts';
import { hashedInteger } from '../../src/domain/simulation/seeded-draw.ts';

/** The instant that most cases are about. */
export const AS_OF = Date.parse('2025-10-28T11:00:00Z');
export const HOUR = 3_600_000;

/** Numbers that look like chance and are the same each time. */
export const pick = (text: string, count: number) => hashedInteger(text) % count;
export const content = (n: number) => parseContentId(n)!;
export const employee = (n: number) => parseEmployeeId(String(n))!;

/** What a rule gives, or the code and the words with which it refuses. */
export function outcome<T>(make: () => T): { value: T } | { code: string; message: string } {
  try {
    return { value: make() };
  } catch (error) {
    if (error instanceof BtcFakeError) return { code: error.code, message: error.message };
    throw error;
  }
}
