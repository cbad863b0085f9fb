// Proves that a connection takes no command unless its login, database and name have been accepted, at first and after
// every reconnect.
import { afterEach, describe, expect, test } from '@jest/globals';
import type { RedisConnection } from '../../../src/adapters/redis/client.ts';
import { type ConnectionRole, connectRedis } from '../../../src/adapters/redis/connection.ts';
import { failureOf } from '../../support/failure-of.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';

const ROLES: ConnectionRole[] = ['worker', 'command', 'dashboard'];
const PASSWORD = 'c0rrect-h0rse';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(settings: Record<string, string> = {}): Promise<TestRedis> {
  const server = await startTestRedis(settings);
  closers.push(() => server.stop());
  return server;
}

async function open(location: string, role: ConnectionRole = 'command'): Promise<RedisConnection> {
  const redis = await connectRedis(location, role);
  closers.push(() => redis.disconnect());
  return redis;
}

async function keysAt(location: string): Promise<string[]> {
  const redis = await connectRedis(location, 'command');
  return redis.keys('*').finally(() => redis.disconnect());
}

/** Another server at the same address, which lacks something that the one before had. */
async function replace(server: TestRedis, settings: Record<string, string>): Promise<TestRedis> {
  await server.stop();
  return serve({ ...settings, port: String(server.port) });
}

function lastErrorOf(redis: RedisConnection): () => string | undefined {
  let last: string | undefined;
  redis.on('error', (error: Error) => {
    last = error.message;
  });
  return () => last;
}

describe.each(ROLES)('as a %s', (role) => {
  test('a database that Redis does not have is refused, and never becomes database 0', async () => {
    const server = await serve({ databases: '1' });
    const { code, message, remedy } = await failureOf(connectRedis(`${server.url}/1`, role));
    expect(code).toBe('REDIS_REFUSED');
    expect(message).toBe(`Redis at ${server.url}/1 does not have this database (ERR DB index is out of range)`);
    expect(remedy).toContain('`databases`');
  });

  test('a password is refused by a Redis that has none', async () => {
    const server = await serve();
    const { code, message } = await failureOf(connectRedis(server.url.replace('//', `//:${PASSWORD}@`), role));
    expect(code).toBe('REDIS_UNREACHABLE');
    expect(message).toContain('does not answer to this user name and password');
    expect(message).not.toContain(PASSWORD);
  });

  test('a user who may not name the connection is refused', async () => {
    const server = await serve();
    const admin = await open(server.url);
    await admin.call('ACL', 'SETUSER', 'nameless', 'on', `>${PASSWORD}`, '~*', '+@all', '-client|setname');
    const location = server.url.replace('//', `//nameless:${PASSWORD}@`);
    const { code, message } = await failureOf(connectRedis(location, role));
    expect(code).toBe('REDIS_REFUSED');
    expect(message).toMatch(/does not let this user do what BTC Fake needs \(NOPERM .*client\|setname/);
  });
});

describe('a connection that has to be made again', () => {
  test.each(['the connection', 'its copy, as BullMQ makes one,'])(
    '%s waits for its database, and writes nothing to database 0',
    async (which) => {
      const server = await serve({ databases: '2' });
      const first = await open(`${server.url}/1`, 'worker');
      const redis = which === 'the connection' ? first : first.duplicate();
      closers.push(() => redis.disconnect());
      await redis.set('before', '1');
      const lastError = lastErrorOf(redis);
      const without = await replace(server, { databases: '1' });
      const writing = redis.set('after', '1');
      await waitUntil('the database is refused', () => lastError()?.includes('DB index') === true);
      expect(await keysAt(without.url)).toEqual([]);
      const back = await replace(without, { databases: '2' });
      expect(await writing).toBe('OK');
      expect(await keysAt(`${back.url}/1`)).toEqual(['after']);
      expect(await keysAt(back.url)).toEqual([]);
    },
  );

  test('is not used by a dashboard while its database is not there: commands fail', async () => {
    const server = await serve({ databases: '2' });
    const redis = await open(`${server.url}/1`, 'dashboard');
    await redis.set('before', '1');
    const without = await replace(server, { databases: '1' });
    await expect(redis.set('after', '1')).rejects.toThrow();
    expect(await keysAt(without.url)).toEqual([]);
  });

  test('is not used when the password that it gives is not asked for any more', async () => {
    const server = await serve({ requirepass: PASSWORD });
    const redis = await open(server.url.replace('//', `//:${PASSWORD}@`), 'worker');
    await redis.set('before', '1');
    const lastError = lastErrorOf(redis);
    const stranger = await replace(server, {});
    const writing = redis.set('after', '1');
    await waitUntil('the login is refused', () => lastError()?.includes('WRONGPASS') === true);
    expect(await keysAt(stranger.url)).toEqual([]);
    const back = await replace(stranger, { requirepass: PASSWORD });
    expect(await writing).toBe('OK');
    expect(back.port).toBe(server.port);
  });
});
