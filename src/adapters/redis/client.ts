import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { parseRedisAddress, type RedisAddress } from '../../domain/connections/redis-address.ts';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import { refuseUnprepared } from './preparation.ts';
import { SteadySentinelConnector } from './sentinel-connector.ts';

/** A connection to Redis: to one server, to the master that sentinels name, or to the nodes of a cluster. */
export type RedisConnection = Redis | Cluster;

/** What an address cannot say. */
export interface RedisAccess {
  /** A file with the certificate of the authority that signed the server's, in PEM. */
  readonly caFile?: string;
  /** The sentinels' own login, where they have one. */
  readonly sentinelUser?: string;
  readonly sentinelPassword?: string;
}

/** How a connection behaves when Redis is away. */
export interface ClientBehaviour {
  readonly options: RedisOptions;
  /** How long to wait before the next attempt to connect, after so many in a row that failed; null ends it. */
  readonly retryStrategy: (times: number) => number | null;
  /** How often a cluster is asked again, 100 ms later, for a slot that is on its way or whose node is gone. */
  readonly clusterRetries: number;
  /** Whether the connection has to notice a failover by itself, because it outlives one. */
  readonly lasting: boolean;
}

/** The sentinels and the nodes of a cluster are asked again after this time at the latest. */
const ASK_AGAIN_MS = 10_000;
const CLUSTER_RETRY_MS = 100;
const ANSWER_LIMIT_MS = 5_000;

/** Makes clients for a location. @throws BtcFakeError CONFIG_INVALID for REDIS_CA_FILE. */
export async function redisClients(
  location: string,
  access: RedisAccess,
): Promise<(behaviour: ClientBehaviour) => RedisConnection> {
  const address = parseRedisAddress(location);
  const tls = address?.tls ? await trust(access.caFile) : undefined;
  return (behaviour) => {
    const options: RedisOptions = {
      connectionName: `btc-fake-${process.pid}`,
      ...behaviour.options,
      retryStrategy: behaviour.retryStrategy,
      ...(tls ? { tls } : {}),
    };
    if (address?.kind === 'cluster') return hardenCluster(cluster(address, options, behaviour), options.commandTimeout);
    if (address?.kind !== 'sentinel') return harden(new Redis(location, options));
    return harden(new Redis({ ...options, ...sentinels(address, access, behaviour, tls) }));
  };
}

async function trust(caFile: string | undefined): Promise<{ ca?: string }> {
  if (caFile === undefined) return {};
  try {
    return { ca: await readFile(caFile, 'utf8') };
  } catch (cause) {
    throw new BtcFakeError('CONFIG_INVALID', `REDIS_CA_FILE: ${caFile} cannot be read (${systemCode(cause)})`, {
      remedy: 'Let it name the certificate (PEM) of the authority that signed that of Redis.',
      cause,
    });
  }
}

function sentinels(
  { endpoints, masterName, username, password, database }: RedisAddress,
  { sentinelUser, sentinelPassword }: RedisAccess,
  { retryStrategy, lasting }: ClientBehaviour,
  tls: { ca?: string } | undefined,
): RedisOptions {
  return {
    Connector: SteadySentinelConnector,
    sentinels: [...endpoints],
    name: masterName,
    db: database,
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(sentinelUser ? { sentinelUsername: sentinelUser } : {}),
    ...(sentinelPassword ? { sentinelPassword } : {}),
    ...(tls ? { sentinelTLS: tls, enableTLSForSentinelMode: true } : {}),
    sentinelRetryStrategy: retryStrategy,
    sentinelCommandTimeout: ANSWER_LIMIT_MS,
    sentinelReconnectStrategy: () => ASK_AGAIN_MS,
    // A master that hangs keeps its connections: the sentinels say when another has taken its place.
    failoverDetector: lasting,
  };
}

function cluster(
  { endpoints, username, password }: RedisAddress,
  { retryStrategy: _, lazyConnect, ...nodes }: RedisOptions,
  { retryStrategy, clusterRetries, lasting }: ClientBehaviour,
): Cluster {
  const options: ClusterOptions = {
    redisOptions: { ...nodes, ...(username ? { username } : {}), ...(password ? { password } : {}) },
    clusterRetryStrategy: retryStrategy,
    maxRedirections: clusterRetries,
    retryDelayOnTryAgain: CLUSTER_RETRY_MS,
    retryDelayOnFailover: CLUSTER_RETRY_MS,
    retryDelayOnClusterDown: CLUSTER_RETRY_MS,
    slotsRefreshTimeout: ANSWER_LIMIT_MS,
    // A node that hangs keeps its connections, until the others say that it holds nothing any more.
    ...(lasting ? { slotsRefreshInterval: ASK_AGAIN_MS } : {}),
    // A certificate is for a name; an address that it resolves to is not in it.
    dnsLookup: (host, callback) => callback(null, host),
    lazyConnect: lazyConnect ?? false,
  };
  return new Cluster([...endpoints], options);
}

/** Makes a client, and every copy that BullMQ takes of it, keep our rules. @param tell is told of each error too. */
function harden(redis: Redis, tell: (error: Error) => void = () => {}): Redis {
  // Without a listener ioredis prints every failed attempt; its user learns of it from the command.
  redis.on('error', tell);
  redis.on('connect', () => batchWrites(redis.stream as Socket));
  refuseUnprepared(redis);
  reconnectOnce(redis);
  const { duplicate } = redis;
  redis.duplicate = (override) => harden(duplicate.call(redis, override), tell);
  return redis;
}

/**
 * The same for a cluster. ioredis would let a command wait without end for a cluster that is away: `limitMs` holds for
 * all of it.
 */
function hardenCluster(redis: Cluster, limitMs: number | undefined): Cluster {
  redis.on('error', () => {});
  redis.on('+node', (node: Redis) => harden(node, (error) => redis.emit('node error', error)));
  const { duplicate, sendCommand } = redis;
  redis.duplicate = (nodes, override) => hardenCluster(duplicate.call(redis, nodes, override), limitMs);
  if (limitMs === undefined) return redis;
  redis.sendCommand = (command, stream, node) => {
    command.setTimeout(limitMs);
    return sendCommand.call(redis, command, stream, node);
  };
  return redis;
}

/**
 * Of many commands that are refused on a connection the first one has it made again; the others would each leave a
 * listener on it.
 */
function reconnectOnce(redis: Redis): void {
  const { disconnect } = redis;
  redis.disconnect = (reconnect = false) => {
    const isOnItsWay = reconnect && (redis.stream as Socket | undefined)?.writableEnded === true;
    if (!isOnItsWay) disconnect.call(redis, reconnect);
  };
}

/**
 * Sends what is written in one turn of the event loop in one piece: ioredis writes command by command, and with many
 * jobs in progress the system calls cost more than the commands.
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
