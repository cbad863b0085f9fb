import type { EmployeeId } from '../ids.ts';

const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?/g;
const ID = /\b(?=[0-9a-f-]*\d)[0-9a-f]+(?:-[0-9a-f]+)*\b/gi;
const SHORTEST_ID = 6;
const CUT = '…';

/**
 * The part of a failure's reason that other employees share: without the employee's id, times and ids of single calls
 * (six or more digits or hexadecimal characters, one of them a digit).
 */
export function failureGroup(reason: string, employeeId: EmployeeId): string {
  return reason
    .replace(new RegExp(`(?<![0-9])${employeeId}(?![0-9])`, 'g'), CUT)
    .replace(TIME, CUT)
    .replace(ID, (found) => (found.length < SHORTEST_ID ? found : CUT));
}
