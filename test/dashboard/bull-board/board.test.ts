// Proves what Bull Board can do to a run, and that it cannot drop an employee: every route that it registers is tried
// on a run with failed employees.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Job } from 'bullmq';
import Fastify from 'fastify';
import { guard } from '../../../src/dashboard/access/guard.ts';
import { bullBoardRoutes } from '../../../src/dashboard/bull-board/board.ts';
import { showErrors } from '../../../src/dashboard/page/error-page.ts';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { simulateEmployee } from '../../../src/domain/simulation/employee-outcome.ts';
import { runStatus } from '../../../src/queries/run-status.ts';
import { startWorkers } from '../../../src/workers/runtime/runtime.ts';
import { type Answer, fails, recommends, startFaultyRecommender } from '../../support/faulty-recommender.ts';
import { fannedOutRun, takeJobs } from '../../support/job-moves.ts';
import { employeeJob, openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { fullAssignments, people } from '../../support/run-state.ts';
import { dashboardContext, type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';
import { waitUntil } from '../../support/wait-until.ts';

const EMPLOYEES = people(6);
let fixture: RunFixture;
let dashboard: ServedDashboard;
const closers: (() => unknown)[] = [];

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
  for (const close of closers.splice(0).reverse()) await close();
});

const queue = () => fixture.queues.byName['employee-simulation'];
/** Presses a button; what it says is read, for otherwise its connection would stay. */
async function put(path: string): Promise<{ status: number; said: { error?: unknown; message?: string } }> {
  const response = await dashboard.ask(`/queues/api/queues/${path}`, { method: 'PUT' });
  return { status: response.status, said: JSON.parse((await response.text()) || '{}') };
}

/** A run of six: the first two have failed, the third is done, three wait. */
async function runWithFailures(): Promise<RunRecord> {
  const run = await fannedOutRun(fixture, EMPLOYEES);
  await takeJobs(fixture, 'employee-simulation', 3, async ({ data }) => {
    if (data.position < 2) return 'RECOMMENDER_REJECTED: no';
    const result = simulateEmployee(run.plan, EMPLOYEES[data.position]!, fullAssignments(0), []);
    await fixture.store.putResult(run.plan, data.position, result);
    return undefined;
  });
  return run;
}

/** Everything in Redis about the queues' jobs: which there are, in which state, with which data. */
async function allJobs(): Promise<string[]> {
  const all = await Promise.all(
    Object.values(fixture.queues.byName).map(async (one) => {
      const jobs: Job[] = (await one.getJobs()).filter((job) => job !== undefined);
      return Promise.all(
        jobs.map(async (job) =>
          JSON.stringify([one.name, job.id, await job.getState(), job.data, job.opts.priority, job.delay, job.parent]),
        ),
      );
    }),
  );
  return all.flat().sort();
}

/** Every route that Bull Board registers and that may change something, on an app of its own. */
async function changingRoutes(): Promise<{ method: string; url: string }[]> {
  const app = Fastify();
  const routes: { method: string; url: string }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (!['GET', 'HEAD'].includes(one)) routes.push({ method: one, url });
  });
  const context = dashboardContext(fixture);
  showErrors(app, context);
  await guard(app, context);
  await bullBoardRoutes(app, context);
  await app.ready();
  await app.close();
  return routes;
}

/** What the routes that are not refused do to a job of the run; each was decided about. */
const ALLOWED = [
  'PUT /queues/api/queues/pause',
  'PUT /queues/api/queues/resume',
  'PUT /queues/api/queues/:queueName/retry/:queueStatus',
  'PUT /queues/api/queues/:queueName/promote',
  'PUT /queues/api/queues/:queueName/pause',
  'PUT /queues/api/queues/:queueName/resume',
  'PUT /queues/api/queues/:queueName/rate-limit/release',
  'PUT /queues/api/queues/:queueName/:jobId/retry',
  'PUT /queues/api/queues/:queueName/:jobId/promote',
];

