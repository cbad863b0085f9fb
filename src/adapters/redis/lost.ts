import { BtcFakeError } from '../../domain/errors.ts';

/**
 * REDIS_LOST: Redis has acknowledged something and lost it, as it does when its machine loses power before its
 * append-only file is on the disk. The step is done again.
 * @param what is gone, as it reads in a message.
 */
export function lostByRedis(what: string): BtcFakeError {
  return new BtcFakeError('REDIS_LOST', `Redis has lost ${what}`);
}

/**
 * Whether a script that puts something in its place was the first to do so, by what it returned: 1, or 0 when it was
 * not.
 * @throws BtcFakeError REDIS_LOST for -1: not all that was written before is there.
 */
export function isFirst(reply: unknown): boolean {
  if (reply === -1) throw lostByRedis('what was written a moment ago');
  return reply === 1;
}
