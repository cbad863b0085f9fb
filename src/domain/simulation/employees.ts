import { BtcFakeError, type ErrorPlace } from '../errors.ts';
import { columnKey, columnsFound } from '../feeds/columns.ts';
import { IdSet } from '../id-set.ts';
import { type EmployeeId, parseEmployeeId } from '../ids.ts';
import { quotedValue } from '../quoted-value.ts';

/** What an employee completes: `a` everything, `b` one, `f` nothing. */
export type EmployeeType = 'a' | 'b' | 'f';

export const EMPLOYEE_TYPES: readonly EmployeeType[] = ['a', 'b', 'f'];

/** One simulated person. */
export interface Employee {
  readonly id: EmployeeId;
  readonly type: EmployeeType;
}

/** Where the two columns stand in an employees file. */
export interface EmployeeColumns {
  readonly id: number;
  readonly type: number;
}

/** What one row of an employees file turned out to be. */
export type EmployeeRow =
  | { readonly kind: 'employee'; readonly employee: Employee }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'invalid'; readonly reason: string };

const IGNORED: EmployeeRow = { kind: 'ignored' };

/** True for a blank row and for one whose first field starts with `#`: neither can be a header. */
export function isBlankOrComment(fields: readonly string[]): boolean {
  return fields.every((field) => field.trim() === '') || fields[0]!.trimStart().startsWith('#');
}

/**
 * Finds the columns in a header (contract section 1, "Employees").
 * @throws BtcFakeError EMPLOYEES_INVALID when one is missing.
 */
export function resolveEmployeeColumns(header: readonly string[], place: ErrorPlace): EmployeeColumns {
  const keys = header.map(columnKey);
  const id = keys.indexOf('employeeid');
  const type = keys.includes('employeeedutype') ? keys.indexOf('employeeedutype') : keys.indexOf('employeetype');
  const missing = [id < 0 && 'employee_id', type < 0 && 'employee_edu_type'].filter(Boolean);
  if (missing.length > 0) {
    throw new BtcFakeError(
      'EMPLOYEES_INVALID',
      `the header has no column ${missing.join(' and no column ')} (${columnsFound(header)})`,
      {
        place,
        remedy: 'Make the first line "employee_id,employee_edu_type".',
      },
    );
  }
  return { id, type };
}

/**
 * Reads the rows of one file below its header, in file order: an id seen before is wrong too (contract section 1,
 * "Employees"). Memory grows with the set of ids.
 */
export function employeeRowReader(columns: EmployeeColumns): (fields: readonly string[]) => EmployeeRow {
  const seen = new IdSet();
  return (fields) => {
    const row = readEmployeeRow(fields, columns);
    if (row.kind !== 'employee') return row;
    return seen.add(row.employee.id) ? row : invalid(`employee_id ${row.employee.id} was seen before`);
  };
}

/** Reads one row by itself. */
export function readEmployeeRow(fields: readonly string[], columns: EmployeeColumns): EmployeeRow {
  const idText = fields[columns.id]?.trim() ?? '';
  if (idText.startsWith('#') || fields.every((field) => field.trim() === '')) return IGNORED;
  if (fields.length <= Math.max(columns.id, columns.type)) {
    return invalid(`too few columns (${fields.length})`);
  }
  if (idText === '') return invalid('no employee_id');
  const id = parseEmployeeId(idText);
  if (id === undefined) {
    return invalid(`employee_id ${quotedValue(idText)} is not a positive integer of at most 15 digits`);
  }
  const typeText = fields[columns.type]!.trim().toLowerCase();
  const type = EMPLOYEE_TYPES.find((known) => known === typeText);
  if (type === undefined) {
    return invalid(`employee_edu_type ${quotedValue(fields[columns.type]!.trim())} is not a, b or f`);
  }
  return { kind: 'employee', employee: { id, type } };
}

function invalid(reason: string): EmployeeRow {
  return { kind: 'invalid', reason };
}
