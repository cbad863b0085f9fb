import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DatabricksWarehouse } from '../../src/adapters/databricks/training-records.ts';
import type { BtcFakeError, ErrorCode } from '../../src/domain/errors.ts';
import { makeCertificate } from '../support/certificate.ts';
import type { FaultEffect, WarehouseFault } from '../support/warehouse/faults.ts';
import { expectFailure, type ReadOutcome, readOutcome, settingsOf } from '../support/warehouse/read-outcome.ts';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';

// Every failure of a read has its code, says what to do, keeps the secrets, and is never taken for the end of the rows.

/** One for all warehouses of this file: making it takes a second. */
const certificate = makeCertificate();
const QUICK_MS = 1_500;
const ROWS = 250;
const PAGE_ROWS = 100;
const TABLE = 'retail_systems_dev.store_enablement.content_assignments';

let warehouse: Warehouse;
let settings: DatabricksWarehouse;
beforeAll(async () => {
  warehouse = await startWarehouse({ certificate, pageRows: PAGE_ROWS });
  await warehouse.load(
    `INSERT INTO content_assignments (ba_id, content_id) SELECT i, 2 FROM range(1, ${ROWS + 1}) t(i)`,
  );
});
beforeEach(() => {
  warehouse.faults.clear();
  warehouse.expireSessions();
  settings = settingsOf(warehouse);
});
afterAll(() => warehouse?.close());

function readAll(overrides: Partial<DatabricksWarehouse> = {}, onRow?: (count: number) => void): Promise<ReadOutcome> {
  return readOutcome({ ...settings, ...overrides }, [warehouse.token, warehouse.clientSecret], onRow);
}

async function failsWith(
  code: ErrorCode,
  message: string | RegExp,
  overrides: Partial<DatabricksWarehouse> = {},
): Promise<{ rows: number; error: BtcFakeError }> {
  const outcome = await readAll(overrides);
  return { rows: outcome.rows, error: expectFailure(outcome, code, message) };
}

describe('a read that breaks off in the middle throws, after the rows that came', () => {
  test.each<{ effect: FaultEffect; says: RegExp; code?: ErrorCode }>([
    { effect: { kind: 'drop' }, says: /the connection failed \(ECONNRESET\)/ },
    // Half a body is no error to the driver: it waits for the other half until its time is over.
    { effect: { kind: 'cut' }, says: /no answer within 1.5 s|the connection failed/ },
    { effect: { kind: 'truncate' }, says: /no answer within 1.5 s/ },
    { effect: { kind: 'hang' }, says: /no answer within 1.5 s|the connection failed/ },
    { effect: { kind: 'page', html: '<html>Please sign in</html>' }, says: /the connection failed|no answer/ },
    { effect: { kind: 'status', status: 503 }, says: /it answered HTTP 503/, code: 'DATABRICKS_STARTING' },
    { effect: { kind: 'status', status: 404 }, says: /it answered HTTP 404/ },
    {
      effect: { kind: 'error', message: 'Invalid SessionHandle: gone' },
      says: /the session has expired or was closed/,
      code: 'DATABRICKS_STARTING',
    },
  ])('$effect.kind', async ({ effect, says, code = 'DATABRICKS_UNREACHABLE' }) => {
    warehouse.faults.add({ on: 'FetchResults', call: 3, ...effect } as WarehouseFault);
    const { rows, error } = await failsWith(code, says, { queryTimeoutMs: QUICK_MS, startTimeoutMs: 30_000 });
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThan(ROWS);
    expect(error.message).toContain(`while reading ${TABLE}`);
    expect(error.retryable).toBe(true);
  });

  test('a session that expires between two pages', async () => {
    const { rows, error } = await readAll({}, (count) => {
      if (count === 1) warehouse.expireSessions();
    });
    expect(rows).toBeLessThan(ROWS);
    expect([error?.code, error?.message]).toEqual([
      'DATABRICKS_STARTING',
      expect.stringContaining('the session has expired or was closed'),
    ]);
  });

  test('a refused page of an accepted statement is a query that could not end', async () => {
    warehouse.faults.add({ on: 'FetchResults', call: 2, kind: 'error', message: 'Spill disk full\nat Executor' });
    const { rows } = await failsWith('DATABRICKS_QUERY', /^.* failed reading .*: Spill disk full$/);
    expect(rows).toBeLessThan(ROWS);
  });

  test('the next read, after the fault, gives every row', async () => {
    warehouse.faults.add({ on: 'FetchResults', kind: 'drop' });
    await failsWith('DATABRICKS_UNREACHABLE', /ECONNRESET/);
    expect(await readAll()).toEqual({ rows: ROWS, error: undefined });
  });
});

