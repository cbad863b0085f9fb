import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { BtcFakeError } from '../../domain/errors.ts';
import { quotedValue } from '../../domain/quoted-value.ts';

/** The settings of a SQL warehouse, and how to log in: with a token, or with a service principal's id and secret. */
export interface DatabricksWarehouse {
  /** May carry `:port`; 443 unless given. */
  host: string;
  httpPath: string;
  catalog: string;
  schema: string;
  /** Counts before the client's id and secret when all are given. */
  token?: string;
  clientId?: string;
  clientSecret?: string;
  /** A PEM file with an authority that is trusted besides the public ones. */
  caFile?: string;
  /** The proxy on the way, perhaps with a login; none unless given. */
  proxyUrl?: string;
  /** The longest wait for a single answer. 120 s unless given. */
  queryTimeoutMs?: number;
  /**
   * The longest wait for the first rows of a statement: a stopped warehouse takes minutes to start. `queryTimeoutMs` unless
   * given, and 600 s without either.
   */
  startTimeoutMs?: number;
  /** After how long without a first answer a listener is told. 10 s unless given. */
  slowAfterMs?: number;
}

export type WarehouseLogin = { readonly token: string } | { readonly clientId: string; readonly clientSecret: string };

/** A warehouse whose settings were checked, ready to connect to. */
export interface CheckedWarehouse {
  readonly host: string;
  readonly port: number;
  /** `host:port`, for messages. */
  readonly endpoint: string;
  readonly httpPath: string;
  readonly login: WarehouseLogin;
  /** The PEM text of `caFile`. */
  readonly authority: string | undefined;
  readonly proxyUrl: string | undefined;
  readonly queryTimeoutMs: number;
  readonly startTimeoutMs: number;
  readonly slowAfterMs: number;
  /** Texts that must never get into a message. */
  readonly secrets: readonly string[];
}

const DEFAULT_QUERY_TIMEOUT_MS = 120_000;
const DEFAULT_START_TIMEOUT_MS = 600_000;
const DEFAULT_SLOW_AFTER_MS = 10_000;
const HTTPS_PORT = 443;
const LONGEST_PATH = 4_096;
const HOST = /^(?:https:\/\/)?([A-Za-z0-9.-]+)(?::(\d{1,5}))?\/?$/;

/**
 * Checks the settings and reads the authority's file.
 *
 * @throws BtcFakeError CONFIG_INVALID, naming the variable
 */
export async function checkWarehouse(warehouse: DatabricksWarehouse): Promise<CheckedWarehouse> {
  const { host, port } = parseHost(warehouse.host);
  const login = loginOf(warehouse);
  return {
    host,
    port,
    endpoint: `${host}:${port}`,
    httpPath: warehouse.httpPath,
    login,
    authority: warehouse.caFile === undefined ? undefined : await readAuthority(warehouse.caFile),
    proxyUrl: warehouse.proxyUrl,
    queryTimeoutMs: warehouse.queryTimeoutMs ?? DEFAULT_QUERY_TIMEOUT_MS,
    startTimeoutMs: warehouse.startTimeoutMs ?? warehouse.queryTimeoutMs ?? DEFAULT_START_TIMEOUT_MS,
    slowAfterMs: warehouse.slowAfterMs ?? DEFAULT_SLOW_AFTER_MS,
    secrets: 'token' in login ? [login.token] : [login.clientSecret],
  };
}

function parseHost(text: string): { host: string; port: number } {
  const [, host, port] = HOST.exec(text) ?? [];
  if (host !== undefined) return { host, port: port === undefined ? HTTPS_PORT : Number(port) };
  throw new BtcFakeError('CONFIG_INVALID', `DATABRICKS_HOST is ${quotedValue(text)}, which is no host name.`, {
    remedy: 'Set DATABRICKS_HOST to the host alone, for example warehouse.example, with :PORT if it is not 443.',
  });
}

function loginOf({ token, clientId, clientSecret }: DatabricksWarehouse): WarehouseLogin {
  if (token) return { token };
  if (clientId && clientSecret) return { clientId, clientSecret };
  throw new BtcFakeError('CONFIG_INVALID', 'There is no login for Databricks.', {
    remedy: 'Set DATABRICKS_TOKEN, or both DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET.',
  });
}

async function readAuthority(file: string): Promise<string> {
  try {
    const pem = await readFile(file, 'utf8');
    // Throws on anything that is no certificate: the driver would only find out in the middle of a handshake.
    new X509Certificate(pem);
    return pem;
  } catch (cause) {
    const message = `DATABRICKS_CA_FILE is ${quotedValue(file, LONGEST_PATH)}, which cannot be read as a PEM certificate.`;
    throw new BtcFakeError('CONFIG_INVALID', message, { remedy: 'Name a readable PEM file, or leave it out.', cause });
  }
}
