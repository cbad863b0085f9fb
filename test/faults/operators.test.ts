// O: what operators can do to a run, by hand and by mistake.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Job } from 'bullmq';
import type { RunId } from '../../src/domain/ids.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { CANARIES, type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { assertNoFinalFile, judge } from '../support/fault-oracle.ts';
import { fails } from '../support/faulty-recommender.ts';
import { freePort } from '../support/free-port.ts';
import { FULL_SIZE, testAtFullSize } from '../support/full-size.ts';
import { waitUntil } from '../support/wait-until.ts';

const EMPLOYEES = 120;
const FULL_SIZE_LIMIT_MS = 300_000;
const LONGEST_TEST_MS = 4 * FULL_SIZE_LIMIT_MS;
const TEST_LIMIT_MS = 60_000;
const END_AT = pathToFileURL(join(import.meta.dirname, '../support/end-at-milestone.mjs')).href;
const LOGIN = `Basic ${Buffer.from(`operator:${CANARIES.dashboard}`).toString('base64')}`;

/** A dashboard in a process of its own, with a login. */
interface Dashboard {
  readonly url: string;
  /** Asks as a page of the dashboard does, logged in; redirects are not followed. */
  ask(path: string, options?: RequestInit): Promise<Response>;
  /** Presses a button of a page. */
  post(path: string, fields: Record<string, string>): Promise<Response>;
  /** Presses a button of Bull Board. */
  put(path: string): Promise<Response>;
}

let fixture: FaultFixture;
let dashboard: Dashboard;
let failing: (employeeId: number) => boolean;

beforeAll(async () => {
  fixture = await openFaultFixture({
    employees: EMPLOYEES,
    misbehave: (id) => (failing(id) ? fails(404) : undefined),
    env: { JOB_ATTEMPTS: '2' },
  });
  dashboard = await serve(fixture);
}, TEST_LIMIT_MS);
beforeEach(() => {
  failing = () => false;
});
afterAll(() => fixture?.close());

async function serve(where: FaultFixture): Promise<Dashboard> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const command = where.start(['dashboard', '--port', String(port)], {}, LONGEST_TEST_MS);
  await command.waitForStderr('The dashboard is served');
  const ask: Dashboard['ask'] = (path, options = {}) =>
    fetch(`${url}${path}`, {
      redirect: 'manual',
      ...options,
      headers: { authorization: LOGIN, origin: url, ...options.headers },
    });
  return {
    url,
    ask,
    post: (path, fields) => ask(path, { method: 'POST', body: new URLSearchParams(fields) }),
    put: (path) => ask(`/queues/api/queues/${path}`, { method: 'PUT' }),
  };
}

async function stop(...workers: readonly RunningBtcFake[]): Promise<void> {
  for (const worker of workers) worker.signal('SIGTERM');
  for (const worker of workers) expect((await worker.ended).code).toBe(0);
}

/** One employee in so many. */
const oneIn = (n: number) => (id: number) => id % n === 0;

/** A run with failed employees, for whom the recommender is then fixed. */
async function incompleteRun(
  where: FaultFixture,
  fail: (id: number) => boolean,
  limitMs?: number,
): Promise<{ runId: RunId; failed: readonly number[]; worker: RunningBtcFake }> {
  failing = fail;
  const runId = await where.begin();
  const worker = where.start(['worker'], {}, FULL_SIZE_LIMIT_MS);
  await where.reaches(runId, 'incomplete', limitMs);
  failing = () => false;
  return { runId, failed: where.ids.filter(fail), worker };
}

const jobOf = (where: FaultFixture, runId: RunId, id: number) =>
  where.queues.byName['employee-simulation'].getJob(`${runId}-${id}`) as Promise<Job>;

