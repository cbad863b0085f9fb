import { BtcFakeError } from '../domain/errors.ts';
import { quotedValue } from '../domain/quoted-value.ts';
import type { EmployeeIdRange } from '../domain/training-records.ts';

/** The two tables of the training records. */
export type RecordTable = 'assignments' | 'completions';

/** Their full names, for messages and, quoted, for SQL. */
export type RecordTables = Readonly<Record<RecordTable, { name: string; quoted: string }>>;

/** One SELECT, valid in Databricks SQL. Values are bound, as BIGINT, by the names that the text marks with a colon. */
export interface Statement {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, bigint>>;
  /** The full name of the table that is read, for messages. */
  readonly table: string;
}

const IDENTIFIER = /^[A-Za-z0-9_]+$/;
const TABLE_NAMES: Readonly<Record<RecordTable, string>> = {
  assignments: 'content_assignments',
  completions: 'content_completion',
};

/**
 * The tables' names in a catalog and schema. Only letters, digits and underscores get through: names cannot be bound.
 *
 * @throws BtcFakeError CONFIG_INVALID
 */
export function nameTables(catalog: string, schema: string): RecordTables {
  checkIdentifier('DATABRICKS_CATALOG', catalog);
  checkIdentifier('DATABRICKS_SCHEMA', schema);
  const nameTable = (table: RecordTable) => ({
    name: `${catalog}.${schema}.${TABLE_NAMES[table]}`,
    quoted: `\`${catalog}\`.\`${schema}\`.\`${TABLE_NAMES[table]}\``,
  });
  return { assignments: nameTable('assignments'), completions: nameTable('completions') };
}

/**
 * Assignments without a completion of the same content by the same employee, by employee, then content, the latest first.
 * Every further column takes part in the order, so that of two assignments of the same instant it is always the same one
 * that comes first.
 */
export function openAssignmentsInRange(tables: RecordTables, range: EmployeeIdRange): Statement {
  return {
    table: tables.assignments.name,
    parameters: bounds(range),
    sql: `SELECT a.ba_id, a.content_id, a.assignment_date, a.assignment_begin_date, a.assignment_due_date, a.content_type
FROM ${tables.assignments.quoted} AS a
WHERE a.ba_id BETWEEN :first_ba_id AND :last_ba_id
  AND NOT EXISTS (
    SELECT 1 FROM ${tables.completions.quoted} AS c WHERE c.ba_id = a.ba_id AND c.content_id = a.content_id
  )
ORDER BY a.ba_id, a.content_id, a.assignment_date DESC NULLS LAST, a.update_date DESC NULLS LAST,
  a.assignment_begin_date DESC NULLS LAST, a.assignment_due_date DESC NULLS LAST, a.content_type NULLS LAST`,
  };
}

/** Completions, each once, by employee, content and date. The date comes as text, so that no time zone can shift it. */
export function completionsInRange(tables: RecordTables, range: EmployeeIdRange): Statement {
  return {
    table: tables.completions.name,
    parameters: bounds(range),
    sql: `SELECT DISTINCT c.ba_id, c.content_id, CAST(c.completion_date AS STRING) AS completion_date
FROM ${tables.completions.quoted} AS c
WHERE c.ba_id BETWEEN :first_ba_id AND :last_ba_id
ORDER BY 1, 2, 3 NULLS LAST`,
  };
}

/** One row, with every column that the other statements name. */
export function sampleOf(tables: RecordTables, table: RecordTable): Statement {
  const columns =
    table === 'assignments'
      ? 'ba_id, content_id, assignment_date, update_date, assignment_begin_date, assignment_due_date, content_type'
      : 'ba_id, content_id, completion_date';
  return {
    table: tables[table].name,
    parameters: {},
    sql: `SELECT ${columns} FROM ${tables[table].quoted} LIMIT 1`,
  };
}

function bounds(range: EmployeeIdRange): Readonly<Record<string, bigint>> {
  return { first_ba_id: BigInt(range.from), last_ba_id: BigInt(range.to) };
}

function checkIdentifier(setting: string, value: string): void {
  if (IDENTIFIER.test(value)) return;
  throw new BtcFakeError('CONFIG_INVALID', `${setting} is ${quotedValue(value)}, which cannot be a name in SQL.`, {
    remedy: `Set ${setting} to letters, digits and underscores only, for example retail_systems_dev.`,
  });
}
