import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { BtcFakeError } from '../../domain/errors.ts';
import { quotedValue } from '../../domain/quoted-value.ts';

/** Where a workspace is, and how to log in: with a token, or with a service principal's id and secret. */
export interface WorkspaceLogin {
  /** May carry `:port`; 443 unless given. */
  readonly host: string;
  /** Counts before the client's id and secret when all are given. */
  readonly token?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** A PEM file with an authority that is trusted besides the public ones. */
  readonly caFile?: string;
  /** The proxy on the way, perhaps with a login; none unless given. */
  readonly proxyUrl?: string;
}

export type Credentials = { readonly token: string } | { readonly clientId: string; readonly clientSecret: string };

/** A login whose settings were checked. */
export interface CheckedLogin {
  readonly host: string;
  readonly port: number;
  /** `host:port`, for messages. */
  readonly endpoint: string;
  readonly login: Credentials;
  /** The PEM text of `caFile`. */
  readonly authority: string | undefined;
  readonly proxyUrl: string | undefined;
  /** Texts that must never get into a message. */
  readonly secrets: readonly string[];
}

const HTTPS_PORT = 443;
const LONGEST_PATH = 4_096;
const HOST = /^(?:https:\/\/)?([A-Za-z0-9.-]+)(?::(\d{1,5}))?\/?$/;

/** Checks the settings and reads the authority's file. @throws BtcFakeError CONFIG_INVALID, naming the variable. */
export async function checkLogin(workspace: WorkspaceLogin): Promise<CheckedLogin> {
  const { host, port } = parseHost(workspace.host);
  const login = credentialsOf(workspace);
  return {
    host,
    port,
    endpoint: `${host}:${port}`,
    login,
    authority: workspace.caFile === undefined ? undefined : await readAuthority(workspace.caFile),
    proxyUrl: workspace.proxyUrl,
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

function credentialsOf({ token, clientId, clientSecret }: WorkspaceLogin): Credentials {
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
