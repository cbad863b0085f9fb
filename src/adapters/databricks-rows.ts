import { inspect } from 'node:util';
import { BtcFakeError } from '../domain/errors.ts';
import { type ContentId, type EmployeeId, parseContentId, parseEmployeeId } from '../domain/ids.ts';
import { quotedValue } from '../domain/quoted-value.ts';
import type { CompletionRow, OpenAssignmentRow } from '../domain/training-records.ts';

/** A row as the driver gives it: a value for each column name. */
type RawRow = Readonly<Record<string, unknown>>;

const CALENDAR_DATE = /^\d{4}-\d{2}-\d{2}$/;
const INTEGER = /^-?\d+$/;

/**
 * An open assignment from a row of `table`, or undefined when the row belongs to no content. TIMESTAMP values are instants.
 *
 * @throws BtcFakeError DATABRICKS_VALUE
 */
export function toOpenAssignment(row: RawRow, table: string): OpenAssignmentRow | undefined {
  const employeeId = employeeIdOf(row, table);
  const contentId = contentIdOf(row, table);
  if (contentId === undefined) return undefined;
  return {
    employeeId,
    contentId,
    assignedAt: instantOf(row, table, 'assignment_date'),
    beginsAt: instantOf(row, table, 'assignment_begin_date'),
    dueAt: instantOf(row, table, 'assignment_due_date'),
    contentType: textOf(row, table, 'content_type'),
  };
}

/**
 * A completion from a row of `table`, or undefined when the row belongs to no content.
 *
 * @throws BtcFakeError DATABRICKS_VALUE
 */
export function toCompletion(row: RawRow, table: string): CompletionRow | undefined {
  const employeeId = employeeIdOf(row, table);
  const contentId = contentIdOf(row, table);
  if (contentId === undefined) return undefined;
  const completedOn = textOf(row, table, 'completion_date');
  if (completedOn !== null && !CALENDAR_DATE.test(completedOn)) throw badValue(row, table, 'completion_date');
  return { employeeId, contentId, completedOn };
}

/** The statement asks for a range of positive ids, so anything else means that the column is of another type. */
function employeeIdOf(row: RawRow, table: string): EmployeeId {
  const id = parseEmployeeId(integerText(row, table, 'ba_id') ?? '');
  if (id === undefined) throw badValue(row, table, 'ba_id');
  return id;
}

function contentIdOf(row: RawRow, table: string): ContentId | undefined {
  const text = integerText(row, table, 'content_id');
  return text === null ? undefined : parseContentId(text);
}

/** An integer as text: wide ones come as bigint, narrow ones as number. */
function integerText(row: RawRow, table: string, column: string): string | null {
  const value = row[column];
  if (value === null) return null;
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  if (typeof text !== 'string' || !INTEGER.test(text)) throw badValue(row, table, column);
  return text;
}

function instantOf(row: RawRow, table: string, column: string): number | null {
  const value = row[column];
  if (value === null) return null;
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw badValue(row, table, column);
  return value.getTime();
}

function textOf(row: RawRow, table: string, column: string): string | null {
  const value = row[column];
  if (value === null) return null;
  // Readers of CSV drop a NUL, or the whole file.
  if (typeof value !== 'string' || value.includes('\0')) throw badValue(row, table, column);
  return value;
}

function shownText(value: unknown): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  // Not every object can be made a text.
  return typeof value === 'object'
    ? inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY })
    : String(value);
}

function badValue(row: RawRow, table: string, column: string): BtcFakeError {
  const value = row[column];
  const shown = quotedValue(shownText(value));
  return new BtcFakeError(
    'DATABRICKS_VALUE',
    `${table} holds ${shown} in ${column}, which is not a value of its type.`,
    {
      remedy: `Compare the type of ${column} with the feed contract's table, and correct the table or its view.`,
    },
  );
}
