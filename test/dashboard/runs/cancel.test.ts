// Proves that a run can be cancelled from its page, which asks first, and that pages, list and metrics know such a run.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { redisCollectors } from '../../../src/dashboard/monitoring/redis-readings.ts';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { startWorkers, type Workers } from '../../../src/workers/runtime/runtime.ts';
import { finishedRun } from '../../support/finished-run.ts';
import { fannedOutRun } from '../../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';
import { type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';
import { waitUntil } from '../../support/wait-until.ts';

let fixture: RunFixture;
let dashboard: ServedDashboard;
let workers: Workers | undefined;

beforeAll(async () => {
  fixture = await openRunFixture();
  dashboard = await serveDashboard(fixture);
});
afterAll(async () => {
  await dashboard?.close();
  await fixture?.close();
});
beforeEach(() => fixture.reset());
afterEach(async () => {
  await workers?.stop(2_000);
  workers = undefined;
});

const page = async (path: string) => (await dashboard.ask(path)).text();
const pressCancel = ({ plan }: RunRecord) => dashboard.ask(`/runs/${plan.id}/cancel`, { method: 'POST' });

test('the page of a run that has not ended leads to a page that asks, and asking changes nothing', async () => {
  const run = await fannedOutRun(fixture, people(6));
  const path = `/runs/${run.plan.id}`;
  expect(await page(path)).toContain(`href="${path}/cancel"`);
  const asked = await page(`${path}/cancel`);
  expect(asked).toContain('Cancel this run?');
  expect(asked).toContain(`<form method="post" action="${path}/cancel"`);
  expect((await fixture.store.getRun(run.plan.id)).cancelled).toBeUndefined();
});

test('the button cancels the run once; its page says who did, and offers nothing more', async () => {
  const run = await fannedOutRun(fixture, people(6));
  const path = `/runs/${run.plan.id}`;
  const first = await pressCancel(run);
  expect([first.status, first.headers.get('location')]).toEqual([303, `${path}?done=cancelled`]);
  expect((await pressCancel(run)).headers.get('location')).toBe(`${path}?done=ended`);
  const queue = fixture.queues.byName['employee-simulation'];
  await waitUntil('its jobs are gone', async () => (await queue.getWaitingCount()) === 0);
  const html = await page(path);
  expect(html).toContain('<span class="state cancelled">cancelled</span>');
  expect(html).toMatch(
    /It was cancelled by somebody on the dashboard of \S+ at \S+Z, at the stage employee-simulation/,
  );
  expect(html).not.toContain(`href="${path}/cancel"`);
  expect(html).not.toContain('data-live=');
  expect(await page('/')).toContain('<span class="state cancelled">cancelled</span>');
});

test('a run that has ended has no such button, and a form that was left open does nothing', async () => {
  const run = await finishedRun(fixture, people(3));
  expect(await page(`/runs/${run.plan.id}`)).not.toContain('/cancel"');
  expect((await pressCancel(run)).headers.get('location')).toBe(`/runs/${run.plan.id}?done=ended`);
  expect((await fixture.store.getRun(run.plan.id)).cancelled).toBeUndefined();
});

test('metrics count a run that was cancelled neither as under way nor as the last that ended', async () => {
  const run = await fannedOutRun(fixture, people(6));
  await pressCancel(run);
  const readings = await redisCollectors({ ...fixture, redis: fixture.redis }).runs!();
  expect(readings.map(({ gauge }) => gauge)).toEqual(['btc_fake_run_overdue_after_seconds']);
});

test('workers know of it within seconds and end their active jobs', async () => {
  const run = await fannedOutRun(fixture, people(40));
  // Nobody answers there: the jobs wait for their next attempts, and for a worker that holds them.
  workers = startWorkers({ ...fixture, settings: fixture.settingsWith({ JOB_ATTEMPTS: '9' }) });
  const { cancellations } = workers;
  await pressCancel(run);
  const left = async () => {
    await cancellations.run();
    const counts = await fixture.queues.byName['employee-simulation'].getJobCounts(
      'waiting',
      'active',
      'delayed',
      'failed',
    );
    return Object.values(counts).reduce((sum, n) => sum + n, 0);
  };
  await waitUntil('nothing of it is left', async () => (await left()) === 0, 15_000);
});
