import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { openPage, startBrowser, type WatchedPage } from '../support/browser.ts';
import { type DashboardProcess, startDashboardProcess } from '../support/dashboard-process.ts';
import { type Nginx, type NginxOptions, startNginx } from '../support/nginx.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

/**
 * Proves the dashboard from another machine, with a real browser on the built command: under another name, over plain
 * HTTP and TLS, behind the nginx block of docs/operations.md, and below a path.
 */
const LOGIN = { username: 'ada', password: 'correct horse' };
const ENV = { DASHBOARD_USER: LOGIN.username, DASHBOARD_PASSWORD: LOGIN.password };
/** Browsers trust loopback as they trust HTTPS, but not this name. */
const NAME = 'dash.example';
const PATH = '/tools/btc-fake';

let redis: TestRedis;
let workspace: Workspace;
let atRoot: DashboardProcess;
let belowPath: DashboardProcess;
let browser: Browser;
let nginx: Nginx | undefined;
let opened: WatchedPage | undefined;

beforeAll(async () => {
  redis = await startTestRedis();
  workspace = await makeWorkspace({ employees: ['700001,a', '700002,b'], redisUrl: redis.url, env: ENV });
  atRoot = await startDashboardProcess(workspace);
  belowPath = await startDashboardProcess(workspace, { DASHBOARD_BASE_PATH: PATH });
  browser = await startBrowser([`--host-resolver-rules=MAP ${NAME} 127.0.0.1`]);
}, 60_000);

afterEach(async () => {
  await opened?.context.close();
  await nginx?.stop();
  [opened, nginx] = [undefined, undefined];
});

afterAll(async () => {
  await browser?.close();
  await workspace?.remove();
  await redis?.stop();
});

/**
 * Presses every kind of button there is: plain forms, a form that asks first, an upload, Bull Board's.
 * @returns what the browser, or the person before it, could object to.
 */
async function useIt(origin: string, path = ''): Promise<string[]> {
  opened = await openPage(browser, origin, { httpCredentials: LOGIN, ignoreHTTPSErrors: true });
  const { page, faults } = opened;
  const refused: string[] = [];
  page.on('response', (response) => {
    if (response.status() >= 400 && response.status() !== 401) refused.push(`${response.status()} ${response.url()}`);
    if (!new URL(response.url()).pathname.startsWith(`${path}/`)) refused.push(`outside the path: ${response.url()}`);
  });
  page.on('dialog', (dialog) => dialog.accept());
  await page.goto(`${path}/`);
  await page.getByRole('link', { name: 'Schedule', exact: true }).click();
  await page.getByRole('button', { name: /^Apply / }).click();
  await page.getByText('The schedule of the settings is applied.').waitFor();
  await page.getByText('Remove the schedule …').click();
  await page.getByRole('button', { name: 'Remove the schedule' }).click();
  await page.getByText('The schedule is removed').waitFor();
  await startRun(page);
  await pauseInBullBoard(page);
  // The browser notes the question for the login as an error of its own.
  return [...faults.filter((fault) => !fault.includes('401')), ...refused];
}

/** Starts a run from an uploaded file; its page is kept up to date. */
async function startRun(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Start a run', exact: true }).click();
  const buffer = Buffer.from('employee_id,employee_edu_type\n1,a\n');
  await page.locator('input[type=file]').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer });
  const events = page.waitForResponse((response) => /\/runs\/run-[^/]+\/events$/.test(response.url()));
  await page.getByRole('button', { name: 'Start the run' }).click();
  expect((await events).headers()['content-type']).toBe('text/event-stream');
}

/** Pauses the queues in Bull Board and lets them continue, then comes back. */
async function pauseInBullBoard(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Queues', exact: true }).click();
  await page.getByText('employee-simulation').first().waitFor();
  for (const button of [/pause all/i, /resume all/i]) {
    await page.locator('main button[aria-haspopup]').first().click();
    const answer = page.waitForResponse((response) => response.request().method() === 'PUT');
    await page.getByRole('menuitem', { name: button }).click();
    await page.getByRole('button', { name: 'Confirm' }).click();
    expect((await answer).status()).toBe(200);
  }
  await page.getByRole('link', { name: '← BTC Fake' }).click();
  await page.getByRole('heading', { name: 'Runs' }).waitFor();
}

const behind = async (options: NginxOptions) => {
  nginx = await startNginx(options);
  return `${options.tls ? 'https' : 'http'}://${NAME}:${nginx.port}`;
};

test('every button works over plain HTTP from another machine', async () => {
  expect(await useIt(`http://${NAME}:${new URL(atRoot.url).port}`)).toEqual([]);
}, 60_000);

test('every button works behind the documented nginx block, over TLS', async () => {
  expect(await useIt(await behind({ dashboardUrl: atRoot.url, tls: true }))).toEqual([]);
}, 60_000);

test('every button works behind the documented nginx block, over plain HTTP on another port than 80', async () => {
  expect(await useIt(await behind({ dashboardUrl: atRoot.url }))).toEqual([]);
}, 60_000);

test.each([
  ['passes on', false],
  ['takes off', true],
] as const)(
  'every button works below a path that nginx %s, Bull Board included',
  async (_how, isTakenOff) => {
    const origin = await behind({ dashboardUrl: belowPath.url, path: { name: PATH, isTakenOff } });
    expect(await useIt(origin, PATH)).toEqual([]);
  },
  60_000,
);
