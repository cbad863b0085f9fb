// Proves who gets an answer from the dashboard, who may change something, and what every answer tells the browser.

import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';

const LOGIN = { DASHBOARD_USER: 'ada', DASHBOARD_PASSWORD: 'correct horse' };
const RIGHT = `Basic ${Buffer.from('ada:correct horse').toString('base64')}`;
let fixture: RunFixture;
/** Without a login, and with one. */
let open: ServedDashboard;
let guarded: ServedDashboard;
let now = Date.now();

beforeAll(async () => {
  fixture = await openRunFixture();
  open = await serveDashboard(fixture);
  guarded = await serveDashboard(fixture, LOGIN, { now: () => now });
});
afterAll(async () => {
  await open?.close();
  await guarded?.close();
  await fixture?.close();
});
afterEach(() => {
  // The next test's wrong logins are not counted together with this one's.
  now += 60_000;
});

/** Status and text of an answer. */
async function answerOf(response: Promise<Response>): Promise<[status: number, body: string, headers: Headers]> {
  const { status, headers } = await response;
  return [status, await (await response).text(), headers];
}
const statusOf = async (response: Promise<Response>) => (await answerOf(response))[0];
const login = (password: string) => `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`;

test.each([
  ['127.0.0.1:3000', 200],
  ['127.8.9.1', 200],
  ['localhost:3000', 200],
  ['LOCALHOST', 200],
  ['dash.localhost', 200],
  ['[::1]:3000', 200],
  ['evil.example', 403],
  ['127.0.0.1.evil.example', 403],
  ['localhost.evil.example:3000', 403],
  ['10.0.0.1:3000', 403],
  ['[::2]', 403],
  ['@', 403],
])('without a login, asked for as %j it answers %d', async (host, status) => {
  const response = await open.app.inject({ url: '/', headers: { host } });
  expect(response.statusCode).toBe(status);
  if (status === 403) expect(response.body).toContain('a name that is not this machine');
});

