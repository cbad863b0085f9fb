import { printable } from './quoted-value.ts';

/**
 * Every error that BTC Fake raises on purpose. A code is never reused and never changes its meaning. A test holds
 * docs/errors.md to this table.
 * - `retryable`: the same step may succeed when it is tried again without anybody changing anything. A job that fails
 *   with any other code fails at once.
 */
export const ERROR_CODES = {
  CONFIG_INVALID: { retryable: false, meaning: 'One or more settings are wrong or missing.' },
  USAGE: { retryable: false, meaning: 'The command line is wrong.' },
  INTERNAL: { retryable: true, meaning: 'Something happened that BTC Fake does not know how to explain.' },

  REDIS_NOT_INSTALLED: { retryable: false, meaning: 'No redis-server is installed and REDIS_URL is not set.' },
  REDIS_UNREACHABLE: { retryable: true, meaning: 'Redis does not answer.' },
  REDIS_FULL: { retryable: true, meaning: 'Redis has no memory left for what is to be kept.' },
  REDIS_REFUSES_WRITES: { retryable: true, meaning: 'Redis answers and takes no writes.' },
  REDIS_REFUSED: { retryable: false, meaning: 'Redis answers and refuses what BTC Fake needs of it.' },
  REDIS_LOST: { retryable: true, meaning: 'Redis has lost what it had acknowledged.' },
  REDIS_RECORD: { retryable: false, meaning: 'Redis holds a record that this version cannot read.' },
  REDIS_UNSUITABLE: { retryable: false, meaning: 'Redis is too old, or may evict keys.' },

  EMPLOYEES_INVALID: { retryable: false, meaning: 'The employees file has rows that are wrong.' },
  CATALOG_MISSING: { retryable: false, meaning: 'There is no catalog file of a kind that a run needs.' },
  CATALOG_TOO_LARGE: { retryable: false, meaning: 'A catalog file is larger than is allowed.' },
  CATALOG_INVALID: { retryable: false, meaning: 'A catalog file cannot be read as one.' },

  SFTP_UNREACHABLE: { retryable: true, meaning: 'The SFTP server does not answer, or the connection was lost.' },
  SFTP_LOGIN_REFUSED: { retryable: false, meaning: 'The SFTP server refused the user name, password or key.' },
  SFTP_ALGORITHMS: { retryable: false, meaning: 'The SFTP server has only SSH algorithms that are not accepted.' },
  SFTP_HOST_KEY_MISMATCH: { retryable: false, meaning: 'The SFTP server showed another host key than the pinned one.' },
  SFTP_KEY_UNREADABLE: { retryable: false, meaning: 'The private key file cannot be read or used.' },
  SFTP_PATH: { retryable: false, meaning: 'The remote folder or file does not exist or may not be used.' },
  SFTP_TAKEN: { retryable: false, meaning: 'A receiver took an uploaded file before it had its name.' },
  SFTP_TRANSFER: { retryable: true, meaning: 'A transfer was cut short, stood still or came out at the wrong size.' },

  DATABRICKS_UNREACHABLE: { retryable: true, meaning: 'Databricks does not answer, or the connection was lost.' },
  DATABRICKS_STARTING: { retryable: true, meaning: 'The SQL warehouse is starting, or has closed the session.' },
  DATABRICKS_NOT_STARTED: {
    retryable: false,
    meaning: 'The SQL warehouse was waited for as long as DATABRICKS_TIMEOUT allows.',
  },
  DATABRICKS_LOGIN_REFUSED: { retryable: false, meaning: 'Databricks refused the token or the client credentials.' },
  DATABRICKS_QUERY: { retryable: true, meaning: 'Databricks could not run a query to its end.' },
  DATABRICKS_API: { retryable: false, meaning: 'Databricks refused a call of its REST API.' },
  DATABRICKS_JOB: { retryable: false, meaning: 'A job on Databricks is not there, or did not succeed.' },
  DATABRICKS_VALUE: {
    retryable: false,
    meaning:
      'Databricks returned a value that the tables should not hold, or rows in another order than was asked for.',
  },

  RECOMMENDER_UNAVAILABLE: {
    retryable: true,
    meaning: 'The recommender did not answer, or answered that it could not.',
  },
  RECOMMENDER_THROTTLED: { retryable: true, meaning: 'The recommender asked for fewer calls (429).' },
  RECOMMENDER_ACCESS: { retryable: false, meaning: 'The recommender refused us access (401, 403).' },
  RECOMMENDER_REJECTED: { retryable: false, meaning: 'The recommender refused the call for this employee.' },
  RECOMMENDER_BODY: { retryable: false, meaning: 'The recommender answered with something that is no recommendation.' },

  FILE_UNREADABLE: { retryable: false, meaning: 'A file cannot be read.' },
  OUTPUT_UNWRITABLE: { retryable: true, meaning: 'A file could not be written.' },
  OUTPUT_MISSING: { retryable: false, meaning: 'A file of a run is not where it was written.' },
  OUTPUT_CHANGED: { retryable: false, meaning: "A file of a run has changed since the run's manifest was written." },

  LAKEHOUSE_INVALID: { retryable: false, meaning: 'lakehouse.yaml has errors.' },
  FINDINGS_INVALID: { retryable: false, meaning: 'Findings of datasets have errors.' },
  DATABRICKS_LOCAL: { retryable: false, meaning: 'A local Spark cannot be set up on this machine.' },
  LANDING_FAILED: { retryable: true, meaning: 'A store that runs are landed in does not answer, or failed.' },
  LANDING_DENIED: {
    retryable: false,
    meaning: 'A store that runs are landed in refused the credentials or the rights.',
  },
  LANDING_CONFLICT: { retryable: false, meaning: 'A run has landed with other content under the same run id.' },
  EXPORT_EDITED: { retryable: false, meaning: 'Files of an export were changed after it was written.' },

  PROXY_REFUSED: { retryable: false, meaning: 'The HTTP proxy on the way did not let a connection through.' },

  WEBHOOK_FAILED: { retryable: true, meaning: 'The webhook for alerts did not take a message.' },

  PORT_UNAVAILABLE: { retryable: false, meaning: 'A server of BTC Fake cannot listen where it should.' },

  RUN_NOT_FOUND: { retryable: false, meaning: 'There is no run with this id, or its data have expired.' },
  EMPLOYEE_NOT_FOUND: { retryable: false, meaning: 'The run has no such employee.' },
  RUN_STATE: { retryable: false, meaning: 'The run is in a state in which this cannot be done.' },
  RUN_INCOMPLETE: { retryable: false, meaning: 'The run cannot be assembled: employees have no result.' },
  PAYLOAD_VERSION: {
    retryable: false,
    meaning: 'A job was written by a version of BTC Fake that this one cannot read.',
  },
} as const satisfies Record<string, { retryable: boolean; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What else an error can carry. `remedy` is one imperative sentence for the person who reads the error. */
/** A place in a file, which the message of an error begins with. */
export interface ErrorPlace {
  /** As the message names it. */
  readonly file: string;
  /** From 1; absent: the file as a whole. */
  readonly line?: number;
}

export interface ErrorDetails {
  /** Stands before the message: `FILE:LINE: …`. */
  place?: ErrorPlace;
  remedy?: string;
  /** What the other side asked for, in milliseconds (`Retry-After`). */
  retryAfterMs?: number | undefined;
  /** The other side answered and said what is wrong: it may be about what was asked alone. */
  namesError?: boolean;
  /** Further lines, for example one for each bad row. */
  lines?: readonly string[];
  cause?: unknown;
}

/**
 * An error with a stable code, a message that is safe to show and store, and a remedy. Quoted text is put on one line
 * and escaped, so it cannot steer a terminal. The cause is for a debugger, and never printed.
 */
export class BtcFakeError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly namesError: boolean;
  readonly lines: readonly string[];
  readonly place: ErrorPlace | undefined;
  /** The message without the place. */
  readonly what: string;

  constructor(code: ErrorCode, what: string, details: ErrorDetails = {}) {
    super(
      printable(details.place === undefined ? what : `${placeText(details.place)}: ${what}`),
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = 'BtcFakeError';
    this.place = details.place;
    this.what = printable(what);
    this.code = code;
    this.remedy = details.remedy === undefined ? undefined : printable(details.remedy);
    this.retryAfterMs = details.retryAfterMs;
    this.namesError = details.namesError ?? false;
    this.lines = (details.lines ?? []).map(printable);
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

function placeText({ file, line }: ErrorPlace): string {
  return line === undefined ? file : `${file}:${line}`;
}

/** The system's short code of an error (`ENOENT`, `ECONNREFUSED`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
