/**
 * Columns of the training records as SQL expressions that read INT, BIGINT, DECIMAL, DOUBLE and STRING alike (contract
 * section 1, "Training records"). No value can fail a statement, with or without ANSI mode.
 */

/** A way to read a column: an expression that is NULL for what it cannot read. */
export type Reading = (column: string) => string;

/** As in `parseContentId`: digits, or digits in groups of three; of a fraction only zeros. */
const WHOLE_NUMBER = '^ *(-?[0-9]+|[1-9][0-9]{0,2}(,[0-9]{3})+)([.]0+)? *$';
const SHOWN_CHARACTERS = 80;

/**
 * An id as BIGINT. The text of a number will do, but for DOUBLE: it writes 10000000 as 1.0E7, and scientific notation
 * is no id. (A FLOAT holds no such number exactly, so its text is no id there.)
 */
export function idOf(column: string): string {
  const number = `try_cast(${column} AS DOUBLE)`;
  const text = textOf(column);
  return `CASE
        WHEN lower(typeof(${column})) = 'double' THEN
          CASE WHEN CAST(try_cast(${number} AS BIGINT) AS DOUBLE) = ${number} THEN try_cast(${number} AS BIGINT) END
        WHEN regexp_like(${text}, '${WHOLE_NUMBER}') THEN
          try_cast(regexp_replace(replace(${text}, ',', ''), '[.]0+ *$', '') AS BIGINT)
      END`;
}

/** A text, or what its type is written as. */
export function textOf(column: string): string {
  return `CAST(${column} AS STRING)`;
}

/** A date as text, so that no time zone can shift it; blank counts as NULL. */
export function dateTextOf(column: string): string {
  return `nullif(trim(${textOf(column)}), '')`;
}

/** An instant as TIMESTAMP; a date or a text without a zone is in the session's, which is UTC. */
export function instantOf(column: string): string {
  return `try_cast(${column} AS TIMESTAMP)`;
}

/**
 * A table's columns under their own names, NULL where a value cannot be read, and `unreadable`: the column's name, a
 * blank and the text found. A row without an employee id is nobody's, and nothing in it counts as unreadable.
 */
export function readTable(table: string, readings: Readonly<Record<string, Reading>>): string {
  const columns = Object.keys(readings);
  const values = columns.map((column) => `${readings[column]!(`t.${column}`)} AS ${column}`);
  const texts = columns.map((column) => `${textOf(`t.${column}`)} AS ${column}_text`);
  const cases = columns.map((column) => {
    const text = `r.${column}_text`;
    return `WHEN r.${column} IS NULL AND trim(${text}) <> '' THEN concat('${column} ', left(${text}, ${SHOWN_CHARACTERS}))`;
  });
  const [ofEmployee, ...others] = cases;
  return `(
  SELECT r.*, CASE
    ${[ofEmployee, 'WHEN r.ba_id IS NULL THEN NULL', ...others].join('\n    ')}
  END AS unreadable
  FROM (
    SELECT ${[...values, ...texts].join(',\n      ')}
    FROM ${table} AS t
  ) AS r
)`;
}
