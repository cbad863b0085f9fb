// Proves, in a real browser, that Bull Board's page works under its content security policy, asks no other host for
// anything, and shows why a button is refused.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { openPage, startBrowser } from '../../support/browser.ts';
import { fannedOutRun, takeJobs } from '../../support/job-moves.ts';
import { employeeJob, openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';
import { type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';
import { waitUntil } from '../../support/wait-until.ts';

const EMPLOYEES = people(4);
let fixture: RunFixture;
let dashboard: ServedDashboard;
let browser: Browser;

beforeAll(async () => {
  fixture = await openRunFixture();
  dashboard = await serveDashboard(fixture);
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await dashboard?.close();
  await fixture?.close();
});

beforeEach(() => fixture.reset());

/** A run of four, of whom three have failed. */
async function failedRun(): Promise<RunRecord> {
  const run = await fannedOutRun(fixture, EMPLOYEES);
  await takeJobs(fixture, 'employee-simulation', 3, () => 'RECOMMENDER_REJECTED: no');
  return run;
}

test('it works under its content security policy and asks no other host for anything', async () => {
  const run = await failedRun();
  const job = employeeJob(run.plan.id, EMPLOYEES[0]!);
  const { page, context, faults } = await openPage(browser, dashboard.url);
  await page.goto('/queues');
  await page.getByText('No workers').first().waitFor();
  await page.goto('/queues/queue/employee-simulation?status=failed');
  await page.getByText('employee 100001 (a), position 0').waitFor();
  // JSON is coloured by a worker, the flow is drawn by a library that is loaded when it is needed.
  await page.goto(`/queues/queue/employee-simulation/${job}`);
  await page.getByText('React Flow').waitFor();
  await page.locator('.hljs-keyword, .hljs-name, [class*="hljs-"]').first().waitFor();
  await page.getByRole('link', { name: `Employee 100001 in ${run.plan.id}` }).waitFor();
  await page.goto('/queues/job-schedulers');
  await page.getByText('No schedulers registered.').waitFor();
  expect(faults).toEqual([]);
  await context.close();
});

test.each([
  ['wide', 1280],
  ['narrow', 380],
])('the dashboard’s other parts are one click away, %s', async (_how, width) => {
  const { page, context, faults } = await openPage(browser, dashboard.url, { viewport: { width, height: 800 } });
  await page.goto('/queues/queue/employee-simulation');
  await page.getByText('employee-simulation').first().waitFor();
  const parts = page.getByRole('navigation', { name: 'Parts of the dashboard' });
  expect(await parts.getByRole('link').allTextContents()).toEqual(
    expect.arrayContaining(['Runs', 'Start a run', 'Schedule', 'Charts', 'Connections']),
  );
  await parts.getByRole('link', { name: 'Schedule' }).click();
  await page.getByRole('heading', { name: 'When runs start by themselves' }).waitFor();
  await page.goBack();
  await parts.getByRole('link', { name: '← BTC Fake' }).click();
  await page.getByRole('heading', { name: 'Runs' }).waitFor();
  expect(faults).toEqual([]);
  await context.close();
});

test('a refused button says why, and what to do instead', async () => {
  await failedRun();
  const { page, context, faults } = await openPage(browser, dashboard.url);
  await page.goto('/queues/queue/employee-simulation?status=failed');
  await page.getByRole('button', { name: 'Clean all' }).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('Removing jobs would drop employees from a run without a trace.').waitFor();
  expect(await fixture.queues.byName['employee-simulation'].getFailedCount()).toBe(3);
  await page.getByRole('button', { name: 'Retry all' }).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await waitUntil(
    'all are back',
    async () => (await fixture.queues.byName['employee-simulation'].getFailedCount()) === 0,
  );
  // The console knows of the refusal too.
  expect(faults.filter((fault) => !/status of 403/.test(fault))).toEqual([]);
  await context.close();
});
