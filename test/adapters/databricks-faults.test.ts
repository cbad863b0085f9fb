import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type DatabricksTrainingRecords,
  type DatabricksWarehouse,
  withTrainingRecords,
} from '../../src/adapters/databricks.ts';
import { BtcFakeError, type ErrorCode } from '../../src/domain/errors.ts';
import type { EmployeeId } from '../../src/domain/ids.ts';
import { makeCertificate } from '../support/certificate.ts';
import type { FaultEffect, WarehouseFault } from '../support/warehouse/faults.ts';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';

// Every failure has its code, says what to do, keeps the secrets, and is never taken for the end of the rows.

const ROWS = 250;
const PAGE_ROWS = 100;
const QUICK_MS = 400;
const TABLE = 'retail_systems_dev.store_enablement.content_assignments';

/** One for all warehouses of this file: making it takes a second. */
const certificate = makeCertificate();

let warehouse: Warehouse;
let settings: DatabricksWarehouse;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'btc-fake-databricks-'));
  warehouse = await startWarehouse({ certificate, pageRows: PAGE_ROWS });
  await warehouse.load(
    `INSERT INTO content_assignments (ba_id, content_id) SELECT i, 2 FROM range(1, ${ROWS + 1}) t(i)`,
  );
});
beforeEach(() => {
  warehouse.faults.clear();
  warehouse.expireSessions();
  const { host, httpPath, catalog, schema, token, caFile } = warehouse;
  settings = { host, httpPath, catalog, schema, token, caFile };
});
afterAll(async () => {
  await warehouse?.close();
  await rm(folder, { recursive: true, force: true });
});

const everybody = { from: 1 as EmployeeId, to: 999_999_999 as EmployeeId };

interface Outcome {
  rows: number;
  error: BtcFakeError | undefined;
}

/** Reads all open assignments; how many rows came, and what ended it. */
async function readAll(
  overrides: Partial<DatabricksWarehouse> = {},
  onRow: (count: number) => void = () => {},
): Promise<Outcome> {
  let rows = 0;
  const work = async (records: DatabricksTrainingRecords): Promise<void> => {
    for await (const _row of records.openAssignments(everybody)) {
      rows += 1;
      onRow(rows);
    }
  };
  const error = await withTrainingRecords({ ...settings, ...overrides }, work).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return { rows, error };
  if (!(error instanceof BtcFakeError)) throw error;
  const told = JSON.stringify([error.message, error.remedy, error.lines, error.stack]);
  for (const secret of [warehouse.token, warehouse.clientSecret]) expect(told).not.toContain(secret);
  expect(error.remedy).toBeTruthy();
  expect(error.message).not.toContain('\n');
  return { rows, error };
}

async function expectFailure(
  code: ErrorCode,
  message: string | RegExp,
  overrides: Partial<DatabricksWarehouse> = {},
): Promise<Outcome & { error: BtcFakeError }> {
  const { rows, error } = await readAll(overrides);
  expect([error?.code, error?.message]).toEqual([code, expect.stringMatching(message)]);
  return { rows, error: error as BtcFakeError };
}

