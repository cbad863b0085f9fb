import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';
import type { RunReport } from '../../src/cli/run/report.ts';
import { openPage, startBrowser, type WatchedPage } from '../support/browser.ts';
import { startDashboardProcess } from '../support/dashboard-process.ts';
import { type FaultyRecommender, fails, recommends, startFaultyRecommender } from '../support/faulty-recommender.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { type RunFiles, readRunFiles, sha256 } from '../support/run-files.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

/** The dashboard as a person uses it: the built command, a real worker, a real browser. */
const IDS = Array.from({ length: 120 }, (_, i) => 700_001 + i);
const CSV = `employee_id,employee_edu_type\n${IDS.map((id, i) => `${id},${'abf'.charAt(i % 3)}\n`).join('')}`;
const AS_OF = '2025-10-28T11:00:00Z';
const PHONE = { width: 360, height: 740 };
/** What a page may weigh. */
const MAX_PAGE_BYTES = 150_000;
/** With it, the pictures in docs/images are taken again: `npm run screenshots`. */
const PICTURES = process.env.UPDATE_SCREENSHOTS === '1' ? join(import.meta.dirname, '../../docs/images') : undefined;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let broken: boolean;
let redis: TestRedis;
let recommender: FaultyRecommender;
let workspace: Workspace;
let reference: RunFiles;
let url: string;
let browser: Browser;
let opened: WatchedPage[];

beforeAll(async () => {
  redis = await startTestRedis();
  broken = false;
  recommender = await startFaultyRecommender({
    answer: (id) => {
      if (broken && id % 10 === 1) return fails(id % 20 === 1 ? 400 : 422);
      const answer = recommends(892_001 + (id % 2), 555, 1_915_003);
      return answer.kind === 'reply' ? { ...answer, delayMs: broken ? 60 : 0 } : answer;
    },
  });
  workspace = await makeWorkspace({
    employees: CSV,
    recommenderUrl: recommender.url,
    redisUrl: redis.url,
    env: { EMPLOYEE_CONCURRENCY: '5' },
  });
  const peaceful = await workspace.run(['run', '--with-workers', '--json', '--seed', 'browser', '--as-of', AS_OF]);
  reference = await readRunFiles(peaceful.json<RunReport>(), workspace.folder);
  workspace.start(['worker'], {}, 240_000);
  ({ url } = await startDashboardProcess(workspace));
  browser = await startBrowser();
  if (PICTURES) await mkdir(PICTURES, { recursive: true });
}, 60_000);

beforeEach(() => {
  broken = false;
  opened = [];
});

afterAll(async () => {
  await browser?.close();
  await workspace?.remove();
  await recommender?.close();
  await redis?.stop();
});

/** Opens the dashboard; `closeAll` holds that nothing went wrong in it. */
async function open(path: string, options: Parameters<typeof openPage>[2] = {}): Promise<Page> {
  const watched = await openPage(browser, url, options);
  opened.push(watched);
  await watched.page.goto(path);
  return watched.page;
}

