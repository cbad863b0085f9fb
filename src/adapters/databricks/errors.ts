import { BtcFakeError, type ErrorDetails, systemCode } from '../../domain/errors.ts';
import { parseRetryAfterMs } from '../../domain/recommender/retry-policy.ts';
import { isRefusal, type ProxyFault, proxyFaultOf, proxyRefused } from '../http/proxy-fault.ts';
import { secretCutter } from '../process/secret-cutter.ts';

/** What the driver was doing when a call failed. */
export interface CallContext {
  /** `host:port`. */
  readonly endpoint: string;
  /** As it reads in a message: `reading retail.store.content_completion`. */
  readonly doing: string;
  /** No session was open yet: a refusal then means the settings. */
  readonly opening: boolean;
  /** Texts that must never get into a message, whatever the server echoes. */
  readonly secrets: readonly string[];
  /** What to check when nothing answers well; the settings of the warehouse unless given. */
  readonly remedy?: string;
}

/** How the driver's errors tell what they are. Their classes are not exported, and one of them is no Error at all. */
interface DriverError {
  message?: unknown;
  /** Of an HTTP answer other than 200, and the answer itself. */
  statusCode?: unknown;
  response?: unknown;
  /** `ERROR`, `TIMEOUT` … of a statement that failed on the server. */
  errorCode?: unknown;
  /** `Status Error` when the service answered a call with an error. */
  name?: unknown;
}

const CHECK_LOGIN =
  'Check DATABRICKS_TOKEN (or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET), and that this login may use the warehouse.';
const CHECK_TABLES =
  'Check DATABRICKS_CATALOG and DATABRICKS_SCHEMA, and that the login may read both training record tables.';
const CHECK_WAREHOUSE =
  'Check DATABRICKS_HOST and DATABRICKS_HTTP_PATH, and that the warehouse is running; then try again.';
const WAIT_FOR_WAREHOUSE = 'Wait for some minutes, or start the warehouse in Databricks.';
const CHECK_PROXY = 'Check HTTPS_PROXY and NO_PROXY, and whether the proxy is well; then try again.';
const CHECK_CERTIFICATE = 'Name the authority that signed the certificate in DATABRICKS_CA_FILE.';

const LOST_SESSION =
  /invalid (session|operation)\s?handle|session .*(expired|closed|not exist)|RESOURCE_DOES_NOT_EXIST/i;
const CERTIFICATE_CODE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;
const SHOWN_CHARACTERS = 300;
/** How a warehouse that is stopped or starting answers. */
const STARTING_STATUS = 503;

/** Says what a failed call of the driver means for us. The driver's own text is shown only where the server speaks. */
export function toDatabricksError(error: unknown, context: CallContext): BtcFakeError {
  if (error instanceof BtcFakeError) return error;
  const proxy = proxyFaultOf(error);
  if (proxy !== undefined) return proxyError(proxy, context, error);
  const fields: DriverError = typeof error === 'object' && error !== null ? error : {};
  if (typeof fields.statusCode === 'number') return refusedCall(fields.statusCode, context, error, fields.response);
  const message = typeof fields.message === 'string' ? fields.message : '';
  const fromServer = typeof fields.errorCode === 'string' || fields.name === 'Status Error';
  if (!fromServer) return connectionError(error, message, context);
  if (LOST_SESSION.test(message)) return starting(context, 'the session has expired or was closed', error);
  const said = firstLine(message, context.secrets) || 'no reason given';
  return new BtcFakeError('DATABRICKS_QUERY', `Databricks at ${context.endpoint} failed ${context.doing}: ${said}`, {
    remedy: CHECK_TABLES,
    cause: error,
  });
}

/** An answer that did not come in time, or came and made no sense: `what` finishes "could not be reached: …". */
export function databricksSilence(what: string, context: CallContext): BtcFakeError {
  return unreachable(context, what, context.remedy ?? CHECK_WAREHOUSE, undefined);
}

