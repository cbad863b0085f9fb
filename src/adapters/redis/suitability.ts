import { BtcFakeError } from '../../domain/errors.ts';
import { REDIS_PREFIX } from '../run-store/keys.ts';
import type { RedisConnection } from './client.ts';

/** The oldest Redis whose commands are enough for the queue and the run store. */
const LOWEST_VERSION = '6.2.0';

const WRITE_CHECK_KEY = `${REDIS_PREFIX}:trial`;
const WRITE_CHECK_MS = 60_000;

/** What a Redis server is. */
export interface RedisFacts {
  readonly version: string;
  readonly evictionPolicy: string;
}

/**
 * Checks that this Redis can be trusted with a queue; of a cluster, the node that holds our keys.
 * @throws BtcFakeError REDIS_UNSUITABLE when it is too old, or may evict keys.
 */
export async function assertSuitableRedis(redis: RedisConnection): Promise<RedisFacts> {
  const version = infoField(await infoOf(redis, 'server'), 'redis_version') ?? '0';
  const evictionPolicy = infoField(await infoOf(redis, 'memory'), 'maxmemory_policy') ?? 'noeviction';
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

/**
 * Checks that this Redis takes a write and a script. A replica, a full disk or a user with too few
 * rights is not to be seen in what Redis says of itself. Leaves nothing behind that lasts.
 * @throws what Redis answers: see `redisFailure`.
 */
export async function assertWritableRedis(redis: RedisConnection): Promise<void> {
  await redis.set(WRITE_CHECK_KEY, '1', 'PX', WRITE_CHECK_MS);
  await redis.eval(
    "return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])",
    1,
    WRITE_CHECK_KEY,
    '2',
    WRITE_CHECK_MS,
  );
}

/** A section of what Redis says of itself; of a cluster, what the node says that holds our keys. */
export async function infoOf(redis: RedisConnection, section: string): Promise<string> {
  // A key in the same pipeline leads a cluster to its node.
  const [info] = (await redis.pipeline().info(section).exists(WRITE_CHECK_KEY).exec()) ?? [];
  const [error, text] = info ?? [];
  if (error) throw error;
  return String(text);
}

/** A field of what Redis' INFO says. */
export function infoField(info: string, field: string): string | undefined {
  return new RegExp(`^${field}:(.*?)\\s*$`, 'm').exec(info)?.[1];
}
