// Proves what the page of a run shows, at each of its steps, that it follows the run by itself, and that it costs the
// same however large the run is.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { writeOutageNote } from '../../../src/adapters/shared-state/outage-note.ts';
import { noteWarehouseWait } from '../../../src/adapters/shared-state/warehouse-wait.ts';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { simulateEmployee } from '../../../src/domain/simulation/employee-outcome.ts';
import { startWorkers } from '../../../src/workers/runtime/runtime.ts';
import { contentIds } from '../../support/domain-values.ts';
import { fails, recommends, startFaultyRecommender } from '../../support/faulty-recommender.ts';
import { finishedRun } from '../../support/finished-run.ts';
import { fannedOutRun, stageDone, takeJobs } from '../../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { fullAssignments, people } from '../../support/run-state.ts';
import { type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';
import { listenTo } from '../../support/server-sent-events.ts';
import { waitUntil } from '../../support/wait-until.ts';

let fixture: RunFixture;
let dashboard: ServedDashboard;
beforeAll(async () => {
  fixture = await openRunFixture();
  dashboard = await serveDashboard(fixture);
});
afterAll(async () => {
  await dashboard?.close();
  await fixture?.close();
});
beforeEach(() => fixture.reset());

const pageOf = async ({ plan }: RunRecord) => (await dashboard.ask(`/runs/${plan.id}`)).text();
/** What a page says, without markup. */
const words = (html: string) =>
  html
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll(' ,', ',');
/** The steps of the flow with their states. */
const flowOf = (html: string) =>
  [...html.matchAll(/<strong>([^<]+)<\/strong>\s*<span>([^<]+)<\/span>/g)].map(
    ([, title, state]) => `${title}: ${state}`,
  );

describe('the flow', () => {
  test('shows what is done, what is being worked on and what waits', async () => {
    const run = await fixture.createRunWithFlow(people(3), { publish: true });
    const all = ['Start', 'Fetch the catalogs', 'Manager assigns', 'Simulate employees', 'Write the files', 'Publish'];
    const waiting = all.map((title) => `${title}: waiting${title.startsWith('Simulate') ? ': 0 of 3' : ''}`);
    expect(flowOf(await pageOf(run))).toEqual(waiting);
    await stageDone(fixture, run, 'run-start');
    await fixture.store.startStage(run.plan.id, 'catalog-download', Date.now() - 65_000);
    const html = await pageOf(run);
    expect(flowOf(html)).toEqual(['Start: done', 'Fetch the catalogs: working', ...waiting.slice(2)]);
    expect(html.match(/aria-current="step"/g)).toHaveLength(1);
    expect(words(html)).toMatch(/1 min 5 s so far/);
  });

  test('shows what failed, and what needs somebody', async () => {
    const failed = await fixture.createRunWithFlow(people(3));
    await takeJobs(fixture, 'catalog-download', 1, () => 'CATALOG_MISSING: none');
    expect(flowOf(await pageOf(failed))).toContain('Fetch the catalogs: failed');
    const incomplete = await fannedOutRun(fixture, people(3));
    await takeJobs(fixture, 'employee-simulation', 3, ({ data }) => {
      return data.position === 0
        ? 'REASON: no'
        : fixture.store
            .putResult(incomplete.plan, data.position, { recommendations: [], completions: [] })
            .then(() => undefined);
    });
    expect(flowOf(await pageOf(incomplete)).slice(3)).toEqual([
      'Simulate employees: needs you: 2 of 3',
      'Write the files: waiting',
    ]);
  });

  test('of a finished run that does not publish is done, and says how long each step took', async () => {
    const html = await pageOf(await finishedRun(fixture, people(3)));
    expect(flowOf(html).map((step) => step.split(': ')[1])).toEqual(['done', 'done', 'done', 'done', 'done']);
    expect(words(html).match(/\d\d:\d\d:\d\d UTC, (\d+ ms|\d+ s)/g)!.length).toBeGreaterThanOrEqual(5);
  });
});

describe('a finished run', () => {
  test("shows the manager's choices with their titles, the counts, the inputs, the notices and the files", async () => {
    const run = await finishedRun(fixture, people(30), { seed: '<seed>' });
    const html = await pageOf(run);
    const said = words(html);
    const { assignments, counts, inputs } = run.manifest!;
    for (const { contentId, assigned } of assignments.dailyDose) {
      expect(said).toContain(`${contentId.toLocaleString('en-US')} Dose ${contentId % 10} ${assigned} nobody`);
    }
    expect(said).toContain('Random content: assigned to 30, nothing left for 0');
    const { a, b, f } = counts.byType;
    expect(said).toContain(`a: completes all ${a.employees} ${a.employees} ${a.completions}`);
    expect(said).toContain(`b: completes one ${b.employees} ${b.employees} ${b.completions}`);
    expect(said).toContain(`f: completes none ${f.employees} ${f.employees} 0`);
    const { manager, ai } = counts.completionsBySource;
    expect(said).toContain(`manager assigned: ${manager} ; of what the recommender suggested: ${ai}`);
    expect(said).toContain('of which 30 are in neither catalog file');
    expect(html).toContain('&lt;seed&gt;');
    for (const { name, sha256 } of [...inputs.catalogs, inputs.employees])
      expect(html).toMatch(new RegExp(`${name}[^]*${sha256}`));
    expect(said).toContain('Databricks is not configured');
    for (const { name, sha256 } of run.manifest!.outputs) {
      expect(html).toContain(`href="/runs/${run.plan.id}/files/${name}/preview"`);
      expect(html).toContain(sha256);
    }
    expect(html).not.toContain('data-live');
  });

  test('that is not there is not found; nor is what cannot be one', async () => {
    for (const id of ['run-none', '1', 'a%2fb', '%00']) {
      const response = await dashboard.ask(`/runs/${id}`);
      expect(response.status).toBe(404);
      expect(await response.text()).toContain('There is no');
      const events = await dashboard.ask(`/runs/${id}/events`);
      expect(events.status).toBe(404);
      await events.text();
    }
  });
});

describe('who was skipped', () => {
  test('is counted by reason beside each Daily Dose', async () => {
    const run = await fixture.createRunWithFlow(people(4));
    await fixture.store.putCatalogs(
      run.plan.id,
      { StandAloneContent: [], CourseCatalog: [] },
      { inputs: [], notices: [] },
    );
    const skipped = { 'completed-this-week': 1_200, 'open-this-week': 0, 'already-open': 1, 'already-completed': 0 };
    const [contentId] = contentIds(1_915_085);
    await fixture.store.freezeAssignments(run.plan.id, {
      tally: {
        dailyDose: [{ contentId: contentId!, assigned: 2, skipped }],
        random: { assigned: 3, nothingLeft: 1 },
        openAssignments: 5,
      },
      databricks: null,
      notices: [{ code: 'nothing-left-to-assign', text: 'Nothing <left>' }],
    });
    const html = await pageOf(run);
    expect(words(html)).toContain(
      '1,915,085 2 1,200 employees: completed a Daily Dose this week 1 employee: already open Random content: assigned to 3, nothing left for 1',
    );
    expect(html).toContain('Nothing &lt;left&gt;');
  });
});

test('the page follows a run by itself: who is done, who failed and why, and its end', async () => {
  let fixed = false;
  const answer = (id: number) => (id === 100_002 && !fixed ? fails(404) : recommends(910_001));
  const recommender = await startFaultyRecommender({ answer });
  const run = await fixture.createRun(people(6));
  const events = await listenTo(`${dashboard.url}/runs/${run.plan.id}/events`);
  const list = await listenTo(`${dashboard.url}/runs/events`);
  const workers = startWorkers({ ...fixture, settings: fixture.settingsWith({ API_BASE_URL: recommender.url }) });
  try {
    await waitUntil('it is queued', () => events.latest.get('run-state')?.includes('queued') === true);
    expect(await pageOf(run)).toContain(`data-live="/runs/${run.plan.id}/events"`);
    await waitUntil('the failure is seen', () => /answered 404/.test(events.latest.get('run-failed') ?? ''), 15_000);
    expect(events.latest.get('run-failed')).toContain('/employees/100002"');
    await waitUntil('the list sees it too', () => list.latest.get('run-list')?.includes('incomplete') === true);
    await waitUntil('the counts follow', () =>
      words(events.latest.get('run-counts') ?? '').includes('a: completes all 2 2'),
    );
    fixed = true;
    const body = new URLSearchParams({ what: 'all' });
    await (await dashboard.ask(`/runs/${run.plan.id}/requeue`, { method: 'POST', body })).text();
    await waitUntil('it ends', () => events.ended, 15_000);
    expect(events.names.at(-1)).toBe('end');
    expect(events.latest.get('run-state')).toContain('finished');
    expect(events.latest.get('run-failed')).toBe('');
    expect(events.latest.get('run-files')).toContain('files.zip');
    // Whatever comes has its place on the page.
    const html = await pageOf(run);
    for (const name of new Set(events.names)) if (name !== 'end') expect(html).toContain(`id="${name}"`);
  } finally {
    events.close();
    list.close();
    await workers.stop(2_000);
    await recommender.close();
  }
});

test('while workers are paused because of the recommender, the page says since when, why and until when', async () => {
  const run = await fannedOutRun(fixture, people(3));
  expect(words(await pageOf(run))).not.toContain('paused');
  const since = Date.parse('2025-10-28T10:00:00Z');
  const note = { reason: 'RECOMMENDER_ACCESS: <it> refuses us', since, nextTryAt: since + 90_000 };
  await writeOutageNote(fixture.redis, note, since);
  const shown = words(await pageOf(run));
  expect(shown).toContain('Workers have paused since 2025-10-28 10:00:00 UTC : the recommender fails for everybody');
  expect(shown).toContain('RECOMMENDER_ACCESS: &lt;it&gt; refuses us They probe again at 2025-10-28 10:01:30 UTC');
});

test('a run whose SQL warehouse is starting says so, since when and until when, and what the warehouse answered', async () => {
  const run = await fixture.createRunWithFlow(people(3));
  for (const stage of ['run-start', 'catalog-download'] as const) await stageDone(fixture, run, stage);
  expect(words(await pageOf(run))).not.toContain('warehouse');
  const since = Date.parse('2025-10-28T10:00:00Z');
  const reason = 'DATABRICKS_STARTING: The SQL warehouse at <adb.example> is starting: it answered HTTP 503.';
  await noteWarehouseWait(fixture.redis, run.plan.id, { reason, now: since, patienceMs: 600_000 });
  const shown = words(await pageOf(run));
  expect(shown).toContain('Waiting for the SQL warehouse since 2025-10-28 10:00:00');
  expect(shown).toContain('The SQL warehouse at &lt;adb.example&gt; is starting: it answered HTTP 503.');
  expect(shown).toMatch(/The warehouse is asked again until 2025-10-28 10:10:00.*No attempt is used up/);
});

test('with 100,000 employees under way a page asks Redis few, short questions', async () => {
  const size = 100_000;
  const employees = people(size);
  const run = await fixture.createRunWithFlow(employees);
  for (const stage of ['run-start', 'catalog-download', 'assignment'] as const) await stageDone(fixture, run, stage);
  const queue = fixture.queues.byName['employee-simulation'];
  const [multi, results] = [fixture.redis.pipeline(), new Map<number, number>()];
  for (let i = 0; i < 10_000; i++) {
    const id = `${run.plan.id}-${employees[i * 7]!.id}`;
    multi.zadd(queue.toKey('failed'), i, id);
    multi.hset(queue.toKey(id), {
      failedReason: `REASON: ${i % 5} of employee ${employees[i * 7]!.id}`,
      finishedOn: i,
    });
    results.set(i * 7, i);
  }
  await multi.exec();
  const result = simulateEmployee(run.plan, employees[0]!, fullAssignments(0), contentIds(5));
  for (let from = 0; from < 20_000; from += 1_000) {
    const positions = Array.from({ length: 1_000 }, (_, i) => from + i).filter((position) => !results.has(position));
    await Promise.all(positions.map((position) => fixture.store.putResult(run.plan, position, result)));
  }
  // The first look reads what does not change; those after it what has.
  expect(words(await pageOf(run))).toContain('Failed: 10,000 employees');
  const countedDone = async () =>
    [...words(await pageOf(run)).matchAll(/completes \w+ [\d,]+ ([\d,]+)/g)].reduce(
      (sum, [, n]) => sum + Number(n!.replace(',', '')),
      0,
    );
  const done = await fixture.store.countResults(run.plan.id);
  await waitUntil('the background has counted', async () => (await countedDone()) === done, 20_000);
  for (const path of ['/', `/runs/${run.plan.id}`, `/runs/${run.plan.id}/failed`]) {
    const before = await commands();
    const html = await (await dashboard.ask(path)).text();
    expect((await commands()) - before).toBeLessThan(path.endsWith('failed') ? 160 : 60);
    expect(html.length).toBeLessThan(150_000);
  }
});

/** How many commands Redis has executed. */
async function commands(): Promise<number> {
  return Number(/total_commands_processed:(\d+)/.exec(await fixture.redis.info('stats'))![1]);
}
