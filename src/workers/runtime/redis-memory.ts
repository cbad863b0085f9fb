import { setTimeout as delay } from 'node:timers/promises';
import { isRedisRefusal, redisRefusal } from '../../adapters/redis/failure.ts';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 3_000;

/** Does what writes to Redis, and while Redis refuses that, does it again: see `waitingForMemory`. */
export type WhenMemoryIsFree = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/**
 * Does what writes to Redis, and waits while Redis is full, read-only or refuses for a reason of its own: nothing
 * fails, and no attempt is used up. The work must be safe to repeat.
 * @param onRefusal is told of each refusal.
 * @throws BtcFakeError with the code of the refusal when the signal is aborted meanwhile; and what the work throws
 * otherwise.
 */
export function waitingForMemory(onRefusal: (error: unknown) => void): WhenMemoryIsFree {
  return async (work, signal) => {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      try {
        return await work();
      } catch (error) {
        if (!isRedisRefusal(error)) throw error;
        onRefusal(error);
        await delay(waitMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) throw redisRefusal(error) ?? error;
      }
    }
  };
}
