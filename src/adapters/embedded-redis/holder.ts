import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { BtcFakeError } from '../../domain/errors.ts';
import { isRunning } from '../disk/folder-lock.ts';

/** The connections by which Redis knows how many commands use it. */
const HOLDER_NAME = 'btc-fake-holder';
/** How long a server may take to answer once it listens: a large append-only file takes a while to load. */
export const READY_LIMIT_MS = 120_000;
const COMMAND_LIMIT_MS = 10_000;
const POLL_MS = 20;

/**
 * A connection that has answered PING, or undefined when nobody listens: at once without a `mark` or when its process
 * is gone; after `listenLimitMs` when that process runs (it may be starting).
 * @throws BtcFakeError REDIS_UNREACHABLE when somebody listens and gives no answer within `READY_LIMIT_MS`.
 */
export async function waitForServer(
  socketPath: string,
  mark: string | undefined,
  listenLimitMs: number,
): Promise<Redis | undefined> {
  const begun = Date.now();
  for (;;) {
    const holder = await connect(socketPath);
    if (holder === undefined) {
      if (mark === undefined || !isRunning(mark) || Date.now() - begun > listenLimitMs) return undefined;
    } else {
      if (await isReady(holder)) return holder;
      letGo(holder);
      if (Date.now() - begun > READY_LIMIT_MS) {
        throw new BtcFakeError('REDIS_UNREACHABLE', `The embedded Redis at ${socketPath} does not answer.`, {
          remedy: 'End that redis-server, then run the command again.',
        });
      }
    }
    await delay(POLL_MS);
  }
}

async function connect(socketPath: string): Promise<Redis | undefined> {
  const redis = new Redis({
    path: socketPath,
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: COMMAND_LIMIT_MS,
    commandTimeout: COMMAND_LIMIT_MS,
  });
  // A lost connection shows at the next command.
  redis.on('error', () => {});
  try {
    await redis.connect();
    return redis;
  } catch {
    return undefined;
  }
}

/** False while the server loads its data, or when the connection is lost. */
async function isReady(holder: Redis): Promise<boolean> {
  try {
    await holder.ping();
    await holder.client('SETNAME', `${HOLDER_NAME}-${process.pid}`);
    return true;
  } catch {
    return false;
  }
}

/** The server's process number. */
export async function serverPid(holder: Redis): Promise<number> {
  return Number(/^process_id:(\d+)/m.exec(await holder.info('server'))?.[1]);
}

/** How many commands hold the server, this one included. */
export async function countHolders(holder: Redis): Promise<number> {
  const connections = String(await holder.client('LIST')).split('\n');
  return connections.filter((line) => line.includes(` name=${HOLDER_NAME}-`)).length;
}

/** Tells the server to write out what it has and to end. */
export async function shutDown(holder: Redis): Promise<void> {
  try {
    await holder.shutdown();
  } catch (error) {
    // The answer to a shutdown that is carried out is a closed connection.
    if (error instanceof Error && error.name === 'ReplyError') throw error;
  }
}

/**
 * Closes the connection. (Closing a closed one would keep the process alive for the two seconds that ioredis waits.)
 */
export function letGo(holder: Redis): void {
  if (holder.status !== 'end') holder.disconnect();
}
