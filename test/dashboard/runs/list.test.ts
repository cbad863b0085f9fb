// Proves what the list of runs shows: newest first, half a year a page, and scheduled runs that could not begin before
// them.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RunId } from '../../../src/domain/ids.ts';
import { feedNames, runToken } from '../../../src/domain/run/plan.ts';
import { slotRunId } from '../../../src/domain/schedule/slot.ts';
import { enqueueRunStart } from '../../../src/producers/create-run.ts';
import { finishWithoutFailed } from '../../../src/producers/requeue.ts';
import { instant } from '../../support/domain-values.ts';
import { finishedRun } from '../../support/finished-run.ts';
import { fannedOutRun, takeJobs } from '../../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { emptyManifest, newRun, people } from '../../support/run-state.ts';
import { type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';

const SLOT = instant('2026-11-23T06:00:00Z');
let fixture: RunFixture;
let dashboard: ServedDashboard;
let now = Date.now();

beforeAll(async () => {
  fixture = await openRunFixture();
  dashboard = await serveDashboard(fixture, { BUSINESS_TIMEZONE: 'Europe/Berlin' }, { now: () => now });
});
afterAll(async () => {
  await dashboard?.close();
  await fixture?.close();
});
beforeEach(async () => {
  now = Date.now();
  await fixture.reset();
});

const page = async (path = '/') => (await dashboard.ask(path)).text();
/** The cells of the table's rows, without markup. */
const rowsOf = (html: string) =>
  (html.split('<tbody>')[1]?.split('</tbody>')[0] ?? '')
    .split('</tr>')
    .slice(0, -1)
    .map((row) => row.split(/<\/t[dh]>/).map((cell) => cell.replace(/<[^>]+>/g, '').trim()));

test('with no run it says how to begin', async () => {
  const html = await page();
  expect(html).toContain('There are no runs yet');
  expect(html).toContain('href="/start"');
  expect(html).toContain('btc-fake run');
});

test('a run is found by its id, by a file of it and by the six characters in its files’ names', async () => {
  const run = await finishedRun(fixture, people(3));
  await finishedRun(fixture, people(3));
  expect(await page()).toMatch(/<form [^>]*method="get" action="\/runs" role="search">/);
  const { id } = run.plan;
  const names = [
    id,
    runToken(id),
    ...Object.values(feedNames(run.plan)),
    `generated_files/${feedNames(run.plan).summary}`,
  ];
  for (const name of names) {
    const { status, headers } = await dashboard.ask(`/runs?run=${encodeURIComponent(` ${name} `)}`);
    expect([name, status, headers.get('location')]).toEqual([name, 303, `/runs/${id}`]);
  }
  // The address of a page takes them too.
  for (const name of [runToken(id), feedNames(run.plan).completions]) {
    const { status, headers } = await dashboard.ask(`/runs/${name}`);
    expect([name, status, headers.get('location')]).toEqual([name, 303, `/runs/${id}`]);
  }
  for (const name of ['', '000000', 'run-x', '<b>']) {
    const response = await dashboard.ask(`/runs?run=${encodeURIComponent(name)}`);
    expect([name, response.status]).toEqual([name, 404]);
    expect(await response.text()).toContain('There is no run');
  }
});

test('a run has its state, population, done, failed, duration and files', async () => {
  const run = await finishedRun(fixture, people(3));
  const [row] = rowsOf(await page());
  expect(row!.slice(0, 2)).toEqual([run.plan.id, 'finished']);
  expect(row!.slice(3, 6)).toEqual(['3', '3', '0']);
  expect(row![6]).toMatch(/^\d/);
  expect(row![6]).not.toContain('so far');
  expect(row![7]).toBe('4');
});

test('failed employees are counted while they wait, and as left out when the run was finished without them', async () => {
  const run = await fannedOutRun(fixture, people(3));
  await takeJobs(fixture, 'employee-simulation', 3, async ({ data }) => {
    if (data.position < 2) return 'REASON: no';
    await fixture.store.putResult(run.plan, data.position, { recommendations: [], completions: [] });
    return undefined;
  });
  now = run.createdAt + 65_000;
  expect(rowsOf(await page())[0]!.slice(1)).toMatchObject([
    'incomplete',
    {},
    '3',
    '1',
    '2',
    '1 min 5 s so far',
    '0',
    '',
  ]);
  await finishWithoutFailed(fixture.queues, fixture.store, run.plan.id);
  await fixture.store.finishRun(run.plan.id, emptyManifest(run), run.createdAt + 5_000);
  expect(rowsOf(await page())[0]!.slice(1)).toMatchObject(['finished', {}, '3', '1', '2 left out', '5 s', '1', '']);
});

test('the run of a slot shows the slot in local time, and by how much it was late', async () => {
  const make = (createdAt: number, id: string) =>
    fixture.createRun(people(1)).then(async ({ plan, ...run }) => {
      await fixture.store.discardRun(plan.id);
      return fixture.store.createRun(
        newRun({ ...plan, id: id as RunId, timeZone: 'Europe/Berlin' }, people(1), { ...run, slot: SLOT, createdAt }),
      );
    });
  await make(SLOT + 60_000, 'run-intime');
  await make(SLOT + 2 * 3_600_000, 'run-late');
  const [late, inTime] = rowsOf(await page());
  expect(late![2]).toBe('2026-11-23 07:00:00 +01:00 2 h 0 min late weekly');
  expect(inTime![2]).toBe('2026-11-23 07:00:00 +01:00 weekly');
  expect(await page()).toContain('<time datetime="2026-11-23T06:00:00Z"');
});

test('26 are on a page, newest first, and older ones behind a link', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 30; i++)
    ids.unshift((await fixture.createRun(people(1), { now: 1_700_000_000_000 + i })).plan.id);
  const first = await page();
  expect(rowsOf(first).map(([id]) => id)).toEqual(ids.slice(0, 26));
  expect(first).toContain('href="/?page=2"');
  const second = await page('/?page=2');
  expect(rowsOf(second).map(([id]) => id)).toEqual(ids.slice(26));
  expect(second).not.toContain('page=3');
  expect(second).toContain('href="/" rel="prev"');
  expect(await page('/?page=3')).toContain('There are no older runs');
  expect(rowsOf(await page('/?page=nonsense'))).toHaveLength(26);
});

test('a scheduled run that could not start is shown with its reason, has a page, and can be started from there', async () => {
  const id = slotRunId(SLOT);
  await enqueueRunStart(fixture.queues, id, 1, SLOT);
  expect(await page()).toContain('waits for a worker');
  expect(await page(`/runs/${id}`)).toContain('It waits to be started');
  await takeJobs(fixture, 'run-start', 1, () => 'EMPLOYEES_INVALID: employees.csv:2: <bad>');
  for (const path of ['/', `/runs/${id}`]) expect(await page(path)).toContain('employees.csv:2: &lt;bad&gt;');
  const pressed = await dashboard.ask(`/runs/${id}/requeue`, {
    method: 'POST',
    body: new URLSearchParams({ what: 'start' }),
  });
  expect(pressed.status).toBe(303);
  expect(await page(pressed.headers.get('location')!)).toContain('The run is back in the queue');
  expect(await (await fixture.job('run-start', id)).getState()).toBe('waiting');
  const again = await dashboard.ask(`/runs/${id}/requeue`, {
    method: 'POST',
    body: new URLSearchParams({ what: 'start' }),
  });
  expect(await page(again.headers.get('location')!)).toContain('Nothing was done');
});