test('every button that could drop an employee is refused with an explanation, and nothing has changed', async () => {
  const run = await runWithFailures();
  const before = await allJobs();
  const routes = await changingRoutes();
  expect(routes.length).toBeGreaterThan(15);
  const refused: string[] = [];
  const passed: string[] = [];
  for (const { method, url } of routes) {
    const route = `${method} ${url}`;
    if (ALLOWED.includes(route)) {
      passed.push(route);
      continue;
    }
    const jobIds = url.includes(':jobId') ? [employeeJob(run.plan.id, EMPLOYEES[0]!), run.plan.id] : [''];
    const statuses = url.includes(':queueStatus')
      ? ['failed', 'wait', 'waiting', 'active', 'delayed', 'prioritized', 'waiting-children', 'paused', 'completed']
      : [''];
    for (const jobId of jobIds) {
      for (const status of statuses) {
        const path = url
          .replace(':queueName', jobId === run.plan.id ? 'file-assembly' : 'employee-simulation')
          .replace(':jobId', jobId)
          .replace(':queueStatus', status)
          .replace(':schedulerId', 'weekly');
        const response = await dashboard.ask(path, {
          method,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ force: true, jobData: {}, name: 'x', data: {}, concurrency: 1, max: 1, duration: 1 }),
        });
        // In the shape that its script shows to the person who pressed the button.
        const { error, message } = (await response.json()) as { error: { key: string }; message: string };
        expect([path, response.status, error]).toEqual([path, 403, { key: 'ERRORS.FORBIDDEN' }]);
        expect(message).not.toMatch(/does not know this button/);
        expect(message.length).toBeGreaterThan(30);
      }
    }
    refused.push(route);
  }
  expect(await allJobs()).toEqual(before);
  expect(passed.sort()).toEqual([...ALLOWED].sort());
  expect(refused).toContain('PUT /queues/api/queues/:queueName/clean/:queueStatus');
  expect(refused).toContain('PUT /queues/api/queues/:queueName/obliterate');
  const assembly = await fixture.job('file-assembly', run.plan.id);
  expect(await assembly.getState()).toBe('waiting-children');
  expect(await assembly.getDependenciesCount()).toMatchObject({ unprocessed: 5 });
});

test('a button that a later version brings is refused before anybody has decided about it', async () => {
  const { refuseHarm } = await import('../../../src/dashboard/bull-board/rules.ts');
  const request = { queues: new Map(), uiConfig: {}, query: {}, params: {}, body: {}, headers: {} };
  expect(await refuseHarm({ method: 'post', route: '/api/queues/:queueName/vacuum', request })).toMatchObject({
    allow: false,
    status: 403,
    message: expect.stringMatching(/nothing was done/),
  });
});

