import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { launchRedis, redisPrograms } from '../../src/adapters/embedded-redis/program.ts';

export interface TestRedis {
  /** `redis://127.0.0.1:PORT`, for REDIS_URL. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The same server on a Unix socket. */
  readonly path: string;
  stop(): Promise<void>;
}

/**
 * A throw-away real Redis on a free port, empty and without persistence. `settings` are further ones of redis.conf, for
 * example `{ maxmemory: '4mb' }`.
 */
export async function startTestRedis(settings: Record<string, string> = {}): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'btc-fake-redis-'));
  const host = '127.0.0.1';
  const path = join(folder, 'redis.sock');
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(host);
    const all: Record<string, string> = {
      bind: host,
      port: String(port),
      unixsocket: path,
      save: '',
      appendonly: 'no',
      ...settings,
    };
    const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
    const child = await launchRedis(redisPrograms(process.cwd()), { args, cwd: folder, logFd: 'ignore' });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const stop = async () => {
      // SIGKILL: it has nothing to save, and a test may have suspended it.
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    };
    if (await isAnswering(path, () => child.exitCode !== null, all.requirepass)) {
      return { url: `redis://${host}:${all.port}`, host, port: Number(all.port), path, stop };
    }
    // Another process took the port between the two calls: once more.
    child.kill('SIGKILL');
    await ended;
    if (attempt === 3) throw new Error('redis-server did not start');
  }
}

/** Whether a server answers on its socket within 10 s; gives up when `hasEnded`. */
export async function isAnswering(path: string, hasEnded: () => boolean, password?: string): Promise<boolean> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline && !hasEnded(); await delay(10)) {
    const redis = new Redis({
      path,
      lazyConnect: true,
      // A test may have taken INFO away.
      enableReadyCheck: false,
      retryStrategy: () => null,
      ...(password === undefined ? {} : { password }),
    });
    redis.on('error', () => {});
    try {
      await redis.connect();
      await redis.ping();
      return true;
    } catch {
      // Not yet.
    } finally {
      if (redis.status !== 'end') redis.disconnect();
    }
  }
  return false;
}

/** A port of this address that nobody listens on now. */
export async function freePort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
