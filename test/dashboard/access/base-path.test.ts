// Proves that below a path (DASHBOARD_BASE_PATH) every address that the dashboard gives has it, whether or not the
// proxy takes it off.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DASHBOARD_PARTS } from '../../../config/formats.ts';
import { createDashboard } from '../../../src/dashboard/server.ts';
import { fannedOutRun, takeJobs } from '../../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';
import { dashboardContext, type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';
import { listenTo } from '../../support/server-sent-events.ts';
import { waitUntil } from '../../support/wait-until.ts';

const LOGIN = { DASHBOARD_USER: 'ada', DASHBOARD_PASSWORD: 'correct horse' };
const authorization = `Basic ${Buffer.from('ada:correct horse').toString('base64')}`;
let fixture: RunFixture;
let dashboard: ServedDashboard;
let pages: string[];

beforeAll(async () => {
  fixture = await openRunFixture();
  dashboard = await serveDashboard(fixture, { ...LOGIN, DASHBOARD_BASE_PATH: '/tools/btc-fake/' });
  const run = await fannedOutRun(fixture, people(4));
  await takeJobs(fixture, 'employee-simulation', 3, () => 'RECOMMENDER_REJECTED: no');
  const path = `/runs/${run.plan.id}`;
  const ofRun = [path, `${path}/failed`, `${path}/employees/100001`];
  pages = ['/', '/start', '/schedule', '/charts', '/connections', '/configuration', '/queues', '/nothing', ...ofRun];
});
afterAll(async () => {
  await dashboard?.close();
  await fixture?.close();
});

/** With its body read, so that the connection is free again. */
const read = async (response: Response) => ({
  status: response.status,
  headers: response.headers,
  text: await response.text(),
});
const ask = async (path: string, options: RequestInit = {}) =>
  read(await dashboard.ask(path, { ...options, headers: { authorization, ...options.headers } }));
const addressesIn = (markup: string) =>
  Array.from(
    markup.matchAll(/(?:href|src|action|data-live|"url"|"path"|"default")[=:]"([^"#]+)/g),
    ([, found]) => found!,
  );
/** What leads out of the path; what Bull Board loads is relative to its own base. */
const outside = (markup: string) =>
  addressesIn(markup).filter((address) => !/^(\/tools\/btc-fake\/|static\/|data:)/.test(address));

describe.each([
  ['passes the path on', '/tools/btc-fake'],
  ['takes the path off', ''],
])('behind a proxy that %s', (_how, prefix) => {
  test('every address in every page has the path, and leads somewhere', async () => {
    const found = new Set<string>();
    for (const path of pages) {
      const { status, text: markup } = await ask(`${prefix}${path}`);
      expect([path, status, outside(markup)]).toEqual([path, path === '/nothing' ? 404 : 200, []]);
      for (const [, address] of markup.matchAll(/(?:href|src)="(\/[^"#]+)/g)) found.add(address!);
    }
    expect(found.size).toBeGreaterThan(15);
    for (const address of found) {
      const asked = address.slice('/tools/btc-fake'.length);
      expect([address, (await ask(`${prefix}${asked}`)).status]).toEqual([address, 200]);
    }
  });

  test('a button leads to a page below the path', async () => {
    const { status, headers } = await ask(`${prefix}/schedule/remove`, { method: 'POST' });
    expect([status, headers.get('location')]).toEqual([303, '/tools/btc-fake/schedule?done=none']);
  });

  test("Bull Board's script and its data are there", async () => {
    const { status } = await ask(`${prefix}/queues/api/queues`);
    expect(status).toBe(200);
    const { text: markup } = await ask(`${prefix}/queues`);
    const script = /src="(static\/[^"]+)"/.exec(markup)![1]!;
    expect(markup).toContain('<base href="/tools/btc-fake/queues/"');
    expect((await ask(`${prefix}/queues/${script}`)).status).toBe(200);
  });

  test('the live parts of a page have the path too', async () => {
    const withLogin = dashboard.url.replace('//', '//ada:correct%20horse@');
    const events = await listenTo(`${withLogin}${prefix}/runs/events`);
    try {
      await waitUntil('the list has come', () => events.latest.has('run-list'));
      expect(events.latest.get('run-list')).toMatch(/href="\/tools\/btc-fake\/runs\/run-/);
      expect(outside(events.latest.get('run-list')!)).toEqual([]);
    } finally {
      events.close();
    }
  });

  test('the cookie of a browser that logged in is kept to the path', async () => {
    const { headers } = await ask(`${prefix}/`);
    expect(headers.get('set-cookie')).toMatch(/; Path=\/tools\/btc-fake\/;/);
  });
});

test('an address that only begins like the path is no page, and health needs no path', async () => {
  expect((await ask('/tools/btc-faker')).status).toBe(404);
  expect((await ask('/tools/btc-fake')).status).toBe(200);
  expect((await ask('/tools/btc-fake?page=1')).status).toBe(200);
  expect((await read(await fetch(`${dashboard.url}/healthz`))).status).toBe(200);
});

test('the first parts of its own addresses are known, so that none is taken for a base path', async () => {
  const app = await createDashboard(dashboardContext(fixture));
  const routes = app.printRoutes({ commonPrefix: false }).matchAll(/^ {4}[├└]── ([a-z]+)/gm);
  const parts = new Set(Array.from(routes, ([, part]) => part!));
  await app.close();
  expect(parts.size).toBeGreaterThan(5);
  expect([...parts].filter((part) => !DASHBOARD_PARTS.includes(part))).toEqual([]);
});