describe('a read that breaks off in the middle throws, after the rows that came', () => {
  test.each<{ effect: FaultEffect; says: RegExp }>([
    { effect: { kind: 'drop' }, says: /the connection failed \(ECONNRESET\)/ },
    // Half a body is no error to the driver: it waits for the other half until its time is over.
    { effect: { kind: 'cut' }, says: /no answer within 0.4 s|the connection failed/ },
    { effect: { kind: 'truncate' }, says: /no answer within 0.4 s/ },
    { effect: { kind: 'hang' }, says: /no answer within 0.4 s|the connection failed/ },
    { effect: { kind: 'page', html: '<html>Please sign in</html>' }, says: /the connection failed|no answer/ },
    { effect: { kind: 'status', status: 503 }, says: /it answered HTTP 503/ },
    { effect: { kind: 'status', status: 404 }, says: /it answered HTTP 404/ },
    {
      effect: { kind: 'error', message: 'Invalid SessionHandle: gone' },
      says: /the session has expired or was closed/,
    },
  ])('$effect.kind', async ({ effect, says }) => {
    warehouse.faults.add({ on: 'FetchResults', call: 3, ...effect } as WarehouseFault);
    const { rows, error } = await expectFailure('DATABRICKS_UNREACHABLE', says, { queryTimeoutMs: QUICK_MS });
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
      'DATABRICKS_UNREACHABLE',
      expect.stringContaining('the session has expired or was closed'),
    ]);
  });

  test('a refused page of an accepted statement is a query that could not end', async () => {
    warehouse.faults.add({ on: 'FetchResults', call: 2, kind: 'error', message: 'Spill disk full\nat Executor' });
    const { rows } = await expectFailure('DATABRICKS_QUERY', /^.* failed reading .*: Spill disk full$/);
    expect(rows).toBeLessThan(ROWS);
  });

  test('the next read, after the fault, gives every row', async () => {
    warehouse.faults.add({ on: 'FetchResults', kind: 'drop' });
    await expectFailure('DATABRICKS_UNREACHABLE', /ECONNRESET/);
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
    const { error } = await expectFailure('DATABRICKS_QUERY', /: \[TABLE_OR_VIEW_NOT_FOUND\] .* cannot be found\.$/);
    expect(error.remedy).toMatch(/DATABRICKS_CATALOG and DATABRICKS_SCHEMA/);
  });

  test('a real one: the schema does not exist', async () => {
    await expectFailure('DATABRICKS_QUERY', /failed reading retail_systems_dev\.nowhere\.content_assignments: /, {
      schema: 'nowhere',
    });
  });

  test('a reason that repeats the token is shown without it', async () => {
    warehouse.faults.add({ on: 'ExecuteStatement', kind: 'sql-error', message: `bad ${warehouse.token}` });
    await expectFailure('DATABRICKS_QUERY', /: bad \*\*\*$/);
  });

  test('a warehouse that does not start in time is one that cannot be reached', async () => {
    warehouse.faults.add({ on: 'ExecuteStatement', kind: 'never-ready' });
    await expectFailure('DATABRICKS_UNREACHABLE', /no answer within 0.2 s/, { startTimeoutMs: 200 });
  });
});

describe('a session that cannot be opened', () => {
  test.each([401, 403])('HTTP %s is a refused login, which is not tried again', async (status) => {
    warehouse.faults.add({ on: 'OpenSession', kind: 'status', status });
    const { error } = await expectFailure('DATABRICKS_LOGIN_REFUSED', `refused the login \\(HTTP ${status}\\)`);
    expect(error.retryable).toBe(false);
    expect(error.remedy).toMatch(/DATABRICKS_TOKEN/);
  });

  test('a wrong token', async () => {
    await expectFailure('DATABRICKS_LOGIN_REFUSED', /HTTP 403/, { token: 'dapi-of-somebody-else' });
  });

  test.each([429, 500, 503])('HTTP %s may pass', async (status) => {
    warehouse.faults.add({ on: 'OpenSession', kind: 'status', status });
    await expectFailure('DATABRICKS_UNREACHABLE', `opening a session: it answered HTTP ${status}`);
  });

  test('a path without a warehouse is a wrong setting', async () => {
    const { error } = await expectFailure('CONFIG_INVALID', /DATABRICKS_HTTP_PATH/, { httpPath: '/sql/nothing' });
    expect(error.retryable).toBe(false);
  });

  test('nobody listens', async () => {
    const other = await startWarehouse({ certificate });
    await other.close();
    const { host } = other;
    await expectFailure('DATABRICKS_UNREACHABLE', /localhost:\d+ .*ECONNREFUSED/, { host });
  });

  test('a certificate of an unknown authority is refused', async () => {
    const { caFile: _caFile, ...withoutAuthority } = settings;
    settings = withoutAuthority;
    const { error } = await expectFailure('DATABRICKS_UNREACHABLE', /certificate is not trusted/);
    expect(error.remedy).toMatch(/DATABRICKS_CA_FILE/);
  });

  test('a certificate of another authority than the configured one is refused', async () => {
    const caFile = join(folder, 'another-ca.pem');
    await writeFile(caFile, makeCertificate().caPem);
    await expectFailure('DATABRICKS_UNREACHABLE', /certificate is not trusted/, { caFile });
  });

  test('no answer at all', async () => {
    warehouse.faults.add({ on: 'OpenSession', kind: 'hang' });
    await expectFailure('DATABRICKS_UNREACHABLE', /opening a session/, { queryTimeoutMs: QUICK_MS });
  });
});

