import { setTimeout as delay } from 'node:timers/promises';
import type { DatabricksRest } from '../../adapters/databricks/rest.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { anArray, anObject, aText } from './json-values.ts';

/** A query for a SQL warehouse. */
export interface SqlStatement {
  readonly warehouseId: string;
  /** It may be sent twice: it only reads. */
  readonly sql: string;
  /** As it reads in a message: `reading the cost`. */
  readonly doing: string;
}

/** Rows of a result by the names of their columns, values as text. */
export type SqlRow = Readonly<Record<string, string | null>>;

const PATH = '/api/2.0/sql/statements';
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
/** A stopped warehouse takes minutes to start. */
const LONGEST_MS = 900_000;

/**
 * Runs a query through the Statement Execution API, and fetches all chunks of its result.
 * @throws BtcFakeError DATABRICKS_QUERY with what the warehouse says of a query that fails, DATABRICKS_STARTING when it
 * does not answer within 15 minutes; and what `DatabricksRest` throws.
 */
export async function selectRows(rest: DatabricksRest, { warehouseId, sql, doing }: SqlStatement): Promise<SqlRow[]> {
  const body = { warehouse_id: warehouseId, statement: sql, wait_timeout: '10s', on_wait_timeout: 'CONTINUE' };
  let answer = anObject(await rest.call({ method: 'POST', path: PATH, body, doing }));
  const path = `${PATH}/${encodeURIComponent(aText(answer.statement_id))}`;
  const started = performance.now();
  for (let waitMs = FIRST_WAIT_MS; isRunning(answer); waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    if (performance.now() - started > LONGEST_MS) {
      throw new BtcFakeError(
        'DATABRICKS_STARTING',
        `The SQL warehouse gave no result within 15 minutes while ${doing}`,
        {
          remedy: 'Start the warehouse in Databricks, then try again.',
        },
      );
    }
    await delay(waitMs);
    answer = anObject(await rest.call({ method: 'GET', path, doing }));
  }
  const { state, error } = anObject(answer.status);
  if (state !== 'SUCCEEDED') {
    const said = aText(anObject(error).message).split('\n')[0] || aText(state) || 'no reason given';
    throw new BtcFakeError('DATABRICKS_QUERY', `The SQL warehouse failed ${doing}: ${said.slice(0, 300)}`, {
      remedy: 'Give this login the right to read what the message names.',
    });
  }
  const names = anArray(anObject(anObject(answer.manifest).schema).columns).map((one) => aText(anObject(one).name));
  const rows: SqlRow[] = [];
  for (let chunk = anObject(answer.result); ; ) {
    for (const row of anArray(chunk.data_array)) {
      const values = anArray(row).map((value) => (value === null ? null : aText(value)));
      rows.push(Object.fromEntries(names.map((name, index) => [name, values[index] ?? null])));
    }
    const next = chunk.next_chunk_index;
    if (typeof next !== 'number') return rows;
    chunk = anObject(await rest.call({ method: 'GET', path: `${path}/result/chunks/${next}`, doing }));
  }
}

function isRunning({ status }: Readonly<Record<string, unknown>>): boolean {
  return ['PENDING', 'RUNNING'].includes(aText(anObject(status).state));
}
