import type {
  CompletionRow,
  EmployeeIdRange,
  OpenAssignmentRow,
  TrainingRecords,
} from '../../domain/simulation/training-records.ts';
import { AskedOrder } from './order.ts';
import { toCompletion, toOpenAssignment } from './rows.ts';
import { type WarehouseListener, type WarehouseSession, withSession } from './session.ts';
import {
  completionsInRange,
  nameTables,
  openAssignmentsInRange,
  type RecordTables,
  type Statement,
  sampleOf,
} from './statements.ts';
import { checkWarehouse, type DatabricksWarehouse } from './warehouse.ts';

export type { WarehouseListener } from './session.ts';
export type { DatabricksWarehouse } from './warehouse.ts';

/** Employees whose records are asked of Databricks in one statement: a lost connection costs this many at the most. */
export const EMPLOYEES_PER_QUERY = 50_000;

/** One of the two tables, with its full name, that answered. */
export interface ReadableTable {
  readonly table: string;
  readonly readable: true;
}

/** The training records, read from one open session. */
export interface DatabricksTrainingRecords extends TrainingRecords {
  /**
   * How many rows were left out so far because their content id is null or no positive integer: they belong to no
   * content. (Rows whose employee id is such are in no range, like those of all others outside of the population.)
   */
  readonly skippedRows: number;
  /** Reads one row with all columns that a run needs, from both tables, and throws as the streams do. */
  checkTables(): Promise<ReadableTable[]>;
}

/**
 * Opens a session, lets `work` read from it and closes the session in any case (contract section 1, "Training
 * records"). What is read does not depend on the types of the tables' columns.
 * - Each stream is one SELECT that is fetched chunk by chunk, so memory does not grow. Both may be read at the same
 *   time, and either may be left early.
 * - A stream gives every row or throws. Nothing is repeated here: an interrupted read can only start again as a
 *   whole, which the job does.
 * - `openAssignments` may give a pair of employee and content more than once, the latest assignment first, in an
 *   order that is the same in every run.
 * @throws BtcFakeError CONFIG_INVALID (a setting that cannot work, or no such warehouse), DATABRICKS_LOGIN_REFUSED,
 * DATABRICKS_UNREACHABLE (no connection, time-out), DATABRICKS_STARTING (HTTP 503, the session was lost),
 * DATABRICKS_QUERY (the server's own refusal), DATABRICKS_VALUE (a value that the contract's tables cannot hold, or
 * rows in another order); and what `work` throws.
 */
export async function withTrainingRecords<T>(
  warehouse: DatabricksWarehouse,
  work: (records: DatabricksTrainingRecords) => Promise<T>,
  listener?: WarehouseListener,
): Promise<T> {
  const tables = nameTables(warehouse.catalog, warehouse.schema);
  return withSession(await checkWarehouse(warehouse), (session) => work(readFrom(session, tables)), listener);
}

/** Makes a row of what the driver gives; undefined for a row that belongs to no content. */
type ToRow<Row> = (row: Readonly<Record<string, unknown>>, table: string) => Row | undefined;

function readFrom(session: WarehouseSession, tables: RecordTables): DatabricksTrainingRecords {
  let skippedRows = 0;

  async function* rowsOf<Row extends OpenAssignmentRow | CompletionRow>(
    statement: Statement,
    range: EmployeeIdRange,
    toRow: ToRow<Row>,
  ): AsyncGenerator<Row> {
    const order = new AskedOrder(statement.table, range);
    for await (const chunk of session.select(statement)) {
      for (const raw of chunk) {
        const row = toRow(raw, statement.table);
        if (row === undefined) {
          skippedRows += 1;
          continue;
        }
        order.check(row);
        yield row;
      }
    }
  }

  const check = async (statement: Statement, toRow: ToRow<unknown>): Promise<ReadableTable> => {
    for await (const chunk of session.select(statement)) for (const raw of chunk) toRow(raw, statement.table);
    return { table: statement.table, readable: true };
  };

  return {
    get skippedRows() {
      return skippedRows;
    },
    openAssignments: (range) => rowsOf(openAssignmentsInRange(tables, range), range, toOpenAssignment),
    completions: (range) => rowsOf(completionsInRange(tables, range), range, toCompletion),
    checkTables: async () => [
      await check(sampleOf(tables, 'assignments'), toOpenAssignment),
      await check(sampleOf(tables, 'completions'), toCompletion),
    ],
  };
}