describe('O1: a run whose employees somebody took off the queue', () => {
  const queue = () => fixture.queues.byName['employee-simulation'];

  /** A run of which some are done and the others wait, with nobody at work. */
  async function waitingRun(): Promise<RunId> {
    const runId = await fixture.begin();
    const stages = ['run-start', 'catalog-download', 'assignment'].flatMap((name) => ['--only', name]);
    const worker = fixture.start(['worker', ...stages]);
    await waitUntil('all are queued', async () => (await queue().getWaitingCount()) === EMPLOYEES, 20_000);
    await stop(worker);
    return runId;
  }

  /** It refuses to assemble, names who is missing, and comes to the right bytes when they are queued again. */
  async function expectRepair(
    runId: RunId,
    missing: number,
    files: readonly string[],
    more: readonly RunningBtcFake[],
  ) {
    await fixture.reaches(runId, 'failed');
    await assertNoFinalFile(fixture, files);
    const { reason } = await fixture.report(runId);
    expect(reason).toMatch(
      new RegExp(`^RUN_INCOMPLETE: ${missing} of ${EMPLOYEES} employees have neither a result nor`),
    );
    expect(reason).toContain(`Queue them again with "btc-fake retry ${runId}"`);
    expect((await fixture.start(['retry', runId, '--json']).ended).code).toBe(0);
    await stop(...more);
    await judge(fixture, runId, { extraCalls: () => 1 });
  }

  test.each<[string, (failed: readonly number[], runId: RunId) => Promise<unknown>]>([
    ['cleaned', () => queue().clean(0, 0, 'failed')],
    [
      'deleted one by one',
      async (failed, runId) => {
        for (const id of failed) await (await jobOf(fixture, runId, id)).remove();
      },
    ],
  ])(
    'when they had failed and were %s',
    async (_how, remove) => {
      const files = await readdir(fixture.workspace.path('generated_files'));
      const { runId, failed, worker } = await incompleteRun(fixture, oneIn(8));
      await remove(failed, runId);
      await expectRepair(runId, failed.length, files, [worker]);
    },
    TEST_LIMIT_MS,
  );

  test.each<[string, (runId: RunId) => Promise<unknown>]>([
    ['emptied the queue', () => queue().drain()],
    ...(FULL_SIZE
      ? [['obliterated it', () => queue().obliterate({ force: true })] as [string, () => Promise<void>]]
      : []),
    [
      'removed the unprocessed children of the assembly',
      async (runId) =>
        ((await fixture.queues.byName['file-assembly'].getJob(runId)) as Job).removeUnprocessedChildren(),
    ],
  ])(
    'when they still waited and somebody %s: the assembly queues them again, and the run completes by itself',
    async (_how, remove) => {
      const runId = await waitingRun();
      await remove(runId);
      const worker = fixture.start(['worker']);
      await fixture.reaches(runId, 'finished');
      await stop(worker);
      await judge(fixture, runId);
    },
    TEST_LIMIT_MS,
  );
});

/** The three ways to re-queue: one employee, then all that are left. */
const WAYS: Record<string, (where: FaultFixture, pages: Dashboard, runId: RunId, one: number) => Promise<void>> = {
  'the command line': async (where, _pages, runId, one) => {
    const first = await where.start(['retry', runId, '--employee', String(one), '--detach']).ended;
    expect(first.stderr).toContain('Re-queued 1 employee');
    expect((await where.start(['retry', runId, '--detach']).ended).code).toBe(0);
  },
  'the dashboard': async (_where, pages, runId, one) => {
    const first = await pages.post(`/runs/${runId}/requeue`, { employee: String(one) });
    expect([first.status, first.headers.get('location')]).toEqual([303, expect.stringContaining('requeued-one')]);
    const others = await pages.post(`/runs/${runId}/requeue`, { what: 'all' });
    expect(others.status).toBe(303);
  },
  'Bull Board': async (_where, pages, runId, one) => {
    const first = await pages.put(`employee-simulation/${runId}-${one}/retry`);
    expect([first.status, await first.text()]).toEqual([204, '']);
    // Its "retry all" takes what it shows; people press it again.
    for (let left = true; left; ) {
      expect((await pages.put('employee-simulation/retry/failed')).status).toBeLessThan(300);
      left = (await _where.queues.byName['employee-simulation'].getFailedCount()) > 0;
    }
  },
};