/** A warehouse that has not begun to answer for so long; it may yet. */
export function databricksSlow(waitedMs: number, context: CallContext): BtcFakeError {
  return starting(context, `no answer for ${waitedMs / 1000} s`, undefined);
}

/** Whether a system code says that a certificate is not trusted. */
export function isCertificateFault(code: string): boolean {
  return CERTIFICATE_CODE.test(code);
}

/** An HTTP answer other than 200, from the warehouse or from the token endpoint. */
export function httpError(status: number, context: CallContext, details: ErrorDetails = {}): BtcFakeError {
  if (status === 401 || status === 403) return loginRefused(status, context, details);
  if (context.opening && (status === 400 || status === 404)) {
    const message = `Databricks at ${context.endpoint} knows no SQL warehouse at DATABRICKS_HTTP_PATH (HTTP ${status}).`;
    const remedy = 'Copy the HTTP path from the connection details of the SQL warehouse: /sql/1.0/warehouses/….';
    return new BtcFakeError('CONFIG_INVALID', message, { ...details, remedy });
  }
  return unreachable(context, `it answered HTTP ${status}`, context.remedy ?? CHECK_WAREHOUSE, details.cause);
}

/** A login that can never work, whatever HTTP status says so. */
export function loginRefused(status: number, context: CallContext, details: ErrorDetails = {}): BtcFakeError {
  const message = `Databricks at ${context.endpoint} refused the login (HTTP ${status}).`;
  return new BtcFakeError('DATABRICKS_LOGIN_REFUSED', message, { ...details, remedy: CHECK_LOGIN });
}

function proxyError({ text, status }: ProxyFault, context: CallContext, cause: unknown): BtcFakeError {
  if (!isRefusal(status)) return unreachable(context, text, CHECK_PROXY, cause);
  const what = `Databricks at ${context.endpoint} could not be reached while ${context.doing}: ${text}`;
  return proxyRefused(what, status, cause);
}

function connectionError(error: unknown, message: string, context: CallContext): BtcFakeError {
  const code = systemCode(error);
  if (code !== undefined && isCertificateFault(code)) {
    return unreachable(context, `its certificate is not trusted (${code})`, CHECK_CERTIFICATE, error);
  }
  const status = /Hive driver: (\d{3}) when connecting/.exec(message)?.[1];
  if (status !== undefined) return refusedCall(Number(status), context, error);
  return unreachable(
    context,
    code === undefined ? 'the connection failed' : `the connection failed (${code})`,
    context.remedy ?? CHECK_WAREHOUSE,
    error,
  );
}

/** The warehouse's HTTP answer to a call; `response` is the driver's, where it shows it. */
function refusedCall(status: number, context: CallContext, cause: unknown, response?: unknown): BtcFakeError {
  if (status !== STARTING_STATUS) return httpError(status, context, { cause });
  return starting(context, `it answered HTTP ${status}`, cause, retryAfterOf(response));
}

function retryAfterOf(response: unknown): number | undefined {
  const { headers } = (response ?? {}) as { headers?: { get?(name: string): string | null } };
  return parseRetryAfterMs(headers?.get?.('retry-after') ?? undefined, Date.now());
}

function starting(context: CallContext, what: string, cause: unknown, retryAfterMs?: number): BtcFakeError {
  const message = `The SQL warehouse at ${context.endpoint} is starting: ${what} while ${context.doing}.`;
  return new BtcFakeError('DATABRICKS_STARTING', message, { remedy: WAIT_FOR_WAREHOUSE, cause, retryAfterMs });
}

function unreachable(context: CallContext, what: string, remedy: string, cause: unknown): BtcFakeError {
  const message = `Databricks at ${context.endpoint} could not be reached while ${context.doing}: ${what}.`;
  return new BtcFakeError('DATABRICKS_UNREACHABLE', message, { remedy, cause });
}

function firstLine(message: string, secrets: readonly string[]): string {
  const line = message.trim().split(/[\r\n]/, 1)[0] ?? '';
  return secretCutter(secrets)(line).slice(0, SHOWN_CHARACTERS);
}
