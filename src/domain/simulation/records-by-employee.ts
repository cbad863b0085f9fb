import type { EmployeeId } from '../ids.ts';
import type { EmployeeRecords } from './manager-assignments.ts';
import type { CompletionRow, OpenAssignmentRow } from './training-records.ts';

type Row = OpenAssignmentRow | CompletionRow;

/**
 * Deals two streams of training records out to the employees that they belong to, in flat memory.
 * @param employeeIds ascending; rows of anybody else are left out.
 * @param open, completions each in ascending order of employee id.
 * @returns each employee's records, in the order of `employeeIds`; empty ones too.
 */
export async function* recordsByEmployee(
  employeeIds: Iterable<EmployeeId>,
  open: AsyncIterable<OpenAssignmentRow>,
  completions: AsyncIterable<CompletionRow>,
): AsyncGenerator<{ employeeId: EmployeeId; records: EmployeeRecords }> {
  const openRows = new RowsByEmployee(open);
  const completionRows = new RowsByEmployee(completions);
  try {
    for (const employeeId of employeeIds) {
      yield {
        employeeId,
        records: { open: await openRows.of(employeeId), completions: await completionRows.of(employeeId) },
      };
    }
  } finally {
    await openRows.close();
    await completionRows.close();
  }
}

/** Walks one ascending stream of rows, an employee at a time. */
class RowsByEmployee<T extends Row> {
  readonly #rows: AsyncIterator<T>;
  #next: T | undefined;
  #ended = false;

  constructor(rows: AsyncIterable<T>) {
    this.#rows = rows[Symbol.asyncIterator]();
  }

  async of(employeeId: EmployeeId): Promise<T[]> {
    const own: T[] = [];
    for (;;) {
      if (this.#next === undefined) await this.#read();
      if (this.#next === undefined || this.#next.employeeId > employeeId) return own;
      if (this.#next.employeeId === employeeId) own.push(this.#next);
      this.#next = undefined;
    }
  }

  async close(): Promise<void> {
    await this.#rows.return?.();
  }

  async #read(): Promise<void> {
    if (this.#ended) return;
    const { done, value } = await this.#rows.next();
    if (done) this.#ended = true;
    else this.#next = value;
  }
}
