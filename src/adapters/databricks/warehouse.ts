import { type CheckedLogin, checkLogin, type WorkspaceLogin } from './workspace-login.ts';

/** The settings of a SQL warehouse, and how to log in. */
export interface DatabricksWarehouse extends WorkspaceLogin {
  readonly httpPath: string;
  readonly catalog: string;
  readonly schema: string;
  /** The longest wait for a single answer. 120 s unless given. */
  readonly queryTimeoutMs?: number;
  /**
   * The longest wait for the first rows of a statement: a stopped warehouse takes minutes to start. `queryTimeoutMs`
   * unless given, and 600 s without either.
   */
  readonly startTimeoutMs?: number;
  /** After how long without a first answer a listener is told. 10 s unless given. */
  readonly slowAfterMs?: number;
}

/** A warehouse whose settings were checked, ready to connect to. */
export interface CheckedWarehouse extends CheckedLogin {
  readonly httpPath: string;
  readonly queryTimeoutMs: number;
  readonly startTimeoutMs: number;
  readonly slowAfterMs: number;
}

const DEFAULT_QUERY_TIMEOUT_MS = 120_000;
const DEFAULT_START_TIMEOUT_MS = 600_000;
const DEFAULT_SLOW_AFTER_MS = 10_000;

/**
 * Checks the settings and reads the authority's file.
 *
 * @throws BtcFakeError CONFIG_INVALID, naming the variable
 */
export async function checkWarehouse(warehouse: DatabricksWarehouse): Promise<CheckedWarehouse> {
  return {
    ...(await checkLogin(warehouse)),
    httpPath: warehouse.httpPath,
    queryTimeoutMs: warehouse.queryTimeoutMs ?? DEFAULT_QUERY_TIMEOUT_MS,
    startTimeoutMs: warehouse.startTimeoutMs ?? warehouse.queryTimeoutMs ?? DEFAULT_START_TIMEOUT_MS,
    slowAfterMs: warehouse.slowAfterMs ?? DEFAULT_SLOW_AFTER_MS,
  };
}
