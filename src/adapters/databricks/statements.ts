import { BtcFakeError } from '../../domain/errors.ts';
import { quotedValue } from '../../domain/quoted-value.ts';
import type { EmployeeIdRange } from '../../domain/simulation/training-records.ts';
import { dateTextOf, idOf, instantOf, type Reading, readTable, textOf } from './values.ts';

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

/** How each column is read, whatever its type is. */
const READINGS: Readonly<Record<RecordTable, Readonly<Record<string, Reading>>>> = {
  assignments: {
    ba_id: idOf,
    content_id: idOf,
    assignment_date: instantOf,
    update_date: instantOf,
    assignment_begin_date: instantOf,
    assignment_due_date: instantOf,
    content_type: textOf,
  },
  completions: { ba_id: idOf, content_id: idOf, completion_date: dateTextOf },
};

/**
 * What a row comes with: ids as BIGINT, instants as whole seconds since 1970, cut down towards the past (contract
 * section 2).
 */
const COLUMNS: Readonly<Record<RecordTable, string>> = {
  assignments: `v.ba_id, v.content_id, unix_seconds(v.assignment_date) AS assignment_date,
  unix_seconds(v.assignment_begin_date) AS assignment_begin_date,
  unix_seconds(v.assignment_due_date) AS assignment_due_date, v.content_type, v.unreadable`,
  completions: 'v.ba_id, v.content_id, v.completion_date, v.unreadable',
};

/** Rows of a range, and those of which nobody can say whose they are. */
const IN_RANGE = `(v.ba_id BETWEEN :first_ba_id AND :last_ba_id OR (v.ba_id IS NULL AND v.unreadable IS NOT NULL))`;

/**
 * Assignments without a completion of the same content by the same employee, by employee, then content, the latest
 * first. All other columns break ties, so the first of two assignments of one instant is always the same.
 */
export function openAssignmentsInRange(tables: RecordTables, range: EmployeeIdRange): Statement {
  return {
    table: tables.assignments.name,
    parameters: bounds(range),
    sql: `SELECT ${COLUMNS.assignments}
FROM ${read(tables, 'assignments')} AS v
WHERE ${IN_RANGE}
  AND NOT EXISTS (
    SELECT 1 FROM ${tables.completions.quoted} AS c
    WHERE ${idOf('c.ba_id')} = v.ba_id
      AND ${idOf('c.content_id')} = v.content_id
  )
ORDER BY v.ba_id NULLS FIRST, v.content_id NULLS FIRST, v.assignment_date DESC NULLS LAST,
  v.update_date DESC NULLS LAST, v.assignment_begin_date DESC NULLS LAST,
  v.assignment_due_date DESC NULLS LAST, v.content_type NULLS LAST`,
  };
}

/** Completions, each once, by employee, content and date. */
export function completionsInRange(tables: RecordTables, range: EmployeeIdRange): Statement {
  return {
    table: tables.completions.name,
    parameters: bounds(range),
    sql: `SELECT DISTINCT ${COLUMNS.completions}
FROM ${read(tables, 'completions')} AS v
WHERE ${IN_RANGE}
ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3 NULLS LAST`,
  };
}

/** One row, with every column that the other statements name, read as they read it. */
export function sampleOf(tables: RecordTables, table: RecordTable): Statement {
  return {
    table: tables[table].name,
    parameters: {},
    sql: `SELECT ${COLUMNS[table]}\nFROM ${read(tables, table)} AS v\nLIMIT 1`,
  };
}

function read(tables: RecordTables, table: RecordTable): string {
  return readTable(tables[table].quoted, READINGS[table]);
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
