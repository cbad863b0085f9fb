import { type ContentId, type EmployeeId, formatContentId, parseContentId, parseEmployeeId } from '../ids.ts';
import { quotedValue } from '../quoted-value.ts';
import { formatInstant } from './rows.ts';

/**
 * Checks fields of a feed against how feeds write them (contract sections 1, 2 and 5). Each reader adds what is wrong
 * to `problems`, and gives the value, or undefined when it cannot be told.
 */
export type FieldReader<T> = (column: string, text: string, problems: string[]) => T | undefined;

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** A user id: digits without grouping and without leading zeros. */
export const readUserId: FieldReader<EmployeeId> = (column, text, problems) => {
  const id = parseEmployeeId(text);
  if (id === undefined) problems.push(`${column} ${quotedValue(text)} is not a positive integer of at most 15 digits`);
  else if (String(id) !== text) problems.push(`${column} ${quotedValue(text)} should be "${id}"`);
  return id;
};

/** A content id: digits grouped by commas. */
export const readGroupedContentId: FieldReader<ContentId> = (column, text, problems) => {
  const id = parseContentId(text);
  if (id === undefined) problems.push(`${column} ${quotedValue(text)} is not a content id like "1,915,085"`);
  else if (formatContentId(id) !== text) {
    problems.push(`${column} ${quotedValue(text)} should be "${formatContentId(id)}"`);
  }
  return id;
};

/** A timestamp in UTC, as epoch milliseconds. */
export const readInstant: FieldReader<number> = (column, text, problems) => {
  const instant = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  // Some impossible dates and times parse, and roll over to others.
  if (!Number.isNaN(instant) && formatInstant(instant) === text) return instant;
  problems.push(`${column} ${quotedValue(text)} is not a real time written like "2025-10-28T11:00:00Z"`);
  return undefined;
};

/** What is wrong with a row's number of fields; the row cannot be read then. */
export function columnCountProblem(fields: readonly string[], columns: readonly string[]): string | undefined {
  if (fields.length === columns.length) return undefined;
  return `it has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}, not ${columns.length}`;
}