describe('a service principal', () => {
  let principal: DatabricksWarehouse;
  beforeEach(() => {
    const { token: _token, ...withoutToken } = settings;
    principal = { ...withoutToken, clientId: warehouse.clientId, clientSecret: warehouse.clientSecret };
    settings = principal;
  });

  test('a wrong secret is a refused login', async () => {
    await expectFailure('DATABRICKS_LOGIN_REFUSED', /HTTP 401/, { clientSecret: 'not-the-secret' });
  });

  test.each<{ effect: FaultEffect; code: ErrorCode; says: RegExp }>([
    { effect: { kind: 'status', status: 400 }, code: 'DATABRICKS_LOGIN_REFUSED', says: /HTTP 400/ },
    { effect: { kind: 'status', status: 503 }, code: 'DATABRICKS_UNREACHABLE', says: /HTTP 503/ },
    {
      effect: { kind: 'status', status: 302, location: '/oidc/elsewhere' },
      code: 'DATABRICKS_UNREACHABLE',
      says: /HTTP 302/,
    },
    { effect: { kind: 'page', html: '<html>' }, code: 'DATABRICKS_UNREACHABLE', says: /holds no access token/ },
    { effect: { kind: 'page', html: '{"access_token":1}' }, code: 'DATABRICKS_UNREACHABLE', says: /no access token/ },
    { effect: { kind: 'drop' }, code: 'DATABRICKS_UNREACHABLE', says: /asking for an access token.*ECONNRESET/ },
    { effect: { kind: 'hang' }, code: 'DATABRICKS_UNREACHABLE', says: /ETIMEDOUT|no answer within/ },
  ])('token endpoint: $effect', async ({ effect, code, says }) => {
    warehouse.faults.add({ on: 'Token', ...effect } as WarehouseFault);
    await expectFailure(code, says, { queryTimeoutMs: QUICK_MS });
  });

  test('the cause of a failed token request does not hold the secret', async () => {
    warehouse.faults.add({ on: 'Token', kind: 'drop' });
    const { error } = await expectFailure('DATABRICKS_UNREACHABLE', /ECONNRESET/);
    const seen = JSON.stringify(error.cause, Object.getOwnPropertyNames(error.cause ?? {}));
    expect(seen).not.toContain(warehouse.clientSecret);
    expect(Object.keys(error.cause ?? {})).toEqual(['code']);
  });
});

describe('settings that cannot work are told by name before anything is sent', () => {
  test.each<{ overrides: Partial<DatabricksWarehouse>; says: RegExp }>([
    { overrides: { catalog: 'dev`; DROP TABLE x' }, says: /DATABRICKS_CATALOG/ },
    { overrides: { catalog: '' }, says: /DATABRICKS_CATALOG/ },
    { overrides: { schema: 'store-enablement' }, says: /DATABRICKS_SCHEMA/ },
    { overrides: { host: 'http://warehouse.example' }, says: /DATABRICKS_HOST/ },
    { overrides: { host: 'warehouse.example/sql' }, says: /DATABRICKS_HOST/ },
    { overrides: { token: '' }, says: /no login/ },
    { overrides: { token: '', clientId: 'only-the-id' }, says: /no login/ },
    { overrides: { caFile: '/nowhere/ca.pem' }, says: /DATABRICKS_CA_FILE/ },
  ])('$overrides', async ({ overrides, says }) => {
    const { error } = await expectFailure('CONFIG_INVALID', says, overrides);
    expect(error.retryable).toBe(false);
    expect(warehouse.openSessions()).toBe(0);
  });

  test('an authority file that is no certificate', async () => {
    const caFile = join(folder, 'not-a-certificate.pem');
    await writeFile(caFile, '-----BEGIN NOTHING-----\n');
    await expectFailure('CONFIG_INVALID', /DATABRICKS_CA_FILE/, { caFile });
  });
});

test('a value of another type than the contract says is told with table, column and value', async () => {
  const other = await startWarehouse({ certificate, schema: 'other_types' });
  try {
    await other.load(`DROP TABLE content_assignments; CREATE TABLE content_assignments AS
      SELECT 7 AS ba_id, 70 AS content_id, '5 January' AS assignment_date, NULL::DATE AS update_date,
      NULL::TIMESTAMP AS assignment_begin_date, NULL::TIMESTAMP AS assignment_due_date, 'Media' AS content_type`);
    const { host, schema, caFile } = other;
    const { error } = await expectFailure(
      'DATABRICKS_VALUE',
      /^retail_systems_dev\.other_types\.content_assignments holds "5 January" in assignment_date/,
      { host, schema, caFile },
    );
    expect(error.retryable).toBe(false);
  } finally {
    await other.close();
  }
});
