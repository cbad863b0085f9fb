import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { isRunning, processMark } from '../../../src/adapters/disk/folder-lock.ts';
import {
  acquireEmbeddedRedis,
  type EmbeddedRedis,
  type EmbeddedRedisOptions,
} from '../../../src/adapters/embedded-redis/embedded-redis.ts';
import { installCommand } from '../../../src/adapters/embedded-redis/program.ts';
import { BtcFakeError } from '../../../src/domain/errors.ts';

const BUILT = pathToFileURL(
  join(import.meta.dirname, '../../../dist/src/adapters/embedded-redis/embedded-redis.js'),
).href;
/** A command of its own: takes the Redis of a folder, says so, and gives it back when its input ends. */
const HOLDER_SCRIPT = `
  import { acquireEmbeddedRedis } from ${JSON.stringify(BUILT)};
  const redis = await acquireEmbeddedRedis(process.argv[1]);
  console.log(JSON.stringify({ url: redis.url, started: redis.started }));
  process.stdin.resume().once('end', () => redis.release());
`;

let folder: string;
let held: EmbeddedRedis[];
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'btc-fake-embedded-'));
  held = [];
  children = [];
});

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  await Promise.all(held.map((redis) => redis.release()));
  rmSync(folder, { recursive: true, force: true });
});

async function acquire(where = folder, options: EmbeddedRedisOptions = {}): Promise<EmbeddedRedis> {
  const redis = await acquireEmbeddedRedis(where, options);
  held.push(redis);
  return redis;
}

async function acquireInChild(): Promise<{ child: ChildProcess; url: string; started: boolean }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HOLDER_SCRIPT, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(20_000) });
  lines.close();
  return { child, ...JSON.parse(String(line)) };
}

/** Runs commands on a connection that is closed again. */
async function on<T>(redis: EmbeddedRedis, work: (connection: Redis) => Promise<T>): Promise<T> {
  const connection = new Redis(redis.url, { retryStrategy: () => null });
  connection.on('error', () => {});
  try {
    return await work(connection);
  } finally {
    connection.disconnect();
  }
}

const pidOf = (redis: EmbeddedRedis) =>
  on(redis, async (connection) => Number(/process_id:(\d+)/.exec(await connection.info('server'))?.[1]));

const serverMark = async (redis: EmbeddedRedis) => processMark(await pidOf(redis)) ?? 'none';

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !condition(); await delay(10)) {
    if (Date.now() > deadline) throw new Error('the condition was not met in time');
  }
}

const permissions = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('a Redis that is started', () => {
  test('serves on a private socket only, appends every write to its file, never evicts and measures no command', async () => {
    const redis = await acquire();
    expect(redis.started).toBe(true);
    const settings = await on(redis, async (connection) => {
      const persistence = ['appendonly', 'appendfsync', 'save', 'maxmemory-policy', 'dir'];
      const names = ['port', ...persistence, 'hash-max-listpack-value', 'latency-tracking'];
      const replies = await Promise.all(names.map((name) => connection.config('GET', name)));
      return Object.fromEntries(replies.map((reply) => [String(reply).split(',')[0], String(reply).split(',')[1]]));
    });
    expect(settings).toEqual({
      port: '0',
      appendonly: 'yes',
      appendfsync: 'everysec',
      save: '',
      'maxmemory-policy': 'noeviction',
      'hash-max-listpack-value': '512',
      'latency-tracking': 'no',
      dir: join(folder, '.btc-fake', 'redis'),
    });
    expect(permissions(redis.socketPath)).toBe('700');
    expect(permissions(join(folder, '.btc-fake'))).toBe('700');
    expect(permissions(join(folder, '.btc-fake', 'redis'))).toBe('700');
    expect(readFileSync(join(folder, '.btc-fake', 'redis.log'), 'utf8')).toContain('ready to accept connections');
  });

  test('does not get the Ctrl-C of the terminal, because its process group is its own', async () => {
    const pid = await pidOf(await acquire());
    // A signal to the group whose leader is the server finds one, so it leads a group of its own.
    expect(() => process.kill(-pid, 0)).not.toThrow();
  });

  test('has its data again the next time', async () => {
    const first = await acquire();
    await on(first, (connection) => connection.set('week', '2026-01-05'));
    await first.release();
    expect(await on(await acquire(), (connection) => connection.get('week'))).toBe('2026-01-05');
  });

  test('works in a folder with spaces, quotes and letters beyond ASCII in its name', async () => {
    const odd = join(folder, `it's "my" fôlder`);
    mkdirSync(odd);
    const redis = await acquire(odd);
    expect(await on(redis, (connection) => connection.ping())).toBe('PONG');
  });

  test('has its socket in a private temporary folder when its own folder lies too deep, and removes that', async () => {
    const deep = join(folder, ...Array.from({ length: 12 }, () => 'twelve-chars'));
    mkdirSync(deep, { recursive: true });
    const redis = await acquire(deep);
    expect(Buffer.byteLength(redis.socketPath)).toBeLessThan(104);
    expect(permissions(dirname(redis.socketPath))).toBe('700');
    const second = await acquire(deep);
    expect(second).toMatchObject({ started: false, socketPath: redis.socketPath });
    await redis.release();
    await second.release();
    expect(existsSync(dirname(redis.socketPath))).toBe(false);
  });
});