test('without a login, asked for under no name at all, it does not answer', async () => {
  expect(await overTheWire('GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /);
});

test('with a login any name will do', async () => {
  const headers = { host: 'dashboard.example', authorization: RIGHT };
  expect((await guarded.app.inject({ url: '/', headers })).statusCode).toBe(200);
});

test.each([
  '/',
  '/queues',
  '/queues/api/queues',
  '/queues/static/favicon.ico',
  '/assets/dashboard.css',
  '/nothing',
  '//',
])('with a login, %s asks for it', async (path) => {
  const [status, body, headers] = await answerOf(guarded.ask(path));
  expect([status, headers.get('www-authenticate')]).toEqual([401, 'Basic realm="BTC Fake", charset="UTF-8"']);
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(body).toContain('Log in to see the dashboard');
  expect(await statusOf(guarded.ask(path, { headers: { authorization: RIGHT } }))).not.toBe(401);
});

test('machines ask after health and metrics without a login, and nothing else', async () => {
  for (const path of ['/healthz', '/readyz', '/metrics', '/healthz/', '/metrics?x=1']) {
    expect([path, await statusOf(guarded.ask(path))]).not.toEqual([path, 401]);
  }
  for (const path of ['/healthz/x', '/metrics/../', '/HEALTHZ', '/%2Fhealthz', '/healthz%2F..', '/?/metrics']) {
    expect([path, await statusOf(guarded.ask(path))]).toEqual([path, 401]);
  }
  expect(await statusOf(guarded.ask('/healthz', { method: 'POST' }))).toBe(401);
});

test('guessing is slowed: the sixth wrong login must wait, and is told how long', async () => {
  const attempts = [];
  for (const n of [1, 2, 3, 4, 5]) {
    attempts.push(await statusOf(guarded.ask('/', { headers: { authorization: login(`guess ${n}`) } })));
  }
  expect(attempts).toEqual([401, 401, 401, 401, 401]);
  now += 20_000;
  const [status, body, headers] = await answerOf(guarded.ask('/', { headers: { authorization: RIGHT } }));
  expect([status, headers.get('retry-after')]).toEqual([429, '40']);
  expect(body).toContain('Too many wrong logins');
  now += 40_000;
  expect(await statusOf(guarded.ask('/', { headers: { authorization: RIGHT } }))).toBe(200);
});

test('a browser that logged in keeps a token, with which it is not slowed by others', async () => {
  const [, , first] = await answerOf(guarded.ask('/', { headers: { authorization: RIGHT } }));
  const cookie = first.get('set-cookie')!;
  expect(cookie).toMatch(/^btc-fake-known=\w+\.\w+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/);
  for (const n of [1, 2, 3, 4, 5])
    await statusOf(guarded.ask('/', { headers: { authorization: login(`guess ${n}`) } }));
  const headers = { authorization: RIGHT, cookie: `other=1; ${cookie.split(';')[0]}; more=2` };
  const [status, , again] = await answerOf(guarded.ask('/', { headers }));
  expect([status, again.get('set-cookie')]).toEqual([200, null]);
  expect(await statusOf(guarded.ask('/', { headers: { authorization: RIGHT } }))).toBe(429);
  // Over HTTPS it stays there.
  now += 60_000;
  const [, , secure] = await answerOf(
    guarded.ask('/', { headers: { authorization: RIGHT, 'x-forwarded-proto': 'https' } }),
  );
  expect(secure.get('set-cookie')).toMatch(/; Secure$/);
});

test('a wrong login is logged with its address, once, and with nothing of what was typed', async () => {
  const before = fixture.log.length;
  for (let i = 0; i < 3; i += 1)
    await statusOf(guarded.ask('/', { headers: { authorization: login('typed secret') } }));
  const lines = fixture.log.slice(before);
  expect(lines.filter(({ level }) => level === 40)).toEqual([
    expect.objectContaining({ address: '127.0.0.1', msg: 'A login to the dashboard was wrong' }),
  ]);
  const typed = [login('typed secret').slice('Basic '.length), 'typed secret', 'ada'];
  expect(typed.filter((text) => JSON.stringify(lines).includes(text))).toEqual([]);
});

test.each([
  ['the page itself', { 'sec-fetch-site': 'same-origin' }, 404],
  ['the page itself, by a browser that does not say so', { origin: 'http://127.0.0.1:3000' }, 404],
  ['the page itself, behind a proxy for HTTPS', { origin: 'https://127.0.0.1:3000' }, 404],
  [
    'the page itself, by a name in capitals and with its port',
    { host: 'LOCALHOST:80', origin: 'http://localhost' },
    404,
  ],
  [
    'the page itself, behind a proxy that tells the name',
    { origin: 'http://d.example:81', 'x-forwarded-host': 'd.example:81, p' },
    404,
  ],
  [
    'another port than that which the proxy tells',
    { origin: 'http://d.example', 'x-forwarded-host': 'd.example:81' },
    403,
  ],
  ['another site, behind a proxy', { 'sec-fetch-site': 'cross-site', 'x-forwarded-host': '127.0.0.1:3000' }, 403],
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'http://127.0.0.1:3000' }, 403],
  ['another name of the same site', { 'sec-fetch-site': 'same-site' }, 403],
  ['no page', { 'sec-fetch-site': 'none' }, 403],
  ['another site, by a browser that does not say so', { origin: 'https://evil.example' }, 403],
  ['another port', { origin: 'http://127.0.0.1:3001' }, 403],
  ['a page that hides where it is from', { origin: 'null' }, 403],
  ['who knows', {}, 403],
  ['nonsense', { origin: '127.0.0.1:3000' }, 403],
])('a change that comes from %s', async (_whose, headers, status) => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    const response = await open.app.inject({
      method,
      url: '/nothing-there',
      headers: { host: '127.0.0.1:3000', ...headers },
    });
    expect([method, response.statusCode]).toEqual([method, status]);
    if (status === 403) expect(response.body).toContain('the header &quot;Origin&quot;');
  }
});

test('behind a proxy that takes the port off, the refusal names both addresses and what the proxy has to send', async () => {
  const headers = { host: 'dash.example', origin: 'http://dash.example:8080', authorization: RIGHT };
  const { statusCode, body } = await guarded.app.inject({ method: 'POST', url: '/schedule/apply', headers });
  expect(statusCode).toBe(403);
  expect(body).toContain('The page is at dash.example:8080, and the dashboard was asked for as dash.example.');
  expect(body).toContain('proxy_set_header Host $http_host');
});

