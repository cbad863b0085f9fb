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
  /** Runs one statement written for Databricks. */
  query(sql: string, parameters: Readonly<Record<string, StatementParameter>>): Promise<ResultCursor>;
  close(): void;
}

/** Both tables as section 1 of the contract has them. */
const TABLES = `
  CREATE TABLE content_assignments (ba_id INT, content_id INT, assignment_date TIMESTAMP, update_date DATE,
    assignment_begin_date TIMESTAMP, assignment_due_date TIMESTAMP, content_type STRING);
  CREATE TABLE content_completion (ba_id INT, content_id INT, completion_date DATE);`;

/** An empty database in memory with both tables in `catalog.schema`. */
export async function createDuckDbTables(catalog: string, schema: string): Promise<DuckDbTables> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const owner = await instance.connect();
  await owner.run(`ATTACH ':memory:' AS "${catalog}"; CREATE SCHEMA "${catalog}"."${schema}";`);
  await owner.run(`USE "${catalog}"."${schema}"; ${TABLES}`);
  return {
    load: async (sql) => {
      await owner.run(sql);
    },
    query: async (sql, parameters) => {
      const connection = await instance.connect();
      try {
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
  /** Reads until more than `count` rows are ready, so that it is known whether rows are left after them. */
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

/** Databricks quotes names with backquotes and marks parameters with colons. */
function toDuckDb(sql: string): string {
  return sql.replaceAll('`', '"').replaceAll(/(?<!:):([A-Za-z_]\w*)/g, '$$$1');
}

function bind(statement: DuckDBPreparedStatement, parameters: Readonly<Record<string, StatementParameter>>): void {
  for (const [name, { type, value }] of Object.entries(parameters)) {
    const index = statement.parameterIndex(name);
    if (value === null) statement.bindNull(index);
    else if (type === 'BIGINT' || type === 'INTEGER') statement.bindBigInt(index, BigInt(value));
    else statement.bindVarchar(index, value);
  }
}