describe('its retry buttons', () => {
  /**
   * A run of six whose workers run; the recommender answers as told. The employees at the first two places fail first.
   */
  async function failedRun(attempts: number, answer: (nthCall: number) => Answer): Promise<RunRecord> {
    const recommender = await startFaultyRecommender({
      answer: (id, nth) => (id === EMPLOYEES[0]!.id || id === EMPLOYEES[1]!.id ? answer(nth) : recommends(910_001)),
    });
    closers.push(() => recommender.close());
    const settings = fixture.settingsWith({ API_BASE_URL: recommender.url, JOB_ATTEMPTS: String(attempts) });
    const workers = startWorkers({ ...fixture, settings });
    closers.push(() => workers.stop(1_000));
    const run = await fixture.createRun(EMPLOYEES);
    await waitUntil('two have failed', async () => (await stateOf(run)) === 'incomplete', 15_000);
    return run;
  }
  const stateOf = async ({ plan }: RunRecord) =>
    (await runStatus(fixture.queues, fixture.store, await fixture.store.getRun(plan.id))).state;
  const manifestOf = async ({ plan }: RunRecord) => (await fixture.store.getRun(plan.id)).manifest;

  test('one job, then all failed: the run finishes with everybody', async () => {
    const run = await failedRun(1, (nth) => (nth === 1 ? fails(404) : recommends(910_001)));
    const one = await put(`employee-simulation/${employeeJob(run.plan.id, EMPLOYEES[0]!)}/retry`);
    expect(one.status).toBe(204);
    await waitUntil('only one has failed', async () => (await queue().getFailedCount()) === 1);
    const all = await put('employee-simulation/retry/failed');
    expect(all).toEqual({ status: 200, said: { retried: 1, skipped: 0 } });
    await waitUntil('the run has ended', async () => (await stateOf(run)) === 'finished', 15_000);
    expect(await manifestOf(run)).toMatchObject({ counts: { employees: 6 }, failedEmployees: [] });
  });

  test('give back all attempts: a job that fails in passing then is tried again', async () => {
    // Two attempts are used up; of the next two the second one succeeds. Without them, the third call would be the
    // last.
    const run = await failedRun(2, (nth) => (nth < 4 ? fails(503) : recommends(910_001)));
    await put('employee-simulation/retry/failed');
    await waitUntil('the run has ended', async () => (await stateOf(run)) === 'finished', 15_000);
    expect(await manifestOf(run)).toMatchObject({ failedEmployees: [] });
  });

  test('put back what is many, page by page', async () => {
    const many = people(250);
    await fannedOutRun(fixture, many);
    await takeJobs(fixture, 'employee-simulation', many.length, () => 'no');
    const all = await put('employee-simulation/retry/failed');
    expect(all.said).toEqual({ retried: 250, skipped: 0 });
    expect(await queue().getJobCounts('waiting', 'failed')).toEqual({ waiting: 250, failed: 0 });
  });

  test('put a failed stage back', async () => {
    const run = await fixture.createRunWithFlow(EMPLOYEES);
    await takeJobs(fixture, 'catalog-download', 1, () => 'CATALOG_MISSING: none');
    expect((await put(`catalog-download/${run.plan.id}/retry`)).status).toBe(204);
    expect(await (await fixture.job('catalog-download', run.plan.id)).getState()).toBe('waiting');
  });

  test('leave completed jobs alone', async () => {
    const run = await fixture.createRunWithFlow(EMPLOYEES);
    await takeJobs(fixture, 'catalog-download', 1);
    const one = await put(`catalog-download/${run.plan.id}/retry`);
    expect(one).toEqual({
      status: 409,
      said: { error: 'A completed job cannot be repeated', message: 'Start a new run with "btc-fake run".' },
    });
    const all = await put('catalog-download/retry/completed');
    expect(all).toMatchObject({
      status: 403,
      said: { message: expect.stringMatching(/^A completed job has done its part/) },
    });
    expect(await (await fixture.job('catalog-download', run.plan.id)).getState()).toBe('completed');
    // Its page does not even offer it.
    const { queues } = (await (await dashboard.ask('/queues/api/queues')).json()) as {
      queues: { allowRetries: boolean; allowCompletedRetries: boolean }[];
    };
    expect(new Set(queues.map((one) => `${one.allowRetries} ${one.allowCompletedRetries}`))).toEqual(
      new Set(['true false']),
    );
  });

  test('say why not, when the run has ended or is forgotten', async () => {
    const run = await runWithFailures();
    await fixture.store.discardRun(run.plan.id);
    const pressed = await put(`employee-simulation/${employeeJob(run.plan.id, EMPLOYEES[0]!)}/retry`);
    expect(pressed).toMatchObject({ status: 404, said: { error: `There is no run ${run.plan.id}` } });
    expect(await queue().getFailedCount()).toBe(2);
  });
});

