import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import { BtcFakeError } from '../domain/errors.ts';

/**
 * What a connection is for. Workers and the fan-out wait for Redis to come back, however long that takes. Commands and pages
 * fail at once with a clear message; a dashboard outlives them and connects again.
 */
export type ConnectionRole = 'worker' | 'command' | 'dashboard';

/** The oldest Redis whose commands are enough for the queue and the run store. */
const LOWEST_VERSION = '6.2.0';

/** How long a server may take for an answer; one that loads its data says so at once. */
const ANSWER_LIMIT_MS = 10_000;

const ROLE_OPTIONS: Record<ConnectionRole, RedisOptions> = {
  worker: { maxRetriesPerRequest: null, retryStrategy: (times) => Math.min(times * 100, 5_000) },
  command: {
    maxRetriesPerRequest: 1,
    // A server that takes the command and stays silent would be waited for without end.
    commandTimeout: ANSWER_LIMIT_MS,
    retryStrategy: (times) => (times > 2 ? null : 100),
    connectTimeout: 5_000,
    // After a failed connection ioredis keeps the process alive for as long as this; its default is 2 s.
    disconnectTimeout: 100,
  },
  dashboard: {
    maxRetriesPerRequest: 1,
    // Nobody waits longer for a page; a Redis that hangs is away too.
    commandTimeout: 5_000,
    connectTimeout: 5_000,
    disconnectTimeout: 100,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  },
};

const PROBE_EVERY_MS = 10_000;
const PROBE_LIMIT_MS = 5_000;

/**
 * Connects to Redis.
 * @param location a `redis://` or `rediss://` URL, or the path of a Unix socket.
 * @throws BtcFakeError REDIS_UNREACHABLE when it does not answer now, whatever the role.
 */
export async function connectRedis(location: string, role: ConnectionRole): Promise<Redis> {
  const probe = newRedis(location, { ...ROLE_OPTIONS.command, lazyConnect: true });
  // What `connect` throws only says that the connection was closed; the event says why.
  let reason: unknown;
  probe.once('error', (error) => {
    reason = error;
  });
  try {
    // A server that takes the connection and stays silent would be waited for without end.
    await Promise.race([probe.connect().then(() => probe.ping()), silence(ANSWER_LIMIT_MS)]);
  } catch (error) {
    const cause = reason ?? error;
    probe.disconnect();
    throw new BtcFakeError('REDIS_UNREACHABLE', `Redis at ${safeLocation(location)} does not answer${because(cause)}`, {
      remedy: 'Start it, or correct REDIS_URL.',
      cause,
    });
  }
  if (role === 'command') return probe;
  probe.disconnect();
  const redis = newRedis(location, ROLE_OPTIONS[role]);
  if (role === 'dashboard') replaceDead(redis);
  return redis;
}

/** A connection that was cut without a word would be waited on for ever: one that answers nothing is replaced. */
function replaceDead(redis: Redis): void {
  const isConnected = () => redis.status === 'connect' || redis.status === 'ready';
  const timer = setInterval(() => {
    if (!isConnected()) return;
    Promise.race([redis.ping(), silence(PROBE_LIMIT_MS)]).catch(() => {
      if (isConnected()) redis.disconnect(true);
    });
  }, PROBE_EVERY_MS).unref();
  redis.once('end', () => clearInterval(timer));
}

async function silence(limitMs: number): Promise<never> {
  await delay(limitMs, undefined, { ref: false });
  throw new Error(`no answer within ${limitMs} ms`);
}

function newRedis(location: string, options: RedisOptions): Redis {
  const redis = new Redis(location, { connectionName: `btc-fake-${process.pid}`, ...options });
  // Without a listener ioredis prints every failed attempt; whoever uses the connection learns of it from the command.
  redis.on('error', () => {});
  redis.on('connect', () => batchWrites(redis.stream as Socket));
  return redis;
}

/**
 * Sends what is written in one turn of the event loop in one piece: ioredis writes command by command, and with many jobs in
 * hand the system calls cost more than the commands.
 */
function batchWrites(socket: Socket): void {
  const write = socket.write;
  socket.write = ((...args: Parameters<typeof write>) => {
    if (socket.writableCorked === 0) {
      socket.cork();
      setImmediate(() => socket.uncork());
    }
    return write.apply(socket, args);
  }) as typeof write;
}

/** A Redis location without user name and password, for messages. */
export function safeLocation(location: string): string {
  if (location.startsWith('/')) return location;
  const url = URL.canParse(location) ? new URL(location) : undefined;
  // What is no address may hold a password all the same, before its last "@".
  if (!url?.host) return location.slice(location.lastIndexOf('@') + 1);
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

/** A field of what Redis' INFO says. */
export function infoField(info: string, field: string): string | undefined {
  return new RegExp(`^${field}:(.*?)\\s*$`, 'm').exec(info)?.[1];
}

function because(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (typeof code === 'string') return ` (${code})`;
  const message = cause instanceof Error ? cause.message : '';
  if (/NOAUTH|WRONGPASS/.test(message)) return ' to this user name and password';
  return /^no answer within/.test(message) ? `: ${message}` : '';
}
