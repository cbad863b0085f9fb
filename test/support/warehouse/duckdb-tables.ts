import { type DuckDBConnection, DuckDBInstance, type DuckDBPreparedStatement } from '@duckdb/node-api';

export interface StatementParameter {
  readonly type: string | undefined;
  readonly value: string | null;
}

export interface ResultColumn {
  readonly name: string;
  /** DuckDB's name of the type: `INTEGER`, `VARCHAR`, `TIMESTAMP` … */
  readonly type: string;
}

/** The rows of one statement, handed out page by page and never held whole in this process's heap. */
export interface ResultCursor {
  readonly columns: readonly ResultColumn[];
  next(maxRows: number): Promise<{ rows: unknown[][]; hasMore: boolean }>;
  close(): void;
}

export interface DuckDbTables {
  /** Runs SQL in DuckDB's own dialect; unqualified names mean the warehouse's catalog and schema. */
  load(sql: string): Promise<void>;
  /** Runs one statement written for Databricks, in a session with this time zone. */
  query(sql: string, parameters: Readonly<Record<string, StatementParameter>>, timeZone: string): Promise<ResultCursor>;
  close(): void;
}

/** Both tables as section 1 of the contract has them. */
const TABLES = `
  CREATE TABLE content_assignments (ba_id INT, content_id INT, assignment_date TIMESTAMPTZ, update_date DATE,
    assignment_begin_date TIMESTAMPTZ, assignment_due_date TIMESTAMPTZ, content_type STRING);
  CREATE TABLE content_completion (ba_id INT, content_id INT, completion_date DATE);`;

/**
 * What Databricks has and DuckDB has not, or does otherwise (tried on Spark 4.0 in ANSI mode). Its TIMESTAMP is an
 * instant.
 */
const DATABRICKS = `
  CREATE MACRO percentile_approx(number, share) AS approx_quantile(number, share);
  CREATE MACRO regexp_like(text, pattern) AS regexp_matches(text, pattern);
  CREATE MACRO unix_seconds(instant) AS
    (epoch_us(instant) - ((epoch_us(instant) % 1000000) + 1000000) % 1000000) // 1000000;
  CREATE MACRO whole_text(whole) AS
    whole[1] || '.' || coalesce(nullif(rtrim(whole[2:], '0'), ''), '0') || 'E' || (length(whole) - 1);
  CREATE MACRO string_of(value) AS CASE
    WHEN typeof(value) IN ('DOUBLE', 'FLOAT') AND try_cast(value AS DOUBLE) BETWEEN 1e7 AND 1e18
      AND try_cast(value AS DOUBLE) % 1 = 0 THEN whole_text(CAST(try_cast(value AS DOUBLE)::BIGINT AS VARCHAR))
    ELSE CAST(value AS VARCHAR) END;`;

/** An empty database in memory with both tables in `catalog.schema`. */
export async function createDuckDbTables(catalog: string, schema: string): Promise<DuckDbTables> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const owner = await instance.connect();
  await owner.run(`ATTACH ':memory:' AS "${catalog}"; CREATE SCHEMA "${catalog}"."${schema}";`);
  // What tests load is written in UTC; sessions of the warehouse have their own zone.
  await owner.run(`SET TimeZone = 'UTC'; USE "${catalog}"."${schema}"; ${TABLES} ${DATABRICKS}`);
  return {
    load: async (sql) => {
      await owner.run(sql);
    },
    query: async (sql, parameters, timeZone) => {
      const connection = await instance.connect();
      try {
        await connection.run(`USE "${catalog}"."${schema}"; SET TimeZone = '${timeZone}'`);
        await connection.run("SET default_null_order = 'nulls_first_on_asc_last_on_desc'");
        return await openCursor(connection, sql, parameters);
      } catch (error) {
        connection.closeSync();
        throw error;
      }
    },
    close: () => {
      owner.closeSync();
      instance.closeSync();
    },
  };
}

async function openCursor(
  connection: DuckDBConnection,
  sql: string,
  parameters: Readonly<Record<string, StatementParameter>>,
): Promise<ResultCursor> {
  const statement = await connection.prepare(toDuckDb(sql));
  bind(statement, parameters);
  const result = await statement.stream();
  const types = result.columnTypes();
  const columns = result.columnNames().map((name, index) => ({ name, type: String(types[index]) }));
  let ready: unknown[][] = [];
  let ended = false;
  /** Reads until more than `count` rows are ready, to know whether rows are left after them. */
  const readBeyond = async (count: number): Promise<void> => {
    while (!ended && ready.length <= count) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) ended = true;
      else ready = ready.concat(chunk.getRows());
    }
  };
  return {
    columns,
    next: async (maxRows) => {
      await readBeyond(maxRows);
      return { rows: ready.splice(0, maxRows), hasMore: ready.length > 0 };
    },
    close: () => connection.closeSync(),
  };
}

/**
 * Databricks quotes names with backquotes and marks parameters with colons; its TIMESTAMP and its texts of numbers are
 * its own.
 */
function toDuckDb(sql: string): string {
  return (
    sql
      .replaceAll('`', '"')
      // Each catalog of Databricks has its own; DuckDB has one for all of them.
      .replaceAll(/"\w+"\.information_schema\./g, 'system.information_schema.')
      .replaceAll(/(?<!:):([A-Za-z_]\w*)/g, '$$$1')
      .replaceAll(/\bCAST\(([\w.]+) AS STRING\)/g, 'string_of($1)')
      .replaceAll(/\bAS TIMESTAMP\)/g, 'AS TIMESTAMPTZ)')
  );
}

function bind(statement: DuckDBPreparedStatement, parameters: Readonly<Record<string, StatementParameter>>): void {
  for (const [name, { type, value }] of Object.entries(parameters)) {
    const index = statement.parameterIndex(name);
    if (value === null) statement.bindNull(index);
    else if (type === 'BIGINT' || type === 'INTEGER') statement.bindBigInt(index, BigInt(value));
    else statement.bindVarchar(index, value);
  }
}
