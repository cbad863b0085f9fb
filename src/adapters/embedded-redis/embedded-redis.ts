import { closeSync, mkdirSync, openSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { BtcFakeError } from '../../domain/errors.ts';
import { isRunning, processMark, withFolderLock } from '../disk/folder-lock.ts';
import { countHolders, letGo, READY_LIMIT_MS, serverPid, shutDown, waitForServer } from './holder.ts';
import { chooseSocketPath, ensurePrivateFolder, readRecord, removeRecord, writeRecord } from './home.ts';
import { launchRedis, redisPrograms } from './program.ts';

/**
 * A Redis of this folder's own, shared by the commands that run in it. Each process holds one named connection, so
 * Redis knows its users, also when one is killed; the last user to release it stops the server.
 */
export interface EmbeddedRedis {
  /** The path of the Unix socket, as `new Redis(url)` takes it; for BullMQ `{ path: url }`. There is no TCP port. */
  readonly url: string;
  readonly socketPath: string;
  /** False: joined a running Redis. */
  readonly started: boolean;
  /**
   * Gives it back; the last one stops the server and waits until it has gone. Close your own connections first. May be
   * called more than once. Throws REDIS_UNREACHABLE when the server does not stop.
   */
  release(): Promise<void>;
}

export interface EmbeddedRedisOptions {
  /** The programs to try, in order. */
  readonly programs?: readonly string[];
  /** How long a server that runs may take to listen before it counts as out of reach. */
  readonly listenLimitMs?: number;
}

const STOP_LIMIT_MS = 30_000;
const LOCK_LIMIT_MS = READY_LIMIT_MS + STOP_LIMIT_MS;
const LISTEN_LIMIT_MS = 20_000;
const POLL_MS = 20;

/**
 * Joins the Redis of a folder, or starts it: append-only persistence in `.btc-fake/redis/`, log in
 * `.btc-fake/redis.log`, no eviction, readable by its owner only. Any number of processes may call it at once.
 *
 * @param folder the project's folder; `.btc-fake/` is made in it Throws REDIS_NOT_INSTALLED; REDIS_UNREACHABLE when the
 * server ends or does not answer in time.
 */
export async function acquireEmbeddedRedis(folder: string, options: EmbeddedRedisOptions = {}): Promise<EmbeddedRedis> {
  const home = join(realpathSync(folder), '.btc-fake');
  mkdirSync(join(home, 'redis'), { recursive: true, mode: 0o700 });
  const lock = join(home, 'redis.lock');
  const programs = options.programs ?? redisPrograms(folder);
  const listenLimitMs = options.listenLimitMs ?? LISTEN_LIMIT_MS;
  const { holder, socketPath, started } = await withFolderLock(lock, LOCK_LIMIT_MS, async () => {
    const joined = await joinRunning(home, listenLimitMs);
    return joined ?? (await start(home, programs, listenLimitMs));
  });
  let released: Promise<void> | undefined;
  return {
    url: socketPath,
    socketPath,
    started,
    release: () => {
      released ??= withFolderLock(lock, LOCK_LIMIT_MS, () => leave(holder, home, socketPath));
      return released;
    },
  };
}

interface Held {
  readonly holder: Redis;
  readonly socketPath: string;
  readonly started: boolean;
}

async function joinRunning(home: string, listenLimitMs: number): Promise<Held | undefined> {
  const record = readRecord(home);
  const socketPath = record?.socketPath ?? chooseSocketPath(home);
  const holder = await waitForServer(socketPath, record?.mark, listenLimitMs);
  if (holder !== undefined) return { holder, socketPath, started: false };
  if (record !== undefined && isRunning(record.mark)) {
    // It runs and nobody can reach it: its socket was removed. Two servers on one append-only file would spoil it.
    process.kill(Number.parseInt(record.mark, 10), 'SIGTERM');
    await waitForEnd(record.mark);
  }
  return undefined;
}

async function start(home: string, programs: readonly string[], listenLimitMs: number): Promise<Held> {
  const socketPath = chooseSocketPath(home);
  ensurePrivateFolder(dirname(socketPath));
  const log = join(home, 'redis.log');
  const logFd = openSync(log, 'a', 0o600);
  try {
    const child = await launchRedis(programs, { args: serverArguments(socketPath), cwd: join(home, 'redis'), logFd });
    child.unref();
    const mark = (child.pid === undefined ? undefined : processMark(child.pid)) ?? '';
    writeRecord(home, { mark, socketPath });
    const holder = await waitForServer(socketPath, mark, listenLimitMs);
    if (holder !== undefined) {
      // Redis measures every command within a script too, for statistics that nobody asks for here: a tenth of its
      // time. Redis 6 does not, and would not start with a setting that it does not know.
      await holder.config('SET', 'latency-tracking', 'no').catch(() => {});
      return { holder, socketPath, started: true };
    }
    child.kill('SIGKILL');
  } finally {
    closeSync(logFd);
  }
  throw new BtcFakeError('REDIS_UNREACHABLE', `The embedded Redis did not start. It said: ${lastLine(log)}`, {
    remedy: `Read ${log}; if its data are damaged and may be lost, remove ${join(home, 'redis')}.`,
  });
}

function serverArguments(socketPath: string): string[] {
  const settings = {
    port: '0',
    unixsocket: socketPath,
    unixsocketperm: '700',
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    // The older name of hash-max-listpack-value; Redis 7 and Valkey know both, Redis 6 this one only.
    'hash-max-ziplist-value': '512',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

async function leave(holder: Redis, home: string, socketPath: string): Promise<void> {
  try {
    const mark = processMark(await serverPid(holder)) ?? '';
    if ((await countHolders(holder)) > 1) return;
    await shutDown(holder);
    await waitForEnd(mark);
    removeRecord(home);
    if (dirname(socketPath) !== home) rmSync(dirname(socketPath), { recursive: true, force: true });
  } catch (error) {
    // A server that has ended already needs no stopping.
    if (error instanceof BtcFakeError || holder.status !== 'end') throw error;
  } finally {
    letGo(holder);
  }
}

async function waitForEnd(mark: string): Promise<void> {
  const deadline = Date.now() + STOP_LIMIT_MS;
  while (isRunning(mark)) {
    if (Date.now() > deadline) {
      throw new BtcFakeError(
        'REDIS_UNREACHABLE',
        `The embedded Redis (process ${Number.parseInt(mark, 10)}) does not stop.`,
        {
          remedy: 'End that process, then run the command again.',
        },
      );
    }
    await delay(POLL_MS);
  }
}

function lastLine(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
}
