import { present } from './present.ts';
import { proxyFor } from './proxy-choice.ts';
import type { Values } from './schema.ts';

const SECOND_MS = 1_000;

/** A token, or a client id and secret; with both, the token is meant. */
export interface DatabricksLogin {
  readonly token?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly caFile?: string;
}

/** A workspace with its login. */
export interface WorkspaceSettings extends DatabricksLogin {
  /** May carry a port (`host:8443`). */
  readonly host: string;
  /** The proxy that is on the way, with its login; absent: none. */
  readonly proxyUrl?: string;
}

/** A SQL warehouse. */
export interface DatabricksSettings extends WorkspaceSettings {
  readonly httpPath: string;
  readonly catalog: string;
  readonly schema: string;
  readonly queryTimeoutMs: number;
}

/** The warehouse that training records are read from; null when host, HTTP path or login is missing. */
export function databricks(values: Values): DatabricksSettings | null {
  const { DATABRICKS_HOST: host, DATABRICKS_HTTP_PATH: httpPath } = values;
  if (host === null || httpPath === null) return null;
  const workspace = workspaceSettings(host, values);
  return (
    workspace && {
      ...workspace,
      httpPath,
      catalog: values.DATABRICKS_CATALOG,
      schema: values.DATABRICKS_SCHEMA,
      queryTimeoutMs: values.DATABRICKS_TIMEOUT * SECOND_MS,
    }
  );
}

/** A workspace with the login of the settings; null when there is none. */
export function workspaceSettings(host: string, values: Values): WorkspaceSettings | null {
  const login = databricksLogin(values);
  if (login === null) return null;
  if (login.token === undefined && (login.clientId === undefined || login.clientSecret === undefined)) return null;
  return { host, ...login, ...present({ proxyUrl: proxyFor(`https://${host}`, values) }) };
}

/** What is set of a login; null when nothing is. */
export function databricksLogin(values: Values): DatabricksLogin | null {
  const { DATABRICKS_TOKEN: token, DATABRICKS_CLIENT_ID: clientId, DATABRICKS_CLIENT_SECRET: clientSecret } = values;
  if (token === null && clientId === null && clientSecret === null) return null;
  return present({ token, clientId, clientSecret, caFile: values.DATABRICKS_CA_FILE });
}
