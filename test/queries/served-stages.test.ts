import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { WorkerRegistry } from '../../src/adapters/shared-state/worker-registry.ts';
import { configuredSources, ownSources } from '../../src/queries/own-sources.ts';
import { runStatus } from '../../src/queries/run-status.ts';
import { describeWorker } from '../../src/workers/periodic/heartbeat.ts';
import { stageDone } from '../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { people } from '../support/run-state.ts';
import { type ServedDashboard, serveDashboard } from '../support/served-dashboard.ts';

// What is proved: `status` and the page of a run say which source or folder no living worker serves, and only then.

const OTHER = { API_BASE_URL: 'http://other.example' };

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

/** A worker that is alive, with these settings; `undefined`: of an earlier build. */
async function alive(env: Record<string, string> | undefined, more: object = {}): Promise<void> {
  const what = { version: '1', queues: ['assignment', 'employee-simulation'] as const, concurrency: 1 };
  const sources = env === undefined ? {} : { sources: ownSources(fixture.settingsWith(env)) };
  await new WorkerRegistry(fixture.redis).announce({ ...describeWorker(what, 0), ...sources, ...more }, Date.now);
}

/** A run whose employees are on the queue. */
async function simulatedRun(request: object = {}) {
  const run = await fixture.createRun(people(3), { sources: configuredSources(fixture.settings), ...request });
  for (const stage of ['run-start', 'catalog-download', 'assignment'] as const) await stageDone(fixture, run, stage);
  return fixture.store.getRun(run.plan.id);
}

const unserved = async (run: Awaited<ReturnType<typeof simulatedRun>>) =>
  (await runStatus(fixture.queues, fixture.store, run)).unserved;
const own = 'recommender http://127.0.0.1:9/public/api/v1/mltr/v3/run';

test('a run that no worker serves is told with what each of them has', async () => {
  const run = await simulatedRun();
  await alive(OTHER);
  const has = ['recommender http://other.example/public/api/v1/mltr/v3/run'];
  expect(await unserved(run)).toEqual({
    stage: 'employee-simulation',
    needs: [own],
    workers: [{ host: expect.any(String), pid: process.pid, has }],
  });
  const page = await (await dashboard.ask(`/runs/${run.plan.id}`)).text();
  expect(page).toContain(`No worker serves employee-simulation with ${own}`);
  expect(page).toContain(`(process ${process.pid}) has ${has[0]}`);
  expect(page).toContain(`<h3>Sources</h3>\n<ul><li>${own}</li></ul>`);

  await alive({});
  expect(await unserved(run)).toBeUndefined();
  expect(await (await dashboard.ask(`/runs/${run.plan.id}`)).text()).not.toContain('No worker');
});

test('a run without any worker is told so, and a run that waits to begin is not', async () => {
  const run = await simulatedRun();
  expect(await unserved(run)).toEqual({ stage: 'employee-simulation', needs: [own], workers: [] });
  const queued = await fixture.createRun(people(1), { sources: {} });
  expect(await unserved(queued)).toBeUndefined();
});

test('a worker of an earlier build is held to serve every run, and a run of one to be served by every worker', async () => {
  const run = await simulatedRun();
  await alive(OTHER);
  await alive(undefined);
  expect(await unserved(run)).toBeUndefined();
  await fixture.redis.del('{btc-fake}:workers');
  await alive(OTHER);
  expect(await unserved(await simulatedRun({ sources: undefined }))).toBeUndefined();
});

test('a folder that all workers lack is told, but not of a stage without files', async () => {
  const folder = '/asked/for';
  const begun = await fixture.createRun(people(3), { sources: configuredSources(fixture.settings), outputDir: folder });
  await alive({}, { lacksFolders: [folder] });
  for (const stage of ['run-start', 'catalog-download'] as const) await stageDone(fixture, begun, stage);
  expect(await unserved(await fixture.store.getRun(begun.plan.id))).toMatchObject({
    stage: 'assignment',
    needs: [`folder ${folder}`],
    workers: [{ has: [`no folder ${folder}`] }],
  });
  await stageDone(fixture, begun, 'assignment');
  expect(await unserved(await fixture.store.getRun(begun.plan.id))).toBeUndefined();
});
