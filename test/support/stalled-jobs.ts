import type { RedisConnection } from '../../src/adapters/redis/client.ts';

/**
 * Lets pass, in a Redis whose workers were killed, the minute after which their jobs are taken up again: their locks
 * (30 s) are over, and the check for jobs without a lock, which looks twice, has looked once.
 */
export async function letLocksExpire(redis: RedisConnection): Promise<void> {
  const prefix = '{btc-fake}';
  for (const active of await redis.keys(`${prefix}:*:active`)) {
    const queue = active.slice(0, -':active'.length);
    const ids = await redis.lrange(active, 0, -1);
    if (ids.length === 0) continue;
    await redis.del(`${queue}:stalled-check`, ...ids.map((id) => `${queue}:${id}:lock`));
    await redis.sadd(`${queue}:stalled`, ...ids);
  }
}
