// Proves, in a real browser, what a person reads: times with their zone and the reader's own, what was done told once
// and no longer than it is true, the same numbers all over a page, and pages that fit the window at any zoom.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { createRunOfSlot } from '../../src/producers/create-run.ts';
import { openPage, startBrowser, type WatchedPage } from '../support/browser.ts';
import { finishedRun } from '../support/finished-run.ts';
import { fannedOutRun, stageDone, takeJobs } from '../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { people } from '../support/run-state.ts';
import { type ServedDashboard, serveDashboard } from '../support/served-dashboard.ts';

const SLOT = Date.parse('2026-11-23T05:00:00Z');
/** CSS pixels: a phone, and windows of 1,280 to 1,920 pixels at 200 % zoom, up to a small laptop's. */
const WIDTHS = [360, 640, 641, 683, 720, 768, 800, 896, 897, 960, 1024];
let fixture: RunFixture;
let dashboard: ServedDashboard;
let browser: Browser;
let opened: WatchedPage | undefined;

beforeAll(async () => {
  fixture = await openRunFixture();
  dashboard = await serveDashboard(fixture, { BUSINESS_TIMEZONE: 'Europe/Berlin' });
  browser = await startBrowser();
});
beforeEach(() => fixture.reset());
afterEach(async () => {
  await opened?.context.close();
  opened = undefined;
});
afterAll(async () => {
  await browser?.close();
  await dashboard?.close();
  await fixture?.close();
});

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  opened = await openPage(browser, dashboard.url, options);
  await opened.page.goto(path);
  return opened.page;
}

const schedule = () => fixture.schedule.apply({ cron: '0 6 * * 1', timeZone: 'Europe/Berlin' }, SLOT - 1, true);

test('times say their zone, and the reader’s own time where that is another', async () => {
  const run = await fixture.createRun(people(1), { timeZone: 'Europe/Berlin' });
  await schedule();
  const page = await open(`/runs/${run.plan.id}`, { timezoneId: 'America/New_York' });
  const asOf = page.locator('time[datetime="2025-10-28T11:00:00Z"]').first();
  expect(await asOf.textContent()).toBe('2025-10-28 12:00:00 +01:00 (07:00 your time)');
  const weekFrom = page.locator('time[datetime="2025-10-26T23:01:00Z"]').first();
  expect(await weekFrom.textContent()).toBe('2025-10-27 00:01:00 +01:00 (2025-10-26 19:01 your time)');
  // Also when the part that it stands in was replaced.
  await fixture.store.startStage(run.plan.id, 'run-start', Date.parse('2026-11-23T05:00:01Z'));
  await page.getByText('2026-11-23 06:00:01 +01:00 (00:00 your time)').waitFor();
  await page.goto('/schedule');
  await page
    .getByText(/Mon 20\d\d-\d\d-\d\d 06:00 \+0\d:00 \(0\d:00 your time\)/)
    .first()
    .waitFor();
});

test('a reader in the zone of the page is told each time once', async () => {
  const run = await fixture.createRun(people(1), { timeZone: 'Europe/Berlin' });
  const page = await open(`/runs/${run.plan.id}`, { timezoneId: 'Europe/Vienna' });
  const texts = await page.locator('time').allTextContents();
  expect(texts).toContain('2025-10-28 12:00:00 +01:00');
  expect(texts.filter((text) => text.includes('your time'))).toEqual([]);
});

test('that a run is queued is told until somebody begins with it, and once', async () => {
  const { plan } = await fixture.createRunWithFlow(people(1));
  const page = await open(`/runs/${plan.id}?done=run-made`);
  await page.getByText('The run is queued.').waitFor();
  expect(new URL(page.url()).search).toBe('');
  await fixture.store.startStage(plan.id, 'run-start', Date.now());
  await page.locator('#run-state').filter({ hasText: 'running' }).waitFor();
  expect(await page.getByText('The run is queued.').count()).toBe(0);
  // A bookmark, or "back" without a script, says it no more.
  await page.goto(`/runs/${plan.id}?done=run-made`);
  expect(await page.getByText('The run is queued.').count()).toBe(0);
  await page.goto('/schedule?done=removed');
  await page.getByText('The schedule is removed').waitFor();
  await page.reload();
  expect(await page.getByText('The schedule is removed').count()).toBe(0);
});

test('no page is wider than its window, at 200 % zoom and on a phone', async () => {
  const finished = await finishedRun(fixture, people(30));
  const failing = await fannedOutRun(fixture, people(3));
  await takeJobs(fixture, 'employee-simulation', 3, () => `RECOMMENDER_REJECTED: ${'no-blank-in-it'.repeat(20)}`);
  await stageDone(fixture, failing, 'assignment');
  const { skipInvalidEmployees, employeesFile } = {
    skipInvalidEmployees: false,
    employeesFile: `${fixture.folder}/${finished.employees.name}`,
  };
  await createRunOfSlot(fixture.store, SLOT, {
    ...fixture.settings.run,
    skipInvalidEmployees,
    employeesFile,
    publish: false,
    now: SLOT + 3 * 86_400_000,
  });
  await schedule();
  await fixture.schedule.settle({ slot: SLOT, outcome: 'missed', decidedAt: SLOT, supersededBy: SLOT + 604_800_000 });
  const page = await open('/', { timezoneId: 'America/St_Johns' });
  const pagesOf = (id: string) => [`/runs/${id}`, `/runs/${id}/employees/100001`, `/runs/${id}/failed`];
  const paths = ['/', '/start', '/schedule', '/charts', '/connections', '/configuration', '/nothing'];
  const wide: string[] = [];
  for (const path of [
    ...paths,
    ...pagesOf(finished.plan.id),
    ...pagesOf(failing.plan.id),
    `/runs/${failing.plan.id}/cancel`,
  ]) {
    await page.goto(path);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      const needed = await page.evaluate<number>('document.documentElement.scrollWidth');
      if (needed > width) wide.push(`${path} at ${width} px needs ${needed} px`);
    }
  }
  expect(wide).toEqual([]);
}, 60_000);