describe('what passes by itself does not fail the read', () => {
  test.each<WarehouseFault>([
    { on: 'GetOperationStatus', kind: 'status', status: 503 },
    { on: 'GetOperationStatus', kind: 'delay', delayMs: 150 },
    { on: 'FetchResults', kind: 'delay', delayMs: 150 },
    { on: 'ExecuteStatement', kind: 'delay', delayMs: 150 },
    { on: 'CloseOperation', kind: 'status', status: 500 },
    { on: 'CloseSession', kind: 'drop' },
  ])('$on: $kind', async (fault) => {
    warehouse.faults.add(fault);
    expect(await readAll()).toEqual({ rows: ROWS, error: undefined });
  });

  test('a warehouse that never says goodbye holds nobody up for long', async () => {
    warehouse.faults.add({ on: 'CloseSession', kind: 'hang' });
    const before = performance.now();
    expect(await readAll()).toEqual({ rows: ROWS, error: undefined });
    expect(performance.now() - before).toBeLessThan(4_000);
  });
});

describe('a statement that the warehouse cannot run', () => {
  test('the first line of its reason is shown, and which settings name the tables', async () => {
    const message = `[TABLE_OR_VIEW_NOT_FOUND] The table ${TABLE} cannot be found.\nIf you did not qualify the name …`;
    warehouse.faults.add({ on: 'ExecuteStatement', kind: 'sql-error', message });
    const { error } = await failsWith('DATABRICKS_QUERY', /: \[TABLE_OR_VIEW_NOT_FOUND\] .* cannot be found\.$/);
    expect(error.remedy).toMatch(/DATABRICKS_CATALOG and DATABRICKS_SCHEMA/);
  });

  test('a real one: the schema does not exist', async () => {
    await failsWith('DATABRICKS_QUERY', /failed reading retail_systems_dev\.nowhere\.content_assignments: /, {
      schema: 'nowhere',
    });
  });

  test('a reason that repeats the token is shown without it', async () => {
    warehouse.faults.add({ on: 'ExecuteStatement', kind: 'sql-error', message: `bad ${warehouse.token}` });
    await failsWith('DATABRICKS_QUERY', /: bad \[secret\]$/);
  });

  test('a warehouse that does not start in time counts as unreachable', async () => {
    warehouse.faults.add({ on: 'ExecuteStatement', kind: 'never-ready' });
    await failsWith('DATABRICKS_UNREACHABLE', /no answer within 0.2 s/, { startTimeoutMs: 200 });
  });
});

test('a value of another type than the contract says is told with table, column and value', async () => {
  const other = await startWarehouse({ certificate, schema: 'other_types' });
  try {
    await other.load(`DROP TABLE content_assignments; CREATE TABLE content_assignments AS
      SELECT 7 AS ba_id, 70 AS content_id, '5 January' AS assignment_date, NULL::DATE AS update_date,
      NULL::TIMESTAMP AS assignment_begin_date, NULL::TIMESTAMP AS assignment_due_date, 'Media' AS content_type`);
    const { host, schema, caFile } = other;
    const { error } = await failsWith(
      'DATABRICKS_VALUE',
      /^retail_systems_dev\.other_types\.content_assignments holds "5 January" in assignment_date/,
      { host, schema, caFile },
    );
    expect(error.retryable).toBe(false);
  } finally {
    await other.close();
  }
});
