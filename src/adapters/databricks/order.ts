import { BtcFakeError } from '../../domain/errors.ts';
import type { CompletionRow, EmployeeIdRange, OpenAssignmentRow } from '../../domain/simulation/training-records.ts';

type Row = OpenAssignmentRow | CompletionRow;

/**
 * Checks the range and order of a stream of rows: by employee, then content, then instant (latest first) or date
 * (earliest first), null last. The merge with the population would lose a row in any other place.
 */
export class AskedOrder {
  readonly #table: string;
  readonly #range: EmployeeIdRange;
  #last: Row | undefined;

  /** @param table its full name, for messages. */
  constructor(table: string, range: EmployeeIdRange) {
    this.#table = table;
    this.#range = range;
  }

  /** Takes the next row. @throws BtcFakeError DATABRICKS_VALUE when it is out of range or order. */
  check(row: Row): void {
    const { from, to } = this.#range;
    const { employeeId } = row;
    if (employeeId < from || employeeId > to)
      throw this.#refused(`employee ${employeeId}, who is not from ${from} to ${to}`);
    const last = this.#last;
    if (last !== undefined && comparePlace(last, row) > 0) {
      throw this.#refused(
        `employee ${employeeId}, content ${row.contentId} after employee ${last.employeeId}, content ${last.contentId}`,
      );
    }
    this.#last = row;
  }

  #refused(what: string): BtcFakeError {
    return new BtcFakeError(
      'DATABRICKS_VALUE',
      `${this.#table} gave ${what}: not in the range and order that were asked for.`,
      {
        remedy:
          'Read from a Databricks SQL warehouse (DATABRICKS_HTTP_PATH); what answers there does not keep ORDER BY.',
      },
    );
  }
}

/** More than 0 when `b` must come before `a`. */
function comparePlace(a: Row, b: Row): number {
  return a.employeeId - b.employeeId || a.contentId - b.contentId || compareTime(a, b);
}

function compareTime(a: Row, b: Row): number {
  if ('completedOn' in a || 'completedOn' in b)
    return nullLast((a as CompletionRow).completedOn, (b as CompletionRow).completedOn, 1);
  return nullLast(a.assignedAt, b.assignedAt, -1);
}

function nullLast<T extends string | number>(a: T | null, b: T | null, direction: 1 | -1): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return (a < b ? -1 : 1) * direction;
}
