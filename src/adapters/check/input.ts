import type { DateRules } from '../../domain/catalog/date.ts';
import { CatalogReader } from '../../domain/catalog/reader.ts';
import type { InputKind } from '../../domain/feeds/file-kinds.ts';
import {
  type EmployeeRow,
  employeeRowReader,
  isBlankOrComment,
  resolveEmployeeColumns,
} from '../../domain/simulation/employees.ts';
import { readCsvRows } from '../csv/rows.ts';
import { explainShape } from '../csv/shape.ts';
import { type Report, reportError } from './problem.ts';

/**
 * Checks a file that a run reads as the run itself would (contract section 1), with the same readers.
 * @returns how many rows the file has.
 */
export async function checkInput(path: string, kind: InputKind, dates: DateRules, report: Report): Promise<number> {
  return kind === 'employees' ? checkEmployees(path, report) : checkCatalog(path, kind, dates, report);
}

async function checkEmployees(path: string, report: Report): Promise<number> {
  let read: ((fields: readonly string[]) => EmployeeRow) | undefined;
  let rows = 0;
  const readAll = async () => {
    for await (const { line, fields } of readCsvRows({ path, invalidCode: 'EMPLOYEES_INVALID', comments: true })) {
      if (read === undefined) {
        if (!isBlankOrComment(fields)) read = employeeRowReader(resolveEmployeeColumns(fields, { file: path, line }));
        continue;
      }
      const row = read(fields);
      if (row.kind === 'ignored') continue;
      rows += 1;
      if (row.kind === 'invalid') report(line, row.reason);
    }
    if (read === undefined) report(1, EMPTY);
    else if (rows === 0) report(null, 'the file holds no employees');
  };
  await explainShape(path, path, readAll).catch((error) => reportError(error, path, report));
  return rows;
}

const EMPTY = 'the file is empty; it has not even a header';

/**
 * The problems stay in memory until the file is read: only its end says in which order dates with slashes are written.
 */
async function checkCatalog(
  path: string,
  kind: Exclude<InputKind, 'employees'>,
  dates: DateRules,
  report: Report,
): Promise<number> {
  const problems: { readonly line: number; readonly problem: string }[] = [];
  let reader: CatalogReader | undefined;
  const readAll = async () => {
    for await (const { line, fields } of readCsvRows({ path, invalidCode: 'CATALOG_INVALID' })) {
      if (reader !== undefined) reader.add(line, fields);
      else if (fields.some((field) => field.trim() !== '')) {
        const header = { fields, line, place: { file: path, line } };
        reader = new CatalogReader({ ...dates, kind }, header, (at, problem) => problems.push({ line: at, problem }));
      }
    }
    if (reader === undefined) problems.push({ line: 1, problem: EMPTY });
    else reader.requireUsableRow();
  };
  const error: unknown = await explainShape(path, path, readAll).catch((refused: unknown) => refused);
  reader?.finish();
  for (const { line, problem } of problems.sort((a, b) => a.line - b.line)) report(line, problem);
  if (error !== undefined) reportError(error, path, report);
  return reader?.rows ?? 0;
}
