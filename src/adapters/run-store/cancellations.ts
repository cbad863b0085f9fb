import type { RunId } from '../../domain/ids.ts';
import type { Cancellation } from '../../domain/run/record.ts';
import type { RedisConnection } from '../redis/client.ts';
import { REDIS_PREFIX, runKeys } from './keys.ts';

/** The runs whose cancellation may still have something to do, by when they were cancelled. */
const CANCELLED_KEY = `${REDIS_PREFIX}:cancelled`;

/**
 * Cancels a run, unless it is gone, has ended or was cancelled before; returns which of the four. Each step of a run
 * checks this mark in the same transaction that makes its result count.
 * KEYS: the run's record, the list of cancelled runs; then all other keys of the run. ARGV: the expiry in seconds, the
 * cancellation, the id, when (epoch milliseconds).
 */
const CANCEL = `
local record = KEYS[1]
if redis.call('HEXISTS', record, 'plan') == 0 then return 'gone' end
if redis.call('HEXISTS', record, 'cancelled') == 1 then return 'before' end
local function isOpen(wanted, at)
  return redis.call('HGET', record, wanted) == 'true' and redis.call('HEXISTS', record, at) == 0
end
if redis.call('HEXISTS', record, 'finishedAt') == 1 then
  if not isOpen('publish', 'publishedAt') and not isOpen('landing', 'landedAt') then return 'ended' end
end
redis.call('HSET', record, 'cancelled', ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
for i, key in ipairs(KEYS) do
  if i ~= 2 then redis.call('EXPIRE', key, ARGV[1]) end
end
return 'now'`;

/** What came of cancelling a run. */
export type CancelOutcome = 'now' | 'before' | 'ended' | 'gone';

/** Which runs were cancelled. */
export class CancellationStore {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  /** Cancels a run, once, however many ask. @param retentionMs how long what is kept of it stays. */
  async cancel(runId: RunId, cancellation: Cancellation, retentionMs: number): Promise<CancelOutcome> {
    const { record, ...others } = runKeys(runId);
    const all = [record, CANCELLED_KEY, ...Object.values(others)];
    const given = [Math.ceil(retentionMs / 1000), JSON.stringify(cancellation), runId, cancellation.at];
    return (await this.#redis.eval(CANCEL, all.length, ...all, ...given)) as CancelOutcome;
  }

  /** The runs whose cancellation may still have something to do, the oldest first. `at` in epoch milliseconds. */
  async open(): Promise<{ readonly runId: RunId; readonly at: number }[]> {
    const entries = await this.#redis.zrange(CANCELLED_KEY, 0, -1, 'WITHSCORES');
    return Array.from({ length: entries.length / 2 }, (_, i) => ({
      runId: entries[2 * i] as RunId,
      at: Number(entries[2 * i + 1]),
    }));
  }

  /** Nothing is left to do for this one. */
  async close(runId: RunId): Promise<void> {
    await this.#redis.zrem(CANCELLED_KEY, runId);
  }
}
