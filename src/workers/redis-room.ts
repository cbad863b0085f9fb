import { setTimeout as delay } from 'node:timers/promises';
import { isRedisFull, redisFullError } from '../adapters/redis-failure.ts';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 3_000;

/** Does what needs memory in Redis, and while Redis has none left, does it again: see `whenThereIsRoom`. */
export type WhenRoom = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/**
 * Does what needs memory in Redis. A Redis that is full is waited for, as one that is away is: nothing fails because of it, and no
 * attempt is used up. The work must be safe to repeat. `onFull` is told each time.
 * @throws BtcFakeError REDIS_FULL when the signal is aborted meanwhile; and what the work throws otherwise.
 */
export function whenThereIsRoom(onFull: (error: unknown) => void): WhenRoom {
  return async (work, signal) => {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      try {
        return await work();
      } catch (error) {
        if (!isRedisFull(error)) throw error;
        onFull(error);
        await delay(waitMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) throw redisFullError(error);
      }
    }
  };
}