describe('O2: failed employees, re-queued one, then all at once,', () => {
  test.each(Object.keys(WAYS))(
    'by %s: the run completes, once, and after that nothing can be re-queued',
    async (way) => {
      const { runId, failed, worker } = await incompleteRun(fixture, oneIn(5));
      await WAYS[way]!(fixture, dashboard, runId, failed[0]!);
      await fixture.reaches(runId, 'finished');
      await judge(fixture, runId, { extraCalls: (id) => (failed.includes(id) ? 1 : 0) });
      await expectRefusals(runId, failed[0]!);
      await stop(worker);
      await judge(fixture, runId, { extraCalls: (id) => (failed.includes(id) ? 1 : 0) });
    },
    TEST_LIMIT_MS,
  );

  /** After the end each way says that there is nothing to do, and changes nothing. */
  async function expectRefusals(runId: RunId, one: number): Promise<void> {
    for (const args of [
      ['retry', runId],
      ['retry', runId, '--employee', String(one)],
      ['finish', runId, '--without-failed'],
    ]) {
      const { code, stderr } = await fixture.start(args).ended;
      expect([args[0], code, stderr]).toEqual([args[0], 1, expect.stringContaining('has ended')]);
    }
    for (const fields of [{ what: 'all' }, { what: 'stage' }, { employee: String(one) }]) {
      const { status, headers } = await dashboard.post(`/runs/${runId}/requeue`, fields as Record<string, string>);
      expect([status, headers.get('location')]).toEqual([303, expect.stringContaining('ended')]);
    }
    expect((await dashboard.put(`employee-simulation/${runId}-${one}/retry`)).status).toBe(404);
    expect((await dashboard.put(`file-assembly/${runId}/retry`)).status).toBeGreaterThanOrEqual(400);
  }

  test(
    'by all three at the same time: each once, and nobody is told of a failure',
    async () => {
      const { runId, failed, worker } = await incompleteRun(fixture, oneIn(5));
      const [line, page, board] = await Promise.all([
        fixture.start(['retry', runId, '--detach']).ended,
        dashboard.post(`/runs/${runId}/requeue`, { what: 'all' }),
        dashboard.put('employee-simulation/retry/failed'),
      ]);
      // Who comes last may come after the end.
      if (line.code !== 0) expect(line.stderr).toContain('has ended');
      expect(page.status).toBe(303);
      expect([board.status, await board.json()]).toEqual([200, { retried: expect.any(Number), skipped: 0 }]);
      await fixture.reaches(runId, 'finished');
      await stop(worker);
      await judge(fixture, runId, { extraCalls: (id) => (failed.includes(id) ? 1 : 0) });
    },
    TEST_LIMIT_MS,
  );

  test(
    'while the files are being assembled: nothing is done twice',
    async () => {
      const runId = await fixture.begin();
      const env = { NODE_OPTIONS: `--import ${END_AT}`, END_AT: 'feeds-drafted:1', END_WITH: 'SIGSTOP' };
      const worker = fixture.start(['worker'], env);
      const assembly = fixture.queues.byName['file-assembly'];
      await waitUntil('the assembly is stopped', async () => (await assembly.getActiveCount()) === 1, 20_000);
      await waitUntil('its drafts are there', async () => {
        const names = await readdir(fixture.workspace.path('generated_files'));
        return names.some((name) => name.endsWith('.part'));
      });
      const { stderr } = await fixture.start(['retry', runId, '--detach']).ended;
      expect(stderr).toContain('Re-queued 0 employees');
      const asked = await dashboard.post(`/runs/${runId}/requeue`, { what: 'all' });
      expect(asked.headers.get('location')).toContain('none-failed');
      expect((await dashboard.put(`file-assembly/${runId}/retry`)).status).toBeGreaterThanOrEqual(400);
      worker.signal('SIGCONT');
      await fixture.reaches(runId, 'finished');
      await stop(worker);
      await judge(fixture, runId);
    },
    TEST_LIMIT_MS,
  );

  testAtFullSize(
    'of 5,000 every tenth by each way, then 20,000 at once by one way after the other',
    async () => {
      await inFixtureOf(5_000, async (big, pages) => {
        for (const requeue of Object.values(WAYS)) {
          const { runId, failed, worker } = await incompleteRun(big, oneIn(10), FULL_SIZE_LIMIT_MS);
          await requeue(big, pages, runId, failed[0]!);
          await big.reaches(runId, 'finished', FULL_SIZE_LIMIT_MS);
          await stop(worker);
          const again = new Set(failed);
          await judge(big, runId, { extraCalls: (id) => (again.has(id) ? 1 : 0) });
        }
      });
      await inFixtureOf(20_000, async (big, pages) => {
        const { runId, failed, worker } = await incompleteRun(big, () => true, FULL_SIZE_LIMIT_MS);
        const ways = Object.values(WAYS);
        for (const [i, requeue] of ways.entries()) {
          const isLast = i === ways.length - 1;
          failing = () => !isLast;
          await requeue(big, pages, runId, failed[0]!);
          await big.reaches(runId, isLast ? 'finished' : 'incomplete', FULL_SIZE_LIMIT_MS);
        }
        await stop(worker);
        // Each way asks about one employee first, then about all who are left.
        await judge(big, runId, { extraCalls: () => 2 * ways.length });
      });
    },
    LONGEST_TEST_MS,
  );

  /** A fixture of its own, with a dashboard. */
  async function inFixtureOf(
    employees: number,
    work: (big: FaultFixture, pages: Dashboard) => Promise<void>,
  ): Promise<void> {
    failing = () => false;
    const big = await openFaultFixture({ employees, misbehave: (id) => (failing(id) ? fails(404) : undefined) });
    try {
      await work(big, await serve(big));
    } finally {
      await big.close();
    }
  }
});

