import { safeLocation } from '../../domain/connections/redis-address.ts';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import { type Refusal, refusalOf, wordsOf } from './refusals.ts';

const UNREACHABLE =
  /^(Connection is closed|Command timed out|Reached the max retries per request limit|Stream isn't writeable|None of startup nodes is available|Cluster is ended)/;
const LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND']);
/** What the client itself says for Redis: a transaction was cut off on the way, or the cluster was asked too often. */
const CLIENT_SAYS = /^(Command aborted due to connection close|Too many Cluster redirections|Failed to refresh slots)/;

/** Whether Redis refused a command because it has no memory left. */
export function isRedisFull(error: unknown): boolean {
  return causes(error).some((cause) => refusalOf(cause)?.code === 'REDIS_FULL');
}

/**
 * Whether Redis, and not what it was asked for, is why a command failed: it is full, a read-only replica, cannot save,
 * is being resharded, has shut the user out, … Who waits until somebody has put that right loses nothing.
 */
export function isRedisRefusal(error: unknown): boolean {
  return causes(error).some(
    (cause) => CLIENT_SAYS.test(cause.message) || (cause.name === 'ReplyError' && refusalOf(cause) !== undefined),
  );
}

/** A refusal with what Redis said and what to do. @param location as for `redisFailure`; may be left out. */
export function redisRefusal(error: unknown, location?: string): BtcFakeError | undefined {
  for (const cause of causes(error)) {
    const refusal = refusalOf(cause);
    if (refusal) return refusedError(refusal, cause, location);
  }
  return undefined;
}

function refusedError({ code, what, remedy }: Refusal, cause: Error, location: string | undefined): BtcFakeError {
  if (code === 'REDIS_FULL') return new BtcFakeError(code, `Redis ${what}`, { remedy, cause });
  const place = location === undefined ? 'Redis' : `Redis at ${safeLocation(location)}`;
  // Of a certificate or a handshake the code says more than the message, and never a part of what was sent.
  const words = /^[A-Z_]+$/.test(systemCode(cause) ?? '') ? systemCode(cause) : wordsOf(cause);
  return new BtcFakeError(code, `${place} ${what} (${words})`, { remedy, cause });
}

/** An error and the errors by which a transaction or a cluster says why it was given up. */
function causes(error: unknown): Error[] {
  if (!(error instanceof Error) || error instanceof BtcFakeError) return [];
  const { previousErrors = [], lastNodeError } = error as {
    previousErrors?: readonly unknown[];
    lastNodeError?: unknown;
  };
  return [error, ...previousErrors.flatMap(causes), ...causes(lastNodeError)];
}

/** Why no connection came about to a server that is addressed with TLS and wants none, or the other way round. */
export function wrongTls(location: string, what: 'wants TLS' | 'wants no TLS', cause: unknown): BtcFakeError {
  const [right, wrong] = what === 'wants TLS' ? ['rediss', 'redis'] : ['redis', 'rediss'];
  return new BtcFakeError('REDIS_UNREACHABLE', `Redis at ${safeLocation(location)} ${what}`, {
    remedy: `Write ${right}:// instead of ${wrong}:// in REDIS_URL, or name another port.`,
    cause,
  });
}

/**
 * Why no connection came about.
 * @param reasons what was reported, in this order. A known reason counts more than the first.
 * @param location as for `redisFailure`.
 */
export function connectFailure(reasons: readonly unknown[], location: string): BtcFakeError {
  const refused = reasons.map((reason) => redisRefusal(reason, location)).find((known) => known !== undefined);
  if (refused) return refused;
  const all = reasons.flatMap(causes);
  const [code] = all.map(systemCode).filter((one) => one !== undefined);
  const [silent] = all.filter(({ message }) => /^no answer within/.test(message));
  const noSentinel = all.some(({ message }) => /sentinels? /.test(message)) ? ' (no sentinel answers)' : '';
  const because = code ? ` (${code})` : silent ? `: ${silent.message}` : noSentinel;
  return new BtcFakeError('REDIS_UNREACHABLE', `Redis at ${safeLocation(location)} does not answer${because}`, {
    remedy: 'Start it, or correct REDIS_URL.',
    cause: reasons[0],
  });
}

/**
 * What became of a command's connection, in our words: an error of the client or the server by what it is, with what
 * Redis said and what to do; every other error as it is. `location` is shown without user name and password.
 */
export function redisFailure(error: unknown, location: string): unknown {
  if (error instanceof BtcFakeError || !(error instanceof Error)) return error;
  const refused = redisRefusal(error, location);
  if (refused) return refused;
  if (!UNREACHABLE.test(error.message) && !LOST.has(systemCode(error) ?? '')) return error;
  return new BtcFakeError('REDIS_UNREACHABLE', `Redis at ${safeLocation(location)} does not answer any more`, {
    remedy:
      'When it is well again, give the command again; a run that was begun is kept, and "btc-fake resume" continues it.',
    cause: error,
  });
}
