import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { BtcFakeError } from '../../domain/errors.ts';
import type { EmployeesInput } from '../../domain/run/manifest.ts';
import {
  type Employee,
  type EmployeeRow,
  employeeRowReader,
  isBlankOrComment,
  resolveEmployeeColumns,
} from '../../domain/simulation/employees.ts';
import { readCsvRows } from '../csv/rows.ts';
import { explainShape } from '../csv/shape.ts';
import { POPULATION_CHUNK } from '../run-store/record-codec.ts';

const SHOWN_ERRORS = 20;

/** How to read an employees file. */
export interface EmployeesReading {
  readonly path: string;
  /** Leave out invalid rows, instead of refusing the file. */
  readonly skipInvalid: boolean;
}

/**
 * Streams an employees file (contract section 1, "Employees"): gives the employees in input order, in chunks of the
 * population. Memory grows only with the set of ids. A caller that has enough stops.
 * @returns what was read, at the end of the file: rows, hash, and the rows that were skipped.
 * @throws BtcFakeError EMPLOYEES_INVALID with `FILE:LINE: reason` for the first 20 bad rows and the count of all, after
 *   the whole file was read and given out, so a caller must not act on the chunks before the end; FILE_UNREADABLE.
 */
export async function* readEmployees(reading: EmployeesReading): AsyncGenerator<readonly Employee[], EmployeesInput> {
  const { path } = reading;
  try {
    return yield* readEmployeeRows(reading);
  } catch (error) {
    return await explainShape(path, basename(path), () => Promise.reject(error));
  }
}

/** Reads a whole employees file. @param take gets each chunk, and is waited for. @throws as `readEmployees`. */
export async function takeEmployees(
  reading: EmployeesReading,
  take: (employees: readonly Employee[]) => Promise<void> | void = () => {},
): Promise<EmployeesInput> {
  const chunks = readEmployees(reading);
  for (;;) {
    const { done, value } = await chunks.next();
    if (done) return value;
    await take(value);
  }
}

async function* readEmployeeRows({
  path,
  skipInvalid,
}: EmployeesReading): AsyncGenerator<readonly Employee[], EmployeesInput> {
  const name = basename(path);
  const sha256 = createHash('sha256');
  const firstErrors: string[] = [];
  let errors = 0;
  let employees = 0;
  let readRow: ((fields: readonly string[]) => EmployeeRow) | undefined;
  let batch: Employee[] = [];

  const onBytes = (chunk: Buffer) => sha256.update(chunk);
  const rows = readCsvRows({ path, invalidCode: 'EMPLOYEES_INVALID', onBytes, comments: true });
  for await (const { line, fields } of rows) {
    if (readRow === undefined) {
      if (!isBlankOrComment(fields)) readRow = employeeRowReader(resolveEmployeeColumns(fields, { file: name, line }));
      continue;
    }
    const row = readRow(fields);
    if (row.kind === 'invalid') {
      errors += 1;
      if (firstErrors.length < SHOWN_ERRORS) firstErrors.push(`${name}:${line}: ${row.reason}`);
    } else if (row.kind === 'employee') {
      employees += 1;
      batch.push(row.employee);
      if (batch.length === POPULATION_CHUNK) {
        yield batch;
        batch = [];
      }
    }
  }
  if (batch.length > 0) yield batch;

  if (readRow === undefined) {
    throw new BtcFakeError('EMPLOYEES_INVALID', 'the file is empty', {
      place: { file: name },
      remedy: 'Make the first line "employee_id,employee_edu_type", and give each employee a line.',
    });
  }
  if (errors > 0 && !skipInvalid) {
    throw new BtcFakeError('EMPLOYEES_INVALID', `${errors} ${errors === 1 ? 'row is' : 'rows are'} wrong`, {
      place: { file: name },
      lines: firstErrors,
      remedy: 'Fix the file, or leave these rows out with --skip-invalid-employees.',
    });
  }
  return {
    name,
    sha256: sha256.digest('hex'),
    employees,
    invalid: { count: errors, first: firstErrors },
  };
}