describe('O3: the dashboard', () => {
  /** A run with failed employees, and everything that is to be had about it. */
  async function withRun(work: (runId: RunId, failed: number) => Promise<void>): Promise<void> {
    const { runId, failed, worker } = await incompleteRun(fixture, (id) => id === fixture.ids[7]);
    await stop(worker);
    const before = await allJobs();
    await work(runId, failed[0]!);
    expect(await allJobs()).toEqual(before);
    const again = fixture.start(['worker']);
    expect((await fixture.start(['retry', runId, '--json']).ended).code).toBe(0);
    await stop(again);
    await judge(fixture, runId, { extraCalls: (id) => (id === failed[0] ? 1 : 0) });
  }

  async function allJobs(): Promise<string[]> {
    const all = await Promise.all(
      Object.values(fixture.queues.byName).map(async (one) => {
        const jobs: Job[] = await one.getJobs(['failed', 'waiting', 'waiting-children', 'delayed', 'active']);
        return Promise.all(jobs.map(async ({ id, data, queueName }) => JSON.stringify([queueName, id, data])));
      }),
    );
    return all.flat().sort();
  }

  /** What changes something, or would. */
  const changing = (runId: RunId, id: number): readonly (readonly [string, string])[] => [
    ['POST', `/runs/${runId}/requeue`],
    ['POST', `/runs/${runId}/finish`],
    ['POST', '/start'],
    ['POST', '/schedule/remove'],
    ['POST', '/connections'],
    ['PUT', `/queues/api/queues/employee-simulation/${runId}-${id}/retry`],
    ['PUT', '/queues/api/queues/employee-simulation/retry/failed'],
    ['PUT', '/queues/api/queues/pause'],
    ...destructive(runId, id),
  ];
  const destructive = (runId: RunId, id: number): readonly (readonly [string, string])[] => [
    ['PUT', '/queues/api/queues/employee-simulation/clean/failed'],
    ['PUT', `/queues/api/queues/employee-simulation/${runId}-${id}/clean`],
    ['PUT', '/queues/api/queues/employee-simulation/empty'],
    ['PUT', '/queues/api/queues/employee-simulation/obliterate'],
    ['PUT', `/queues/api/queues/file-assembly/${runId}/remove-unprocessed-children`],
  ];

  test(
    'is shut to people without a login, does nothing for the page of another site, and never drops an employee',
    () =>
      withRun(async (runId, id) => {
        const readable = [
          '/',
          `/runs/${runId}`,
          `/runs/${runId}/employees/${id}`,
          '/queues',
          '/queues/api/queues',
          '/start',
        ];
        const wrong = `Basic ${Buffer.from('operator:guess').toString('base64')}`;
        for (const path of readable) {
          expect([path, (await fetch(`${dashboard.url}${path}`)).status]).toEqual([path, 401]);
        }
        for (const [method, path] of changing(runId, id)) {
          const anonymous = await fetch(`${dashboard.url}${path}`, { method, headers: { origin: dashboard.url } });
          expect([path, anonymous.status]).toEqual([path, 401]);
          for (const headers of [
            { origin: 'https://elsewhere.example' },
            { origin: 'null' },
            { origin: dashboard.url, 'sec-fetch-site': 'cross-site' },
          ]) {
            const crossSite = await dashboard.ask(path, { method, headers });
            expect([path, headers, crossSite.status]).toEqual([path, headers, 403]);
          }
        }
        for (const [method, path] of destructive(runId, id)) {
          expect([path, (await dashboard.ask(path, { method })).status]).toEqual([path, 403]);
        }
        const guess = await fetch(dashboard.url, { headers: { authorization: wrong } });
        expect(guess.status).toBe(401);
      }),
    TEST_LIMIT_MS,
  );

  test(
    'shows no secret on any page that can be reached from its first',
    () =>
      withRun(async () => {
        const seen = new Set(['/']);
        for (const path of seen) {
          const response = await dashboard.ask(path);
          const body = await response.text();
          for (const canary of Object.values(CANARIES)) expect([path, body.includes(canary)]).toEqual([path, false]);
          for (const [, link] of body.matchAll(/(?:href|action|src|data-live)="([^"#]+)"/g)) {
            const url = new URL(link!.replaceAll('&amp;', '&'), `${dashboard.url}${path}`);
            // A stream of events never ends, and the queues are Bull Board's script.
            if (url.origin !== dashboard.url || /\/(live|events)$/.test(url.pathname)) continue;
            if (seen.size < 200) seen.add(url.pathname + url.search);
          }
        }
        for (const path of ['/queues/api/queues', '/queues/api/redis/stats', '/metrics']) {
          const body = await (await dashboard.ask(path)).text();
          for (const canary of Object.values(CANARIES)) expect([path, body.includes(canary)]).toEqual([path, false]);
        }
        expect([...seen].filter((path) => path.startsWith('/runs/')).length).toBeGreaterThan(3);
        expect(seen).toContain('/configuration');
      }),
    TEST_LIMIT_MS,
  );

  test('does not begin to listen for others without a login', async () => {
    const { code, stderr } = await fixture.start(['dashboard', '--host', '0.0.0.0'], {
      DASHBOARD_USER: '',
      DASHBOARD_PASSWORD: '',
    }).ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('DASHBOARD_PASSWORD')]);
  });
});
