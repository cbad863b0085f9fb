import { Redis, type RedisOptions } from 'ioredis';
import { BtcFakeError } from '../domain/errors.ts';

/**
 * What a connection is for. Workers and the fan-out wait for Redis to come back, however long that takes; commands and
 * pages fail at once with a clear message.
 */
export type ConnectionRole = 'worker' | 'command';

/** The oldest Redis whose commands are enough for the queue and the run store. */
const LOWEST_VERSION = '6.2.0';

const ROLE_OPTIONS: Record<ConnectionRole, RedisOptions> = {
  worker: { maxRetriesPerRequest: null, retryStrategy: (times) => Math.min(times * 100, 5_000) },
  command: { maxRetriesPerRequest: 1, retryStrategy: (times) => (times > 2 ? null : 100), connectTimeout: 5_000 },
};

/**
 * Connects to Redis.
 * @param location a `redis://` or `rediss://` URL, or the path of a Unix socket.
 * @throws BtcFakeError REDIS_UNREACHABLE when it does not answer now, whatever the role.
 */
export async function connectRedis(location: string, role: ConnectionRole): Promise<Redis> {
  const probe = newRedis(location, { ...ROLE_OPTIONS.command, lazyConnect: true });
  try {
    await probe.connect();
    await probe.ping();
  } catch (cause) {
    probe.disconnect();
    throw new BtcFakeError('REDIS_UNREACHABLE', `Redis at ${safeLocation(location)} does not answer${because(cause)}`, {
      remedy: 'Start it, or correct REDIS_URL.',
      cause,
    });
  }
  if (role === 'command') return probe;
  probe.disconnect();
  return newRedis(location, ROLE_OPTIONS[role]);
}

function newRedis(location: string, options: RedisOptions): Redis {
  const redis = new Redis(location, {
    connectionName: `btc-fake-${process.pid}`,
    enableAutoPipelining: true,
    ...options,
  });
  // Without a listener ioredis prints every failed attempt; whoever uses the connection learns of it from the command.
  redis.on('error', () => {});
  return redis;
}

/** A Redis location without user name and password, for messages. */
export function safeLocation(location: string): string {
  if (!URL.canParse(location)) return location;
  const url = new URL(location);
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}

/** What a Redis server is. */
export interface RedisFacts {
  readonly version: string;
  readonly evictionPolicy: string;
}

/**
 * Holds that this Redis can be trusted with a queue.
 * @throws BtcFakeError REDIS_UNSUITABLE when it is too old, or may evict keys.
 */
export async function assertSuitableRedis(redis: Redis): Promise<RedisFacts> {
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

function infoField(info: string, field: string): string | undefined {
  return new RegExp(`^${field}:(.*?)\\s*$`, 'm').exec(info)?.[1];
}

function because(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (typeof code === 'string') return ` (${code})`;
  const message = cause instanceof Error ? cause.message : '';
  if (/NOAUTH|WRONGPASS/.test(message)) return ' to this user name and password';
  return '';
}
