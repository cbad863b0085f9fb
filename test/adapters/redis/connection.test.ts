// Proves that a Redis that does not answer, or cannot be trusted with a queue, is refused at once and without its
// password.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { RedisConnection } from '../../../src/adapters/redis/client.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { assertSuitableRedis } from '../../../src/adapters/redis/suitability.ts';
import { safeLocation } from '../../../src/domain/connections/redis-address.ts';
import { failureOf } from '../../support/failure-of.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import { startPretender } from '../../support/redis-pretender.ts';

const ROLES = ['worker', 'command'] as const;
const PASSWORD = 'c0rrect-h0rse';
let server: TestRedis;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server?.stop());
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(location: string, role: (typeof ROLES)[number] = 'command'): Promise<RedisConnection> {
  const redis = await connectRedis(location, role);
  closers.push(() => redis.disconnect());
  return redis;
}

/** A port with something behind it that is given to every connection. */
async function serve(handle: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const stand: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    handle(socket);
  });
  stand.listen(0, '127.0.0.1');
  await once(stand, 'listening');
  closers.push(async () => {
    const closed = once(stand, 'close');
    stand.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (stand.address() as AddressInfo).port;
}

/** The test's Redis, which says that it is of another version. */
async function pretendVersion(version: string): Promise<number> {
  const pretender = await startPretender(server, version);
  closers.push(() => pretender.close());
  return pretender.port;
}

describe.each(ROLES)('as a %s', (role) => {
  test.each([
    ['a URL', () => server.url],
    ['the path of a socket', () => server.path],
  ])('it connects by %s', async (_what, location) => {
    const redis = await open(location(), role);
    expect(await redis.ping()).toBe('PONG');
  });

  test('a server that is not there is refused at once, with its address and without its password', async () => {
    const port = await serve(() => {});
    await closers.pop()!();
    const started = Date.now();
    const error = await failureOf(connectRedis(`redis://someone:${PASSWORD}@127.0.0.1:${port}/2`, role));
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(error.code).toBe('REDIS_UNREACHABLE');
    expect(error.message).toContain(`Redis at redis://127.0.0.1:${port}/2 does not answer`);
    expect(error.message).toContain('ECONNREFUSED');
    expect(JSON.stringify([error.message, error.remedy, error.lines])).not.toMatch(/c0rrect|someone/);
  });

  test('a path at which nothing listens is refused', async () => {
    const error = await failureOf(connectRedis('/nowhere/redis.sock', role));
    expect(error.code).toBe('REDIS_UNREACHABLE');
    expect(error.message).toContain('Redis at /nowhere/redis.sock does not answer');
  });

  test('a server that hangs up is refused', async () => {
    const port = await serve((socket) => socket.destroy());
    expect((await failureOf(connectRedis(`redis://127.0.0.1:${port}`, role))).code).toBe('REDIS_UNREACHABLE');
  });

  test('a wrong password and a missing one are refused, and not shown', async () => {
    const guarded = await startGuardedRedis();
    for (const login of ['', ':wr0ng-one@']) {
      const error = await failureOf(connectRedis(`redis://${login}${guarded.host}:${guarded.port}`, role));
      expect(error.code).toBe('REDIS_UNREACHABLE');
      expect(error.message).toContain('to this user name and password');
      expect(`${error.message}${error.remedy}`).not.toMatch(/wr0ng|c0rrect/);
    }
    const redis = await open(`redis://:${PASSWORD}@${guarded.host}:${guarded.port}`, role);
    expect(await redis.ping()).toBe('PONG');
  });
});

async function startGuardedRedis(): Promise<TestRedis> {
  const guarded = await startTestRedis();
  closers.push(() => guarded.stop());
  const redis = await connectRedis(guarded.url, 'command');
  await redis.config('SET', 'requirepass', PASSWORD);
  redis.disconnect();
  return guarded;
}

test('a command on a connection that is lost fails at once; a worker waits for Redis to come back', async () => {
  const away = await startTestRedis();
  const [command, worker] = await Promise.all([open(away.url, 'command'), open(away.url, 'worker')]);
  await worker.ping();
  await away.stop();
  const started = Date.now();
  await expect(command.get('x')).rejects.toThrow();
  expect(Date.now() - started).toBeLessThan(3_000);
  const waiting = worker.get('x');
  const back = await startTestRedis({ port: String(away.port) });
  closers.push(() => back.stop());
  expect(await waiting).toBeNull();
});

test('a suitable Redis tells what it is', async () => {
  expect(await assertSuitableRedis(await open(server.url))).toEqual({
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    evictionPolicy: 'noeviction',
  });
});

test.each(['allkeys-lru', 'volatile-ttl'])('a Redis that may evict keys (%s) is refused', async (policy) => {
  const redis = await open(server.url);
  await redis.config('SET', 'maxmemory-policy', policy);
  closers.push(() => redis.config('SET', 'maxmemory-policy', 'noeviction'));
  const error = await failureOf(assertSuitableRedis(redis));
  expect(error.code).toBe('REDIS_UNSUITABLE');
  expect(error.message).toContain(policy);
  expect(error.remedy).toContain('noeviction');
});

test.each([
  ['5.0.9', false],
  ['6.0.16', false],
  ['6.10.0', true],
  ['6.2.0', true],
  ['10.0.0', true],
])('version %s: suitable is %s', async (version, suitable) => {
  const redis = await open(`redis://127.0.0.1:${await pretendVersion(version)}`);
  if (suitable) {
    expect((await assertSuitableRedis(redis)).version).toBe(version);
    return;
  }
  const error = await failureOf(assertSuitableRedis(redis));
  expect(error.code).toBe('REDIS_UNSUITABLE');
  expect(error.message).toBe(`Redis ${version} is too old; 6.2.0 is the lowest version`);
});

test.each([
  ['redis://user:secret@cache.example:6380/3', 'redis://cache.example:6380/3'],
  ['rediss://:se%2Fcret@cache.example', 'rediss://cache.example'],
  ['redis://cache.example:6379?password=secret', 'redis://cache.example:6379'],
  ['/run/redis.sock', '/run/redis.sock'],
])('%s is shown as %s', (location, shown) => {
  expect(safeLocation(location)).toBe(shown);
});

test.each([
  'redis://:se#cret@cache.example',
  'redis://:secret@:x',
  'user:secret@cache.example:6379',
  'redis://u:secret@h:99999',
])('a location that cannot be parsed shows no password either: %s', (location) => {
  expect(safeLocation(location)).not.toMatch(/secret|se#cret|cret/);
});
