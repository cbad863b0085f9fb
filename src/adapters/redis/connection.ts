import type { Redis } from 'ioredis';
import { type BtcFakeError, systemCode } from '../../domain/errors.ts';
import { within } from '../process/time-limit.ts';
import { REDIS_PREFIX } from '../run-store/keys.ts';
import { type ClientBehaviour, type RedisAccess, type RedisConnection, redisClients } from './client.ts';
import { connectFailure, redisRefusal, wrongTls } from './failure.ts';
import { whyItHangsUp } from './greeting.ts';

/**
 * What a connection is for. Workers and the fan-out wait for Redis to come back, however long that takes. Commands and
 * pages fail at once with a clear message; a dashboard outlives them and connects again.
 */
export type ConnectionRole = 'worker' | 'command' | 'dashboard';

/** How long a server may take for an answer; a server that loads its data says so at once. */
const ANSWER_LIMIT_MS = 10_000;
/**
 * A server that refuses writes as a replica is asked again no sooner: by then its address may lead to the new master.
 */
const READ_ONLY_PAUSE_MS = 1_000;

const BEHAVIOUR: Record<ConnectionRole, ClientBehaviour> = {
  worker: {
    options: { maxRetriesPerRequest: null },
    retryStrategy: (times) => Math.min(times * 100, 5_000),
    // A quarter of an hour: a slot with a million jobs takes minutes to move.
    clusterRetries: 9_000,
    lasting: true,
  },
  command: {
    options: {
      maxRetriesPerRequest: 1,
      // A server that takes the command and stays silent would be waited for without end.
      commandTimeout: ANSWER_LIMIT_MS,
      connectTimeout: 5_000,
      // After a failed connection ioredis keeps the process alive for as long as this; its default is 2 s.
      disconnectTimeout: 100,
    },
    retryStrategy: (times) => (times > 2 ? null : 100),
    clusterRetries: 50,
    lasting: false,
  },
  dashboard: {
    options: {
      maxRetriesPerRequest: 1,
      // Nobody waits longer for a page; a Redis that hangs is away too.
      commandTimeout: 5_000,
      connectTimeout: 5_000,
      disconnectTimeout: 100,
    },
    retryStrategy: (times) => Math.min(times * 100, 1_000),
    clusterRetries: 30,
    lasting: true,
  },
};

/** Events by which a client, the sentinels and the nodes of a cluster say why no connection comes about. */
const EXPLAINING = ['sentinelError', 'error', 'node error'];

const PROBE_EVERY_MS = 10_000;
const PROBE_LIMIT_MS = 5_000;

/**
 * Connects to Redis.
 * @param location an address as `parseRedisAddress` reads it, or the path of a Unix socket.
 * @throws BtcFakeError REDIS_UNREACHABLE or REDIS_REFUSED when it does not serve now, whatever the role;
 * CONFIG_INVALID.
 */
export async function connectRedis(
  location: string,
  role: ConnectionRole,
  access: RedisAccess = {},
): Promise<RedisConnection> {
  const client = await redisClients(location, access);
  const { options, retryStrategy, ...behaviour } = BEHAVIOUR.command;
  let isProbing = true;
  // A client that is between two attempts keeps its commands, and the process with them; this one ends at the first
  // that fails.
  const onceAtFirst = (times: number) => (isProbing ? null : retryStrategy(times));
  const probe = client({ ...behaviour, options: { ...options, lazyConnect: true }, retryStrategy: onceAtFirst });
  // What `connect` throws only says that the connection was closed; the events say why.
  const reasons: unknown[] = [];
  const remember = (error: unknown) => reasons.push(error);
  for (const event of EXPLAINING) probe.on(event, remember);
  try {
    // Not PING: a Redis that cannot save refuses that too. A key leads to the node of a cluster that is needed.
    // A server that takes the connection and stays silent would be waited for without end.
    await within(
      probe.connect().then(() => probe.exists(`${REDIS_PREFIX}:runs`)),
      ANSWER_LIMIT_MS,
    );
  } catch (error) {
    probe.disconnect();
    throw await explained([...reasons, error], location);
  }
  isProbing = false;
  for (const event of EXPLAINING) probe.off(event, remember);
  if (role === 'command') return probe;
  probe.disconnect();
  const redis = client(reconnectingOnReadOnly(BEHAVIOUR[role], role, (error) => redis.emit('error', error)));
  if (role === 'dashboard') {
    if (redis.isCluster) redis.on('+node', replaceDead);
    else replaceDead(redis as Redis);
  }
  return redis;
}

/**
 * A master that became a replica keeps its connections and refuses their writes: one connects again, after a pause,
 * because its address may lead to the new master by then. A worker's command is sent again there; a page's fails.
 * @param onRefused is told each time; nobody else would be, of a command that is sent again.
 */
function reconnectingOnReadOnly(
  behaviour: ClientBehaviour,
  role: ConnectionRole,
  onRefused: (error: Error) => void,
): ClientBehaviour {
  let refusedAt = 0;
  return {
    ...behaviour,
    options: {
      ...behaviour.options,
      reconnectOnError: (error) => {
        if (!/\bREADONLY You can't write\b/.test(error.message)) return false;
        refusedAt = Date.now();
        onRefused(error);
        return role === 'worker' ? 2 : 1;
      },
    },
    retryStrategy: (times) => {
      const pause = Date.now() - refusedAt < READ_ONLY_PAUSE_MS ? READ_ONLY_PAUSE_MS : 0;
      return Math.max(pause, behaviour.retryStrategy(times) ?? 0);
    },
  };
}

async function explained(reasons: readonly unknown[], location: string): Promise<BtcFakeError> {
  const failure = connectFailure(reasons, location);
  if (reasons.some((reason) => redisRefusal(reason)) || !reasons.some(isHangUp)) return failure;
  const why = await whyItHangsUp(location);
  if (why === 'wants TLS' || why === 'wants no TLS') return wrongTls(location, why, failure);
  return why === undefined ? failure : connectFailure([new Error(why.words, { cause: failure })], location);
}

/** A server that takes no commands from this client hangs up, with or without a word that is no answer. */
function isHangUp(reason: unknown): boolean {
  const code = systemCode(reason);
  return (
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    code === 'ETIMEDOUT' ||
    (code === undefined && reason instanceof Error && /Protocol error|Connection is closed/.test(reason.message))
  );
}

/** A silently cut connection would be waited for without end, so a connection without answers is replaced. */
function replaceDead(redis: Redis): void {
  const isConnected = () => redis.status === 'connect' || redis.status === 'ready';
  const timer = setInterval(() => {
    if (!isConnected()) return;
    within(redis.time(), PROBE_LIMIT_MS).catch(() => {
      if (isConnected()) redis.disconnect(true);
    });
  }, PROBE_EVERY_MS).unref();
  redis.once('end', () => clearInterval(timer));
}
