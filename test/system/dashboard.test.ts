// Proves the dashboard as a process: when it refuses to start, that it serves and stops at once, and that it outlives
// its Redis.
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { freePort, startTestRedis, type TestRedis } from '../support/redis.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

const LOGIN = { DASHBOARD_USER: 'ada', DASHBOARD_PASSWORD: 'correct horse' };
const AUTHORIZATION = `Basic ${Buffer.from('ada:correct horse').toString('base64')}`;
const SERVED = 'The dashboard is served';
let redis: TestRedis;
let place: Workspace;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
  place = await makeWorkspace({ employees: ['104829,a', '104830,b'], redisUrl: redis.url });
});
afterAll(async () => {
  await place?.remove();
  await redis?.stop();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The dashboard on a free port, when it is served. */
async function serve(args: readonly string[] = [], env: Record<string, string> = {}) {
  const port = await freePort('127.0.0.1');
  const command = place.start(['dashboard', '--port', String(port), ...args], env);
  closers.push(() => command.kill());
  await command.waitForStderr(SERVED);
  return { command, port, url: `http://127.0.0.1:${port}` };
}

async function pageOf(url: string, headers: Record<string, string> = {}): Promise<[status: number, page: string]> {
  const response = await fetch(url, { headers });
  return [response.status, await response.text()];
}

/** How it ended: with one clear line first. */
async function refusalOf(command: RunningBtcFake): Promise<[code: number | string, firstLine: string]> {
  const { code, stdout, stderr } = await command.ended;
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/\n {4}at /);
  return [code, stderr.split('\n')[0]!];
}

describe('it refuses to start', () => {
  test('on an address that others reach, without a login', async () => {
    const command = place.start(['dashboard', '--host', '0.0.0.0']);
    expect(await refusalOf(command)).toEqual([
      1,
      'btc-fake: 2 errors in the settings: DASHBOARD_USER, DASHBOARD_PASSWORD. (CONFIG_INVALID)',
    ]);
    expect(command.stderr).toContain('the dashboard would be open to everybody who reaches 0.0.0.0');
  });

  test.each(['abc', '65536'])('on the port %j, which is none', async (port) => {
    expect(await refusalOf(place.start(['dashboard', '--port', port]))).toEqual([
      1,
      'btc-fake: One error in the settings: DASHBOARD_PORT. (CONFIG_INVALID)',
    ]);
  });

  test('on a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    closers.push(() => server.close());
    await waitUntil('the port is taken', () => server.listening);
    const { port } = server.address() as { port: number };
    expect(await refusalOf(place.start(['dashboard', '--port', String(port)]))).toEqual([
      1,
      `btc-fake: Cannot listen on 127.0.0.1:${port}: something else listens there (PORT_UNAVAILABLE)`,
    ]);
  });

  test('with an option that it does not know', async () => {
    expect(await refusalOf(place.start(['dashboard', '--prot', '3000']))).toEqual([
      64,
      expect.stringMatching(/^btc-fake: unknown option '--prot'/),
    ]);
  });
});

test('it serves the runs, and ends at once when it is told to, no matter who is still listening', async () => {
  const { command, url } = await serve();
  const [status, page] = await pageOf(url);
  expect([status, page]).toEqual([200, expect.stringContaining('<h1>Runs</h1>')]);
  expect((await pageOf(`${url}/queues`))[0]).toBe(200);
  expect((await pageOf(`${url}/readyz`))[1]).toContain('ready');
  // A page that is kept up to date, and a connection on which nothing has been asked yet.
  const live = await fetch(`${url}/runs/events`);
  expect(live.headers.get('content-type')).toBe('text/event-stream');
  const ended = live.text().catch(() => 'cut off');
  command.signal('SIGTERM');
  const { code } = await command.ended;
  expect(code).toBe(0);
  await ended;
});

test('with a login it may be reached by others, and asks them who they are', async () => {
  const { command, url } = await serve(['--host', '0.0.0.0'], LOGIN);
  expect((await pageOf(url))[0]).toBe(401);
  expect((await pageOf(`${url}/healthz`))[0]).toBe(200);
  expect((await pageOf(url, { authorization: AUTHORIZATION }))[0]).toBe(200);
  expect((await pageOf(url, { authorization: AUTHORIZATION.replace('Basic ', 'Basic x') }))[0]).toBe(401);
  expect(command.stderr).toContain('A login to the dashboard was wrong');
  expect(command.stderr).not.toMatch(/correct horse|Y29ycmVjdC/);
});

test('while Redis is away its pages say so, and come back by themselves', async () => {
  const proxy = await startTcpProxy({ host: redis.host, port: redis.port });
  closers.push(() => proxy.close());
  const { command, url } = await serve([], { REDIS_URL: `redis://${proxy.host}:${proxy.port}` });
  expect((await pageOf(url))[0]).toBe(200);
  for (const fault of [{ refuse: true }, { blackHole: true }]) {
    proxy.misbehave(fault);
    proxy.cut();
    const asked = ['/', '/queues/api/queues'].map((path) => pageOf(url + path));
    const away = [503, expect.stringContaining('Redis does not answer')];
    expect([fault, ...(await Promise.all(asked))]).toEqual([fault, away, away]);
    expect((await pageOf(`${url}/healthz`))[0]).toBe(200);
    expect((await pageOf(`${url}/queues`))[0]).toBe(200);
    proxy.misbehave();
    proxy.cut();
    await waitUntil('the pages are back', async () => (await pageOf(url))[0] === 200, 10_000);
    expect((await pageOf(`${url}/queues/api/queues`))[0]).toBe(200);
  }
  expect(command.stderr).not.toMatch(/UnhandledPromise|\n {4}at /);
});
