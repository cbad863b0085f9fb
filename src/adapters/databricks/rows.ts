import { inspect } from 'node:util';
import { BtcFakeError } from '../../domain/errors.ts';
import { type ContentId, type EmployeeId, parseContentId, parseEmployeeId } from '../../domain/ids.ts';
import { quotedValue } from '../../domain/quoted-value.ts';
import type { CompletionRow, OpenAssignmentRow } from '../../domain/simulation/training-records.ts';

/** A row as the driver gives it: a value for each column name. */
type RawRow = Readonly<Record<string, unknown>>;

const CALENDAR_DATE = /^\d{4}-\d{2}-\d{2}$/;
/** The first and the last second of the years 0001 to 9999, since 1970. */
const FIRST_SECOND = Date.parse('0001-01-01T00:00:00Z') / 1000;
const LAST_SECOND = Date.parse('9999-12-31T23:59:59Z') / 1000;

/**
 * An open assignment from a row of `table`, or undefined when the row belongs to no content. Instants are whole seconds
 * (contract section 2).
 *
 * @throws BtcFakeError DATABRICKS_VALUE
 */
export function toOpenAssignment(row: RawRow, table: string): OpenAssignmentRow | undefined {
  refuseUnreadable(row, table);
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
  refuseUnreadable(row, table);
  const employeeId = employeeIdOf(row, table);
  const contentId = contentIdOf(row, table);
  if (contentId === undefined) return undefined;
  const completedOn = textOf(row, table, 'completion_date');
  if (completedOn !== null && !CALENDAR_DATE.test(completedOn)) throw badValue(row, table, 'completion_date');
  return { employeeId, contentId, completedOn };
}

/** The statement asks for a range of positive ids, so anything else is none that it gives. */
function employeeIdOf(row: RawRow, table: string): EmployeeId {
  const id = parseEmployeeId(String(integerOf(row, table, 'ba_id') ?? ''));
  if (id === undefined) throw badValue(row, table, 'ba_id');
  return id;
}

function contentIdOf(row: RawRow, table: string): ContentId | undefined {
  const id = integerOf(row, table, 'content_id');
  return id === null ? undefined : parseContentId(id);
}

/** An integer: the driver gives wide ones as bigint, narrow ones as number. */
function integerOf(row: RawRow, table: string, column: string): number | bigint | null {
  const value = row[column];
  if (value === null || typeof value === 'bigint' || Number.isSafeInteger(value))
    return value as number | bigint | null;
  throw badValue(row, table, column);
}

/** Epoch milliseconds. */
function instantOf(row: RawRow, table: string, column: string): number | null {
  const seconds = integerOf(row, table, column);
  if (seconds === null) return null;
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) {
    throw refused(
      `${table} holds ${shownInstant(Number(seconds))} in ${column}, outside the years 0001 to 9999.`,
      column,
    );
  }
  return Number(seconds) * 1000;
}

function shownInstant(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} seconds since 1970` : date.toISOString();
}

function textOf(row: RawRow, table: string, column: string): string | null {
  const value = row[column];
  if (value === null) return null;
  // Readers of CSV drop a NUL, or the whole file.
  if (typeof value !== 'string' || value.includes('\0')) throw badValue(row, table, column);
  return value;
}

/** What the statement could not read has its column and its text in a column of its own. */
function refuseUnreadable(row: RawRow, table: string): void {
  const { unreadable } = row;
  if (unreadable === null || unreadable === undefined) return;
  const [, column = '', text = ''] = /^(\S+) (.*)$/s.exec(shownText(unreadable)) ?? [];
  throw badText(text, table, column);
}

function shownText(value: unknown): string {
  // Not every object can be made a text.
  return typeof value === 'object'
    ? inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY })
    : String(value);
}

function badValue(row: RawRow, table: string, column: string): BtcFakeError {
  return badText(shownText(row[column]), table, column);
}

function badText(text: string, table: string, column: string): BtcFakeError {
  return refused(`${table} holds ${quotedValue(text)} in ${column}, which is not a value of its type.`, column);
}

function refused(message: string, column: string): BtcFakeError {
  const remedy = `Compare the type of ${column} with the feed contract's table, and correct the table or its view.`;
  return new BtcFakeError('DATABRICKS_VALUE', message, { remedy });
}