test("Bull Board's script is refused in the form that it shows", async () => {
  const path = '/queues/api/queues/employee-simulation/pause';
  const [status, body] = await answerOf(open.ask(path, { method: 'PUT', headers: { origin: 'http://evil.example' } }));
  expect([status, JSON.parse(body)]).toEqual([
    403,
    { error: expect.stringMatching(/nothing was done/), message: expect.stringMatching(/Origin/) },
  ]);
  expect(await fixture.queues.byName['employee-simulation'].isPaused()).toBe(false);
  const [unknown, login] = await answerOf(guarded.ask('/queues/api/queues'));
  expect([unknown, JSON.parse(login)]).toMatchObject([401, { error: 'Log in to see the dashboard' }]);
});

test('every answer says how the browser must treat it', async () => {
  const csp =
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';form-action 'self';" +
    "base-uri 'none';frame-ancestors 'none'";
  for (const path of ['/', '/nothing', '/assets/dashboard.css', '/healthz']) {
    const [, , headers] = await answerOf(open.ask(path));
    expect([path, Object.fromEntries(headers)]).toEqual([
      path,
      expect.objectContaining({
        'content-security-policy': csp,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': path.startsWith('/assets') ? 'public, max-age=300' : 'no-store',
      }),
    ]);
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  }
  const [, , secure] = await answerOf(open.ask('/', { headers: { 'x-forwarded-proto': 'https' } }));
  expect(secure.get('strict-transport-security')).toBe('max-age=31536000');
});

test('Bull Board may load its own worker and set its base, and its exceptions are its alone', async () => {
  const [, , headers] = await answerOf(open.ask('/queues'));
  const policy = headers.get('content-security-policy');
  expect(policy).toBe(
    "default-src 'none';script-src 'self';style-src 'self' 'sha256-r2N1TB/gHbBtBZFKg7ejmq1acVSREzucTAEw6ga4hoU=';" +
      "img-src 'self' data:;connect-src 'self';worker-src 'self';form-action 'none';base-uri 'self';frame-ancestors 'none'",
  );
  expect((await answerOf(open.ask('/')))[2].get('content-security-policy')).toContain("base-uri 'none'");
});

test('a request is logged by its path, without what is asked for in it', async () => {
  const before = fixture.log.length;
  await statusOf(open.ask('/nothing?password=in-the-address'));
  const lines = fixture.log.slice(before).filter(({ msg }) => msg === 'Answered a request');
  expect(lines).toEqual([
    expect.objectContaining({ level: 20, method: 'GET', path: '/nothing', status: 404, address: '127.0.0.1' }),
  ]);
  expect(JSON.stringify(lines)).not.toContain('in-the-address');
});

test('what is too large, too long or unheard of is refused, and the dashboard continues', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = 'x'.repeat(70_000);
  const put = (more: RequestInit) =>
    statusOf(open.ask('/queues/api/queues/pause', { method: 'PUT', headers: form, ...more }));
  expect(await put({ body })).toBe(413);
  expect(await put({ headers: { ...form, 'x-long': 'x'.repeat(20_000) } })).toBe(431);
  expect(await put({ headers: { 'content-type': 'text/xml' }, body: '<x/>' })).toBe(415);
  expect(await put({ headers: { 'content-type': 'application/json' }, body: '{"__proto__":{"x":1}}' })).toBe(400);
  expect(await statusOf(open.ask(`/runs/${'x'.repeat(5_000)}`))).toBe(414);
  expect(await statusOf(open.ask('/%ff'))).toBe(400);
  for (const method of ['OPTIONS', 'PROPFIND', 'QUERY']) {
    expect([method, await statusOf(open.ask('/', { method }))]).not.toEqual([method, 200]);
  }
  expect(await overTheWire('BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect(await overTheWire('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n')).toMatch(
    /^HTTP\/1\.1 40[03] /,
  );
  expect(await statusOf(open.ask('/'))).toBe(200);
  // Node.js looks after the time: for the whole request, and for its head.
  expect([open.app.server.requestTimeout, open.app.server.headersTimeout]).toEqual([300_000, 20_000]);
});

/** What comes back for these bytes. */
async function overTheWire(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(open.url).port), '127.0.0.1');
  socket.end(bytes);
  return text(socket);
}
