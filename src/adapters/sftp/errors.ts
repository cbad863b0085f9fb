import { BtcFakeError, type ErrorCode, systemCode } from '../../domain/errors.ts';
import type { SftpServer } from './server.ts';

const STATUS_NO_SUCH_FILE = 2;
const STATUS_PERMISSION_DENIED = 3;

/** What a request is about, for the error that it may end with. */
export interface RequestContext {
  /** What is being done, as it reads in a message: `listing "/archive"`. */
  doing: string;
  /** The code when the server stands still; a transfer says SFTP_TRANSFER. SFTP_UNREACHABLE unless given. */
  silence?: ErrorCode;
}

/**
 * The status number that the server answered with, taken from an error of `ask`; undefined when it was another failure.
 */
export function sftpStatus(error: unknown): number | undefined {
  const cause = error instanceof BtcFakeError ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** What a failed request means: SFTP_PATH, SFTP_TRANSFER or, without a status of the server, SFTP_UNREACHABLE. */
export function requestError(
  server: SftpServer,
  endpoint: string,
  context: RequestContext,
  cause: unknown,
): BtcFakeError {
  const status = sftpStatus(cause);
  if (status === undefined) return connectionLost(endpoint, context, cause);
  if (status === STATUS_NO_SUCH_FILE) {
    return new BtcFakeError('SFTP_PATH', `${endpoint} has no such file or folder (${context.doing}).`, {
      remedy: 'Check the remote path.',
      cause,
    });
  }
  if (status === STATUS_PERMISSION_DENIED) {
    return new BtcFakeError('SFTP_PATH', `${endpoint} does not allow ${server.username} this: ${context.doing}.`, {
      remedy: "Check the remote path, or ask the server's operator for the permission.",
      cause,
    });
  }
  return new BtcFakeError('SFTP_TRANSFER', `${endpoint} answered status ${status} while ${context.doing}.`, { cause });
}

/** SFTP_UNREACHABLE: no answer can come any more. */
export function connectionLost(endpoint: string, context: RequestContext, cause?: unknown): BtcFakeError {
  return new BtcFakeError('SFTP_UNREACHABLE', `The connection to ${endpoint} was lost while ${context.doing}.`, {
    cause,
  });
}

/** The deadline for connecting has passed. */
export class ConnectTimeout extends Error {
  readonly connectMs: number;

  constructor(connectMs: number) {
    super(`no SFTP session within ${connectMs} ms`);
    this.name = 'ConnectTimeout';
    this.connectMs = connectMs;
  }
}

/** What a failure to connect means: SFTP_LOGIN_REFUSED, or SFTP_UNREACHABLE with the reason. */
export function connectError(server: SftpServer, endpoint: string, cause: unknown): BtcFakeError {
  const settings = server.settings ?? 'SFTP_INBOUND';
  if (levelOf(cause) === 'client-authentication') {
    return new BtcFakeError('SFTP_LOGIN_REFUSED', `${endpoint} refused the login of ${server.username}.`, {
      remedy: `Check ${settings}_USER and ${settings}_PASSWORD or ${settings}_PRIVATE_KEY_FILE.`,
      cause,
    });
  }
  return new BtcFakeError('SFTP_UNREACHABLE', `No SFTP session with ${endpoint}: ${connectReason(cause)}.`, {
    remedy: `Check ${settings}_HOST and ${settings}_PORT, and that this machine may connect there.`,
    cause,
  });
}

function connectReason(cause: unknown): string {
  if (cause instanceof ConnectTimeout) return `no answer within ${cause.connectMs} ms`;
  const code = systemCode(cause);
  if (code === 'ECONNREFUSED') return 'the connection was refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host name is not known';
  // The library's own codes (ERR_…) say nothing to anybody.
  if (code !== undefined && !code.startsWith('ERR_')) return code;
  if (levelOf(cause) === 'handshake') return 'the SSH handshake failed';
  return 'the server closed the connection or offers no SFTP';
}

/** The ssh library's own classification of an error. */
function levelOf(error: unknown): unknown {
  return error instanceof Error && 'level' in error ? error.level : undefined;
}