describe('a second command in the same folder', () => {
  test('joins the running one, and the last one out stops it', async () => {
    const first = await acquire();
    const mark = await serverMark(first);
    const second = await acquireInChild();
    expect(second).toMatchObject({ started: false, url: first.url });
    await first.release();
    expect(isRunning(mark)).toBe(true);
    second.child.stdin?.end();
    await once(second.child, 'exit');
    expect(isRunning(mark)).toBe(false);
  });

  test('joins a Redis whose starter was killed, and stops it when it leaves', async () => {
    const killed = await acquireInChild();
    expect(killed.started).toBe(true);
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    const redis = await acquire();
    expect(redis.started).toBe(false);
    const mark = await serverMark(redis);
    await redis.release();
    expect(isRunning(mark)).toBe(false);
  });

  test('is one of many that come and go at once, and no write of any is ever lost', async () => {
    let writes = 0;
    const comeAndGo = async () => {
      for (let round = 0; round < 8; round++) {
        const redis = await acquire();
        await on(redis, (connection) => connection.incr('writes'));
        writes++;
        await redis.release();
      }
    };
    const inChild = async () => {
      for (let round = 0; round < 2; round++) {
        const { child, url } = await acquireInChild();
        await on({ url } as EmbeddedRedis, (connection) => connection.incr('writes'));
        writes++;
        child.stdin?.end();
        await once(child, 'exit');
        expect(child.exitCode).toBe(0);
      }
    };
    await Promise.all([comeAndGo(), comeAndGo(), comeAndGo(), inChild(), inChild()]);
    expect(await on(await acquire(), (connection) => connection.get('writes'))).toBe(String(writes));
  });
});

describe('what a killed process left behind does not block', () => {
  test('a socket file and the record of a Redis that is gone', async () => {
    const first = await acquire();
    const pid = await pidOf(first);
    await on(first, (connection) => connection.set('kept', 'yes'));
    const mark = processMark(pid) ?? 'none';
    process.kill(pid, 'SIGKILL');
    await until(() => !isRunning(mark));
    expect(existsSync(first.socketPath)).toBe(true);
    const second = await acquire();
    expect(second.started).toBe(true);
    expect(await on(second, (connection) => connection.get('kept'))).toBe('yes');
    await first.release();
    expect(await on(second, (connection) => connection.ping())).toBe('PONG');
  });

  test('a lock, also of a process whose number another process has now', async () => {
    mkdirSync(join(folder, '.btc-fake'));
    symlinkSync(`${process.pid}-1`, join(folder, '.btc-fake', 'redis.lock'));
    symlinkSync('999999999-1', join(folder, '.btc-fake', 'redis.lock.break'));
    expect((await acquire()).started).toBe(true);
  });

  test('a Redis that nobody can reach any more', async () => {
    const lost = await acquire();
    const mark = await serverMark(lost);
    await on(lost, (connection) => connection.set('kept', 'yes'));
    rmSync(lost.socketPath);
    const found = await acquire(folder, { listenLimitMs: 100 });
    expect(found.started).toBe(true);
    expect(isRunning(mark)).toBe(false);
    expect(await on(found, (connection) => connection.get('kept'))).toBe('yes');
  });

  test('half a record', async () => {
    mkdirSync(join(folder, '.btc-fake'));
    writeFileSync(join(folder, '.btc-fake', 'redis.json'), '{"mark":"1');
    expect((await acquire()).started).toBe(true);
  });
});

describe('errors', () => {
  test('no server installed: the error names the one command that installs it', async () => {
    const error = await acquireEmbeddedRedis(folder, { programs: ['no-such-redis-server'] }).catch((reason) => reason);
    expect(error).toBeInstanceOf(BtcFakeError);
    expect(error).toMatchObject({
      code: 'REDIS_NOT_INSTALLED',
      remedy: expect.stringMatching(/^Install it with `.+`/),
    });
  });

  test.each([
    ['darwin', '', true, 'brew install redis'],
    ['linux', 'ID=debian\n', true, 'apt-get install redis-server'],
    ['linux', 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', false, 'sudo apt-get install redis-server'],
    ['linux', 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', false, 'sudo apt-get install redis-server'],
    ['linux', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', false, 'sudo dnf install redis'],
    ['linux', 'ID=alpine\n', true, 'apk add redis'],
    ['linux', 'ID=nixos\n', false, 'npm run setup'],
    ['win32', '', false, 'npm run setup'],
  ] as const)('on %s with %j (root: %s) it is `%s`', (platform, release, isRoot, command) => {
    expect(installCommand(platform, release, isRoot)).toBe(command);
  });

  test('a server that does not start: the error says what it said', async () => {
    const data = join(folder, '.btc-fake', 'redis', 'appendonlydir');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'appendonly.aof.manifest'), 'no manifest\n');
    await expect(acquire()).rejects.toMatchObject({
      code: 'REDIS_UNREACHABLE',
      message: expect.stringMatching(/^The embedded Redis did not start\. It said: .*(manifest|line)/i),
    });
  });
});
