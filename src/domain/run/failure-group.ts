import type { EmployeeId } from '../ids.ts';

const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?/g;
const ID = /\b(?=[0-9a-f-]*\d)[0-9a-f]+(?:-[0-9a-f]+)*\b/gi;
const SHORTEST_ID = 6;
const CUT = '…';

/**
 * What the reason of a failed employee has in common with those of others: the reason without the employee's id, and
 * without what would set every failure apart: times, and whatever looks like the id of one call (six or more digits or
 * hexadecimal characters, one of them a digit).
 */
export function failureGroup(reason: string, employeeId: EmployeeId): string {
  return reason
    .replace(new RegExp(`(?<![0-9])${employeeId}(?![0-9])`, 'g'), CUT)
    .replace(TIME, CUT)
    .replace(ID, (found) => (found.length < SHORTEST_ID ? found : CUT));
}
