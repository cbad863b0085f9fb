import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { format } from 'fast-csv';
import type { DatabricksSettings } from '../../../config/databricks.ts';
import { EMPLOYEES_PER_QUERY, withTrainingRecords } from '../../adapters/databricks/training-records.ts';
import { readEmployees } from '../../adapters/disk/employees-file.ts';
import { formatInstant } from '../../domain/feeds/rows.ts';
import type { EmployeeId } from '../../domain/ids.ts';
import type { OpenAssignmentRow } from '../../domain/simulation/training-records.ts';

const DAY_MS = 86_400_000;
/** Of two assignments of the same instant the warehouse gives the later update first. Any date will do. */
const FIRST_UPDATE = Date.parse('2100-01-01T00:00:00Z');

type Row = readonly (string | number | null)[];

/**
 * Reads the training records of a population through the SQL warehouse into CSV files, a row at a time.
 * @returns the files of content_assignments, which holds open ones alone, and of content_completion.
 * @throws BtcFakeError as `withTrainingRecords` and `readEmployees` do.
 */
export async function fetchTrainingTables(
  warehouse: DatabricksSettings,
  employeesFile: string,
  skipInvalid: boolean,
  folder: string,
): Promise<string[]> {
  const ids: EmployeeId[] = [];
  for await (const employees of readEmployees({ path: employeesFile, skipInvalid })) {
    for (const { id } of employees) ids.push(id);
  }
  ids.sort((a, b) => a - b);
  await mkdir(folder, { recursive: true });
  const files = ['content_assignments.csv', 'content_completion.csv'].map((name) => join(folder, name));
  await withTrainingRecords(warehouse, async (records) => {
    const ranges = Array.from({ length: Math.ceil(ids.length / EMPLOYEES_PER_QUERY) }, (_, i) => {
      const block = ids.slice(i * EMPLOYEES_PER_QUERY, (i + 1) * EMPLOYEES_PER_QUERY);
      return { from: block[0] as EmployeeId, to: block.at(-1) as EmployeeId };
    });
    const columns = ['assignment_date', 'update_date', 'assignment_begin_date', 'assignment_due_date', 'content_type'];
    await write(files[0] as string, ['ba_id', 'content_id', ...columns], async function* () {
      for (const range of ranges) yield* assignmentRows(records.openAssignments(range));
    });
    await write(files[1] as string, ['ba_id', 'content_id', 'completion_date'], async function* () {
      for (const range of ranges)
        for await (const { employeeId, contentId, completedOn } of records.completions(range))
          yield [employeeId, contentId, completedOn];
    });
  });
  return files;
}

/** The rows of one pair keep their order by the date of their update. */
async function* assignmentRows(rows: AsyncIterable<OpenAssignmentRow>): AsyncGenerator<Row> {
  let last: OpenAssignmentRow | undefined;
  let ofPair = 0;
  for await (const row of rows) {
    const { employeeId, contentId, assignedAt, beginsAt, dueAt, contentType } = row;
    ofPair = last?.employeeId === employeeId && last.contentId === contentId ? ofPair + 1 : 0;
    last = row;
    const updated = formatInstant(FIRST_UPDATE - ofPair * DAY_MS);
    yield [employeeId, contentId, shown(assignedAt), updated, shown(beginsAt), shown(dueAt), contentType];
  }
}

function shown(instant: number | null): string | null {
  return instant === null ? null : formatInstant(instant);
}

function write(file: string, header: readonly string[], rows: () => AsyncGenerator<Row>): Promise<void> {
  const csv = format({ headers: [...header], alwaysWriteHeaders: true });
  return pipeline(Readable.from(rows()), csv, createWriteStream(file));
}
