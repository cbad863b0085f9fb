import { BtcFakeError, systemCode } from '../domain/errors.ts';
import { safeLocation } from './redis.ts';

const FULL = /\bOOM command not allowed\b/;
const UNREACHABLE =
  /^(Connection is closed|Command timed out|Reached the max retries per request limit|Stream isn't writeable)/;
const NOT_NOW = /^(LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|READONLY|NOAUTH)\b/;
const LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND']);

/** Whether Redis refused a command because it has no memory left. */
export function isRedisFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // A transaction says why it was given up in errors of its own.
  const { previousErrors = [] } = error as { previousErrors?: readonly unknown[] };
  return FULL.test(error.message) || previousErrors.some(isRedisFull);
}

export function redisFullError(cause: unknown): BtcFakeError {
  return new BtcFakeError('REDIS_FULL', 'Redis has no memory left', {
    remedy: 'Raise its maxmemory, or lower RUN_RETENTION_DAYS so that it forgets old runs earlier.',
    cause,
  });
}

/**
 * What became of a command's connection, in our words: an error of the client or the server as REDIS_UNREACHABLE or REDIS_FULL,
 * every other error as it is. `location` is shown without user name and password.
 */
export function redisFailure(error: unknown, location: string): unknown {
  if (error instanceof BtcFakeError || !(error instanceof Error)) return error;
  if (isRedisFull(error)) return redisFullError(error);
  const { message } = error;
  const lost = UNREACHABLE.test(message) || LOST.has(systemCode(error) ?? '');
  if (!lost && !NOT_NOW.test(message)) return error;
  const what = lost ? 'does not answer any more' : `cannot serve now (${message.split(' ')[0]})`;
  return new BtcFakeError('REDIS_UNREACHABLE', `Redis at ${safeLocation(location)} ${what}`, {
    remedy:
      'When it is well again, give the command again; a run that was begun is kept, and "btc-fake resume" goes on with it.',
    cause: error,
  });
}
