import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DatabricksWarehouse } from '../../../src/adapters/databricks/training-records.ts';
import type { BtcFakeError, ErrorCode } from '../../../src/domain/errors.ts';
import { makeCertificate } from '../../support/certificate.ts';
import type { FaultEffect, WarehouseFault } from '../../support/warehouse/faults.ts';
import { expectFailure, readOutcome, settingsOf } from '../../support/warehouse/read-outcome.ts';
import { startWarehouse, type Warehouse } from '../../support/warehouse/warehouse.ts';

// What keeps a session from being opened: settings, logins, certificates, servers that are not there.

/** One for all warehouses of this file: making it takes a second. */
const certificate = makeCertificate();
const QUICK_MS = 400;

let warehouse: Warehouse;
let settings: DatabricksWarehouse;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'btc-fake-databricks-'));
  warehouse = await startWarehouse({ certificate });
});
beforeEach(() => {
  warehouse.faults.clear();
  warehouse.expireSessions();
  settings = settingsOf(warehouse);
});
afterAll(async () => {
  await warehouse?.close();
  await rm(folder, { recursive: true, force: true });
});

async function failsWith(
  code: ErrorCode,
  message: string | RegExp,
  overrides: Partial<DatabricksWarehouse> = {},
): Promise<{ rows: number; error: BtcFakeError }> {
  const outcome = await readOutcome({ ...settings, ...overrides }, [warehouse.token, warehouse.clientSecret]);
  return { rows: outcome.rows, error: expectFailure(outcome, code, message) };
}

describe('a session that cannot be opened', () => {
  test.each([401, 403])('HTTP %s is a refused login, which is not tried again', async (status) => {
    warehouse.faults.add({ on: 'OpenSession', kind: 'status', status });
    const { error } = await failsWith('DATABRICKS_LOGIN_REFUSED', `refused the login \\(HTTP ${status}\\)`);
    expect(error.retryable).toBe(false);
    expect(error.remedy).toMatch(/DATABRICKS_TOKEN/);
  });

  test('a wrong token', async () => {
    await failsWith('DATABRICKS_LOGIN_REFUSED', /HTTP 403/, { token: 'dapi-of-somebody-else' });
  });

  test.each([429, 500])('HTTP %s may pass', async (status) => {
    warehouse.faults.add({ on: 'OpenSession', kind: 'status', status });
    await failsWith('DATABRICKS_UNREACHABLE', `opening a session: it answered HTTP ${status}`);
  });

  test('a path without a warehouse is a wrong setting', async () => {
    const { error } = await failsWith('CONFIG_INVALID', /DATABRICKS_HTTP_PATH/, { httpPath: '/sql/nothing' });
    expect(error.retryable).toBe(false);
  });

  test('nobody listens', async () => {
    const other = await startWarehouse({ certificate });
    await other.close();
    const { host } = other;
    await failsWith('DATABRICKS_UNREACHABLE', /localhost:\d+ .*ECONNREFUSED/, { host });
  });

  test('a certificate of an unknown authority is refused', async () => {
    const { caFile: _caFile, ...withoutAuthority } = settings;
    settings = withoutAuthority;
    const { error } = await failsWith('DATABRICKS_UNREACHABLE', /certificate is not trusted/);
    expect(error.remedy).toMatch(/DATABRICKS_CA_FILE/);
  });

  test('a certificate of another authority than the configured one is refused', async () => {
    const caFile = join(folder, 'another-ca.pem');
    await writeFile(caFile, makeCertificate().caPem);
    await failsWith('DATABRICKS_UNREACHABLE', /certificate is not trusted/, { caFile });
  });

  test('no answer at all', async () => {
    warehouse.faults.add({ on: 'OpenSession', kind: 'hang' });
    await failsWith('DATABRICKS_UNREACHABLE', /opening a session/, { queryTimeoutMs: QUICK_MS });
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
    await failsWith('DATABRICKS_LOGIN_REFUSED', /HTTP 401/, { clientSecret: 'not-the-secret' });
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
    // Only a server that stays silent may meet the limit, however busy the machine is.
    await failsWith(code, says, effect.kind === 'hang' ? { queryTimeoutMs: QUICK_MS } : {});
  });

  test('the cause of a failed token request does not hold the secret', async () => {
    warehouse.faults.add({ on: 'Token', kind: 'drop' });
    const { error } = await failsWith('DATABRICKS_UNREACHABLE', /ECONNRESET/);
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
    const { error } = await failsWith('CONFIG_INVALID', says, overrides);
    expect(error.retryable).toBe(false);
    expect(warehouse.openSessions()).toBe(0);
  });

  test('an authority file that is no certificate', async () => {
    const caFile = join(folder, 'not-a-certificate.pem');
    await writeFile(caFile, '-----BEGIN NOTHING-----\n');
    await failsWith('CONFIG_INVALID', /DATABRICKS_CA_FILE/, { caFile });
  });
});