test('a pause holds a queue and loses nothing', async () => {
  await runWithFailures();
  const before = await allJobs();
  for (const path of ['pause', 'employee-simulation/pause']) expect((await put(path)).status).toBe(200);
  expect(await queue().isPaused()).toBe(true);
  for (const path of ['resume', 'employee-simulation/resume']) expect((await put(path)).status).toBe(200);
  expect(await queue().isPaused()).toBe(false);
  expect(await allJobs()).toEqual(before);
});

test('jobs that wait for their next attempt may go at once, but the schedule is not woken early', async () => {
  await fixture.queues.byName['run-start'].upsertJobScheduler('weekly', { pattern: '0 6 * * 1' }, { name: 'tick' });
  await queue().add('employee', {}, { jobId: 'later-1', delay: 60_000 });
  await queue().add('employee', {}, { jobId: 'later-2', delay: 60_000 });
  const [tick] = await fixture.queues.byName['run-start'].getDelayed();
  for (const path of [`${encodeURIComponent(tick!.id!)}/promote`, 'promote']) {
    expect(await put(`run-start/${path}`)).toMatchObject({
      status: 403,
      said: { message: expect.stringMatching(/^This would wake the weekly schedule early/) },
    });
  }
  expect(await fixture.queues.byName['run-start'].getDelayedCount()).toBe(1);
  expect((await put('employee-simulation/later-1/promote')).status).toBe(204);
  expect((await put('employee-simulation/promote')).status).toBe(200);
  expect(await queue().getJobCounts('waiting', 'delayed')).toEqual({ waiting: 2, delayed: 0 });
});

describe('what it shows', () => {
  test('jobs by the employee they stand for, with the way to the dashboard', async () => {
    const run = await runWithFailures();
    const response = await dashboard.ask('/queues/api/queues?activeQueue=employee-simulation&status=failed');
    const { queues } = (await response.json()) as {
      queues: { name: string; description: string; jobs: Record<string, unknown>[] }[];
    };
    expect(queues.map(({ name }) => name)).toEqual(Object.keys(fixture.queues.byName));
    const [employee] = EMPLOYEES;
    const active = queues.find(({ name }) => name === 'employee-simulation');
    expect(active!.description).toMatch(/^One job per employee/);
    expect(active!.jobs.find(({ id }) => id === employeeJob(run.plan.id, employee!))).toMatchObject({
      name: `employee ${employee!.id} (${employee!.type}), position 0`,
      data: { runId: run.plan.id, position: 0, employeeId: employee!.id, employeeType: employee!.type },
      externalUrl: { href: `/runs/${run.plan.id}/employees/${employee!.id}` },
      failedReason: 'RECOMMENDER_REJECTED: no',
    });
    const stage = await dashboard.ask(`/queues/api/queues/file-assembly/${run.plan.id}`);
    expect(await stage.json()).toMatchObject({
      job: { name: 'file-assembly', externalUrl: { href: `/runs/${run.plan.id}` } },
      status: 'waiting-children',
    });
  });

  test('a page that asks nothing of any other host and has no style or script of its own in it', async () => {
    for (const path of ['/queues', '/queues/', '/queues/queue/employee-simulation', '/queues/job-schedulers']) {
      const response = await dashboard.ask(path);
      const page = await response.text();
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        200,
        'text/html; charset=utf-8',
      ]);
      expect(page).not.toMatch(/https?:\/\//);
      expect(page).not.toMatch(/<style|style=/);
      const scripts = [...page.matchAll(/<script([^>]*)>/g)].map(([, attributes]) => attributes!);
      expect(scripts.every((one) => one.includes('src="static/') || one.includes('type="application/json"'))).toBe(
        true,
      );
      expect(page).toContain('<base href="/queues/" />');
      expect(page).toContain('"boardTitle":"Queues · BTC Fake"');
      for (const [, file] of page.matchAll(/(?:src|href)="(static\/[^"]+)"/g)) {
        const loaded = await dashboard.ask(`/queues/${file}`);
        expect([file, loaded.status, (await loaded.text()).length > 0]).toEqual([file, 200, true]);
      }
    }
  });
});
