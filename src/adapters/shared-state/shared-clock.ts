import type { RedisConnection } from '../redis/client.ts';

/** An answer that took longer says little about the time: RedisConnection was away, or this process stood still. */
const LONGEST_ROUND_TRIP_MS = 5_000;

/** Redis' time of day, epoch milliseconds. */
export async function redisTime(redis: RedisConnection): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

/**
 * The time by Redis' clock, which all machines share: a machine with a wrong clock starts nothing too early or late. A
 * steady clock of this process carries it on; after the machine slept it may be late, never early.
 */
export class SharedClock {
  readonly #redis: RedisConnection;
  #offsetMs = 0;

  private constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  static async read(redis: RedisConnection): Promise<SharedClock> {
    const clock = new SharedClock(redis);
    await clock.#measure(Number.POSITIVE_INFINITY);
    return clock;
  }

  /** Asks Redis again. What it said before stays when its answer took too long to say anything. */
  async measure(): Promise<void> {
    await this.#measure(LONGEST_ROUND_TRIP_MS);
  }

  /** Epoch milliseconds; can be handed on without the clock. */
  readonly now = (): number => Math.round(performance.now() + this.#offsetMs);

  async #measure(longestMs: number): Promise<void> {
    const askedAt = performance.now();
    const told = await redisTime(this.#redis);
    const roundTripMs = performance.now() - askedAt;
    // Half of the round trip lies before Redis' answer, as far as anybody can know.
    if (roundTripMs <= longestMs) this.#offsetMs = told - (askedAt + roundTripMs / 2);
  }
}
