import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate, type TestCertificate } from '../certificate.ts';
import { createDuckDbTables } from './duckdb-tables.ts';
import { createFaultPlan, type FaultPlan } from './faults.ts';
import { startHttpsEndpoint } from './https-endpoint.ts';
import { createPower, type Power } from './power.ts';
import { createThriftService, type ReceivedStatement } from './thrift-service.ts';

/** Everything has a default, so that `startWarehouse()` is enough. */
export interface WarehouseOptions {
  catalog?: string;
  schema?: string;
  token?: string;
  clientId?: string;
  clientSecret?: string;
  /** The most rows in one answer; as many as the driver asks for unless given. */
  pageRows?: number;
  /** Making one takes a second; a test file that starts several warehouses can share one. */
  certificate?: TestCertificate;
}

/** A running stand-in. Its first members are what the adapter, or `DATABRICKS_…` variables, need to reach it. */
export interface Warehouse {
  /** `localhost:PORT`. */
  readonly host: string;
  readonly httpPath: string;
  readonly catalog: string;
  readonly schema: string;
  readonly token: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The file with the authority that signed the server's certificate. */
  readonly caFile: string;
  /** Every statement that was received, in order. */
  readonly statements: readonly ReceivedStatement[];
  readonly faults: FaultPlan;
  /**
   * Runs SQL in DuckDB's dialect, to fill the tables: `INSERT INTO content_assignments VALUES …`. Both tables of the
   * contract exist from the start, empty.
   */
  load(sql: string): Promise<void>;
  openConnections(): Promise<number>;
  openSessions(): number;
  openOperations(): number;
  /** Stops it, as it does by itself when nobody has called for a while: its sessions are gone. See `Power.stop`. */
  stop(options: Parameters<Power['stop']>[0]): void;
  /** How many calls it has refused since it was stopped. */
  refusedCalls(): number;
  /** Forgets all sessions: what comes in them from now on is refused. */
  expireSessions(): void;
  close(): Promise<void>;
}

/**
 * Starts a stand-in for a Databricks SQL warehouse that the real driver talks to: the driver's own Thrift service over
 * HTTPS on localhost, answers in Arrow, SQL executed by DuckDB in memory. Stop it with `close()`.
 */
export async function startWarehouse(options: WarehouseOptions = {}): Promise<Warehouse> {
  const {
    catalog = 'retail_systems_dev',
    schema = 'store_enablement',
    token = 'dapi-warehouse-test-token',
    clientId = 'warehouse-test-client',
    clientSecret = 'warehouse-test-client-secret',
    pageRows = Number.POSITIVE_INFINITY,
    certificate = makeCertificate(),
  } = options;
  const httpPath = '/sql/1.0/warehouses/0123456789abcdef';
  const tables = await createDuckDbTables(catalog, schema);
  const service = createThriftService(tables, pageRows);
  const faults = createFaultPlan();
  const power = createPower();
  const folder = await mkdtemp(join(tmpdir(), 'btc-fake-warehouse-'));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, certificate.caPem);
  const endpoint = await startHttpsEndpoint({
    certificate,
    httpPath,
    token,
    clientId,
    clientSecret,
    faults,
    service,
    power,
  });
  return {
    host: `localhost:${endpoint.port}`,
    httpPath,
    catalog,
    schema,
    token,
    clientId,
    clientSecret,
    caFile,
    statements: service.statements,
    faults,
    load: tables.load,
    openConnections: endpoint.openConnections,
    openSessions: service.openSessions,
    openOperations: service.openOperations,
    stop: (settings) => {
      service.expireSessions();
      power.stop(settings);
    },
    refusedCalls: () => power.refused,
    expireSessions: service.expireSessions,
    close: async () => {
      await endpoint.close();
      service.expireSessions();
      tables.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
