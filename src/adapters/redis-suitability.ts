import { BtcFakeError } from '../domain/errors.ts';
import type { RedisConnection } from './redis-client.ts';

/** The oldest Redis whose commands are enough for the queue and the run store. */
const LOWEST_VERSION = '6.2.0';

/** What a Redis server is. */
export interface RedisFacts {
  readonly version: string;
  readonly evictionPolicy: string;
}

/**
 * Holds that this Redis can be trusted with a queue.
 * @throws BtcFakeError REDIS_UNSUITABLE when it is too old, or may evict keys.
 */
export async function assertSuitableRedis(redis: RedisConnection): Promise<RedisFacts> {
  const version = infoField(await redis.info('server'), 'redis_version') ?? '0';
  const evictionPolicy = infoField(await redis.info('memory'), 'maxmemory_policy') ?? 'noeviction';
  if (version.localeCompare(LOWEST_VERSION, 'en', { numeric: true }) < 0) {
    throw new BtcFakeError('REDIS_UNSUITABLE', `Redis ${version} is too old; ${LOWEST_VERSION} is the lowest version`, {
      remedy: 'Upgrade Redis.',
    });
  }
  if (evictionPolicy !== 'noeviction') {
    throw new BtcFakeError('REDIS_UNSUITABLE', `Redis may evict keys (maxmemory-policy is ${evictionPolicy})`, {
      remedy: 'Set it: redis-cli config set maxmemory-policy noeviction, and in redis.conf.',
    });
  }
  return { version, evictionPolicy };
}

/** A field of what Redis' INFO says. */
export function infoField(info: string, field: string): string | undefined {
  return new RegExp(`^${field}:(.*?)\\s*$`, 'm').exec(info)?.[1];
}
