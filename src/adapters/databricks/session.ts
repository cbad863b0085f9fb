import type { Agent } from 'node:https';
import type { DBSQLClient } from '@databricks/sql';
import { BtcFakeError, type ErrorCode } from '../../domain/errors.ts';
import { tunnelled } from '../http/proxy-tunnel.ts';
import { endedWithin, TimeLimitError, within } from '../process/time-limit.ts';
import { type CallContext, databricksSilence, databricksSlow, toDatabricksError } from './errors.ts';
import { requestToken } from './login.ts';
import type { Statement } from './statements.ts';
import type { CheckedWarehouse } from './warehouse.ts';

/** One open session of a warehouse. */
export interface WarehouseSession {
  /**
   * Runs a statement and gives its rows in chunks of 5,000, fetching each when it is asked for. The statement is
   * closed at the end, after an error, and when the consumer stops early. Throws as `withTrainingRecords` says.
   */
  select(statement: Statement): AsyncGenerator<Readonly<Record<string, unknown>>[]>;
}

/** Is told how a read begins. */
export interface WarehouseListener {
  /**
   * The warehouse has not begun to answer for a while; a stopped one takes minutes. `error` says for how long, and to
   * what.
   */
  slow(error: BtcFakeError): void;
  /** It answers. */
  answered(): void;
}

/** The begin of a session: until its first statement is answered somebody may listen. */
interface Start {
  readonly afterMs: number;
  listener: WarehouseListener | undefined;
}

type DriverSession = Awaited<ReturnType<DBSQLClient['openSession']>>;

/** Measured: 10,000 are no faster, but let the process grow three times as much before memory is collected. */
const CHUNK_ROWS = 5_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** With these there is nobody any more to close a statement with. */
const LOST: readonly ErrorCode[] = ['DATABRICKS_UNREACHABLE', 'DATABRICKS_STARTING'];
/** Until a proxy has let a connection through. */
const LONGEST_CONNECT_MS = 10_000;
/** Of the calls that only ask or close. The driver repeats no others, and the job repeats all of it. */
const RETRIES = { retryMaxAttempts: 3, retryDelayMin: 250, retryDelayMax: 2_000 };

/** Dates and texts without a zone are read in UTC, whatever the workspace's default is. */
const SESSION = { TIMEZONE: 'UTC' };

/** Opens a session for `work` and closes it, within two seconds, however the work ends. */
export async function withSession<T>(
  warehouse: CheckedWarehouse,
  work: (session: WarehouseSession) => Promise<T>,
  listener?: WarehouseListener,
): Promise<T> {
  const client = await createClient(warehouse);
  const agent = await agentOf(client);
  const context = contextOf(warehouse, 'opening a session', true);
  try {
    const start: Start = { afterMs: warehouse.slowAfterMs, listener };
    const opening = client.openSession({ configuration: SESSION });
    const session = await answered(opening, warehouse.queryTimeoutMs, context, start);
    return await work({ select: (statement) => select(session, statement, warehouse, start) });
  } finally {
    await settled(client.close());
    agent.destroy();
  }
}

async function* select(session: DriverSession, statement: Statement, warehouse: CheckedWarehouse, start: Start) {
  const { queryTimeoutMs, startTimeoutMs } = warehouse;
  const context = contextOf(warehouse, `reading ${statement.table}`);
  // Rows come through the warehouse itself and only when they are fetched (maxRows null: none beforehand). The driver's
  // default, files in cloud storage, would mean further hosts, and ten large files in memory at a time.
  const options = { namedParameters: statement.parameters, maxRows: null, useCloudFetch: false };
  const operation = await answered(session.executeStatement(statement.sql, options), queryTimeoutMs, context, start);
  let lost = false;
  try {
    await answered(operation.finished(), startTimeoutMs, context, start);
    start.listener?.answered();
    start.listener = undefined;
    while (await answered(operation.hasMoreRows(), queryTimeoutMs, context)) {
      const chunk = operation.fetchChunk({ maxRows: CHUNK_ROWS, disableBuffering: true });
      yield (await answered(chunk, queryTimeoutMs, context)) as Readonly<Record<string, unknown>>[];
    }
  } catch (error) {
    lost = error instanceof BtcFakeError && LOST.includes(error.code);
    throw error;
  } finally {
    // On a lost connection that would only be one more wait; the end of the session tries once.
    if (!lost) await settled(operation.close());
  }
}

/** The driver, set up but not connected yet. It is loaded only here, because loading takes a quarter of a second. */
async function createClient(warehouse: CheckedWarehouse): Promise<DBSQLClient> {
  const { DBSQLClient: Client } = await import('@databricks/sql');
  const client = new Client({ logger: { log: () => {} } });
  await client.connect({
    ...loginOptions(warehouse, client),
    host: warehouse.host,
    port: warehouse.port,
    path: warehouse.httpPath,
    socketTimeout: warehouse.queryTimeoutMs,
    retriesTimeout: warehouse.queryTimeoutMs,
    ...RETRIES,
    ...(warehouse.authority !== undefined && { customCaCert: warehouse.authority }),
    telemetryEnabled: false,
    preserveBigNumericPrecision: true,
    userAgentEntry: 'btc-fake',
  });
  const { proxyUrl, queryTimeoutMs } = warehouse;
  // The driver's own way through a proxy forgets whom to trust, and takes a refusal of the proxy for one of the
  // warehouse.
  if (proxyUrl !== undefined) tunnelled(await agentOf(client), proxyUrl, Math.min(queryTimeoutMs, LONGEST_CONNECT_MS));
  return client;
}

function loginOptions(warehouse: CheckedWarehouse, client: DBSQLClient) {
  const { login } = warehouse;
  if ('token' in login) return { authType: 'access-token' as const, token: login.token };
  const getToken = async (): Promise<string> =>
    requestToken({
      ...login,
      agent: await agentOf(client),
      timeoutMs: warehouse.queryTimeoutMs,
      context: contextOf(warehouse, 'asking for an access token'),
    });
  return { authType: 'external-token' as const, getToken };
}

/** All connections of a client go through this agent; the driver itself would leave them open. */
async function agentOf(client: DBSQLClient): Promise<Agent> {
  const connections = await client.getConnectionProvider();
  return (await connections.getAgent()) as Agent;
}

function contextOf({ endpoint, secrets }: CheckedWarehouse, doing: string, opening = false): CallContext {
  return { endpoint, secrets, doing, opening };
}

/**
 * The driver's answer, or an error of ours. The driver's own time-out is not enough: half a Thrift message in a whole
 * HTTP answer keeps it waiting for ever.
 */
async function answered<T>(answer: Promise<T>, limitMs: number, context: CallContext, start?: Start): Promise<T> {
  const slow = start && setTimeout(() => start.listener?.slow(databricksSlow(start.afterMs, context)), start.afterMs);
  try {
    return await within(answer, limitMs);
  } catch (error) {
    if (error instanceof TimeLimitError) throw databricksSilence(`no answer within ${limitMs / 1000} s`, context);
    throw toDatabricksError(error, context);
  } finally {
    clearTimeout(slow);
  }
}

/** Waits for a closing call, for a limited time. Whether it worked changes nothing: what stays open expires. */
async function settled(closing: Promise<unknown>): Promise<void> {
  await endedWithin(closing, CLOSE_TIMEOUT_MS);
}