/** Closes the windows of a test. @returns what went wrong in them. */
async function closeAll(): Promise<string[]> {
  const faults = opened.flatMap((watched) => watched.faults);
  await Promise.all(opened.map(({ context }) => context.close()));
  return faults;
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

/** Starts a run from an uploaded file. The page shows the run afterwards. */
async function startFromForm(page: Page): Promise<void> {
  await page.goto('/start');
  await page.getByLabel('A file to upload').check();
  await page.locator('input[type=file]').setInputFiles({
    name: 'people.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(CSV),
  });
  await page.getByLabel('As of').fill(AS_OF);
  await page.getByLabel('Seed').fill('browser');
  await page.getByRole('button', { name: 'Start the run' }).click();
  await page.waitForURL(/\/runs\/run-/);
}

/** Waits until the page says so by itself: nobody reloads it. */
async function isShown(locator: Locator, state: string, limitMs = 30_000): Promise<void> {
  await locator.filter({ hasText: state }).first().waitFor({ timeout: limitMs });
}

const runIdOf = (page: Page) => new URL(page.url()).pathname.split('/')[2]!;

async function unzip(zip: Buffer): Promise<Map<string, string>> {
  const archive: ZipFile = await promisify<Buffer, object, ZipFile>(fromBuffer)(zip, { lazyEntries: true });
  const files = new Map<string, string>();
  return new Promise((resolve, reject) => {
    archive.on('error', reject);
    archive.on('end', () => resolve(files));
    archive.on('entry', (entry: Entry) => {
      archive.openReadStream(entry, async (error, stream) => {
        if (error) return reject(error);
        files.set(entry.fileName, await text(stream));
        archive.readEntry();
      });
    });
    archive.readEntry();
  });
}

test('a run is started from a form, watched, seen to fail, re-queued and finished, and its ZIP holds the right bytes', async () => {
  broken = true;
  const page = await open('/');
  await startFromForm(page);
  const state = page.locator('#run-state');
  await isShown(state, 'running');
  await waitUntil('the bar moves', () => page.evaluate<boolean>('document.querySelector("progress")?.value > 0'));
  await isShown(state, 'incomplete');
  await page.getByRole('heading', { name: 'Failed: 12 employees' }).waitFor();
  expect(await page.locator('.failure-group').count()).toBe(2);
  await picture(page, 'dashboard-failed');

  broken = false;
  await page.getByRole('button', { name: 'Re-queue all 12' }).click();
  await isShown(page.locator('#run-state'), 'finished');
  const link = page.getByRole('link', { name: 'Download all as ZIP' });
  await link.waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  const files = await unzip(await readFile(await download.path()));

  const runId = runIdOf(page);
  const token = sha256(runId).slice(0, 6);
  const onDisk = (await readdir(workspace.path('generated_files'))).filter((name) => name.includes(token));
  expect([...files.keys()].sort()).toEqual(onDisk.sort());
  for (const name of onDisk) {
    expect(files.get(name)).toBe(await readFile(workspace.path('generated_files', name), 'utf8'));
  }
  const hashOf = (prefix: string) => sha256([...files].find(([name]) => name.startsWith(prefix))![1]);
  expect(hashOf('ContentUserCompletion')).toBe(reference.hashes.completions);
  expect(hashOf('Non_Completed_Assignments')).toBe(reference.hashes.nonCompleted);
  expect(await closeAll()).toEqual([]);
}, 90_000);

test("Bull Board's own retry button brings a failed employee back, and the run finishes", async () => {
  broken = true;
  const page = await open('/');
  await startFromForm(page);
  const runId = runIdOf(page);
  await isShown(page.locator('#run-state'), 'incomplete');
  broken = false;
  await page.goto('/queues/queue/employee-simulation?status=failed');
  await page.getByText(`Employee 700111 in ${runId}`).first().waitFor();
  await page.getByText('RECOMMENDER_REJECTED').first().waitFor();
  await picture(page, 'dashboard-queues');
  await page.getByRole('button', { name: /retry all/i }).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.goto(`/runs/${runId}`);
  await isShown(page.locator('#run-state'), 'finished');
  expect(await closeAll()).toEqual([]);
}, 90_000);

test('everything can be done with the keyboard alone: start a run, re-queue who failed, see it finish', async () => {
  broken = true;
  const page = await open('/');
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
  await tabTo(page, 'Start a run');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/start$/);
  await tabTo(page, 'Start the run');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/runs\/run-/);
  await isShown(page.locator('#run-state'), 'incomplete');
  broken = false;
  await tabTo(page, 'Re-queue all 12');
  await page.keyboard.press('Enter');
  await isShown(page.locator('#run-state'), 'finished');
  expect(await closeAll()).toEqual([]);
}, 90_000);

/** Presses Tab until what has the focus is called so. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    if ((await page.evaluate('document.activeElement.textContent.trim()')) === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${name}`);
}

describe('every page', () => {
  let paths: string[];

  beforeAll(async () => {
    broken = true;
    const started = await workspace.run(['run', '--detach', '--json', '--seed', 'pages']);
    const { runId } = started.json<{ runId: string }>();
    await waitUntil(
      'the run waits for its failed employees',
      async () => (await workspace.run(['status', runId, '--json'])).json<RunReport>().state === 'incomplete',
      30_000,
    );
    const finished = reference.manifest.runId;
    const feed = reference.manifest.outputs[0]!.name;
    paths = [
      '/',
      `/runs/${runId}`,
      `/runs/${runId}/failed`,
      `/runs/${runId}/finish`,
      `/runs/${runId}/employees/700001`,
      `/runs/${finished}`,
      `/runs/${finished}/files/${feed}/preview`,
      `/runs/${finished}/employees/700002`,
      '/start',
      '/schedule',
      '/charts',
      '/connections',
      '/configuration',
      '/runs/run-unknown',
    ];
  }, 60_000);

  test('fits a phone, loads nothing from elsewhere, has no error on its console and weighs little', async () => {
    const page = await open('/', { viewport: PHONE });
    const heavy: string[] = [];
    const wide: string[] = [];
    for (const path of paths) {
      const response = await page.goto(path);
      const bytes = (await response!.body()).length;
      if (bytes > MAX_PAGE_BYTES) heavy.push(`${path}: ${bytes} bytes`);
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      if (width > PHONE.width) wide.push(`${path}: ${width} px`);
    }
    expect({ heavy, wide }).toEqual({ heavy: [], wide: [] });
    // The browser reports a page that is not found as an error of its own.
    expect((await closeAll()).filter((fault) => !fault.includes('404'))).toEqual([]);
  }, 60_000);

  test.each(['light', 'dark'] as const)(
    'is free of what axe-core objects to, %s',
    async (colorScheme) => {
      const page = await open('/', { colorScheme });
      const axe = await readFile(AXE, 'utf8');
      const violations: string[] = [];
      for (const path of paths) {
        await page.goto(path);
        await page.evaluate(axe);
        const found = await page.evaluate(async () => {
          const { axe: checker } = globalThis as unknown as { axe: { run(): Promise<AxeResult> } };
          return (await checker.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
        });
        violations.push(...found.map((line) => `${path} ${line}`));
        if (path === '/charts' && colorScheme === 'dark') await picture(page, 'dashboard-charts');
      }
      expect(violations).toEqual([]);
      await closeAll();
    },
    90_000,
  );
});

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}
