import type { ChildProcess } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchRedis, redisPrograms } from '../../src/adapters/embedded-redis/program.ts';
import { freePort, isAnswering } from './redis.ts';

/** A real Redis with an append-only file that is written through, on one port for as long as it lives. */
export interface DurableRedis {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** SIGKILL, as a machine that loses power. */
  kill(): Promise<void>;
  /** Starts it again from its append-only file. */
  restart(): Promise<void>;
  /** SIGSTOP: it takes connections and says nothing. */
  suspend(): void;
  resume(): void;
  /** Keeps a copy of the append-only file as it is now. */
  backUp(): Promise<void>;
  /** Kills it and starts it again from the copy. */
  restoreBackup(): Promise<void>;
  /** How long the append-only file is, in bytes. */
  written(): Promise<number>;
  /** Kills it and starts it again with so many bytes less of its append-only file, but at least with `atLeast`. */
  cutTail(bytes: number, atLeast: number): Promise<void>;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Starts one. `settings` are further ones of redis.conf. The caller stops it, also when the test failed. */
export async function startDurableRedis(settings: Record<string, string> = {}): Promise<DurableRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'btc-fake-durable-'));
  const [data, backup, socket] = [join(folder, 'appendonlydir'), join(folder, 'backup'), join(folder, 'redis.sock')];
  const port = await freePort(HOST);
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();

  const restart = async () => {
    const all = {
      bind: HOST,
      port: String(port),
      unixsocket: socket,
      save: '',
      appendonly: 'yes',
      appendfsync: 'always',
      ...settings,
    };
    const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
    const started = await launchRedis(redisPrograms(process.cwd()), { args, cwd: folder, logFd: 'ignore' });
    child = started;
    ended = new Promise((resolve) => started.once('exit', () => resolve()));
    const answers = await isAnswering(socket, () => started.exitCode !== null, settings.requirepass);
    if (!answers) throw new Error('redis-server did not start');
  };
  const kill = async () => {
    child?.kill('SIGKILL');
    await ended;
  };
  const tail = async () => {
    const increments = (await readdir(data)).filter((name) => name.endsWith('.incr.aof')).sort();
    const path = join(data, increments.at(-1)!);
    return { path, size: (await stat(path)).size };
  };
  await restart();
  return {
    url: `redis://${HOST}:${port}`,
    host: HOST,
    port,
    kill,
    restart,
    suspend: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    backUp: async () => {
      await rm(backup, { recursive: true, force: true });
      await cp(data, backup, { recursive: true });
    },
    restoreBackup: async () => {
      await kill();
      await rm(data, { recursive: true });
      await cp(backup, data, { recursive: true });
      await restart();
    },
    written: async () => (await tail()).size,
    cutTail: async (bytes, atLeast) => {
      await kill();
      const { path, size } = await tail();
      await truncate(path, Math.max(size - bytes, Math.min(size, atLeast)));
      await restart();
    },
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
