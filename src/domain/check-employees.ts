import { employeeRowReader, resolveEmployeeColumns } from './employees.ts';
import type { InputRules } from './file-rules.ts';

/**
 * The rules for the rows of an employees file (contract section 1, "Employees"), with the same reasons as a run gives.
 * Memory grows with the set of ids.
 * @throws BtcFakeError EMPLOYEES_INVALID when the header lacks a column.
 */
export function employeeRules(header: readonly string[], place: string): InputRules {
  const read = employeeRowReader(resolveEmployeeColumns(header, place));
  return (fields) => {
    const row = read(fields);
    if (row.kind === 'ignored') return null;
    return row.kind === 'invalid' ? [row.reason] : [];
  };
}
