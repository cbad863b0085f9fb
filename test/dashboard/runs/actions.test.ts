// Proves what people can do about a run from its page, with real workers: who fails is seen, re-queued by reason, one
// by one or all, or finished without; and doing it twice does no harm.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { simulateEmployee } from '../../../src/domain/simulation/employee-outcome.ts';
import { runStatus } from '../../../src/queries/run-status.ts';
import { startWorkers, type Workers } from '../../../src/workers/runtime/runtime.ts';
import { type Answer, fails, recommends, startFaultyRecommender } from '../../support/faulty-recommender.ts';
import { finishedRun } from '../../support/finished-run.ts';
import { fannedOutRun, stageDone, takeJobs } from '../../support/job-moves.ts';
import { employeeJob, openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { fullAssignments, people } from '../../support/run-state.ts';
import { type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';
import { waitUntil } from '../../support/wait-until.ts';

const EMPLOYEES = people(6);
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

const reasonOf = (id: number) => `RECOMMENDER_REJECTED: POST http://host.example/run for employee ${id}: answered 404`;

/** A run of six: the employees at these positions have failed, for one of two reasons, the others are done. */
async function runWithFailures(failing: Readonly<Record<number, 'rejected' | 'down'>>): Promise<RunRecord> {
  const run = await fannedOutRun(fixture, EMPLOYEES);
  await takeJobs(fixture, 'employee-simulation', 6, async ({ data }) => {
    const { position, employeeId } = data;
    if (failing[position] === 'rejected') return reasonOf(employeeId);
    if (failing[position] === 'down') return 'RECOMMENDER_UNAVAILABLE: <down>';
    const result = simulateEmployee(run.plan, EMPLOYEES[position]!, fullAssignments(position), []);
    await fixture.store.putResult(run.plan, position, result);
    return undefined;
  });
  return run;
}

const page = async (path: string) => (await dashboard.ask(path)).text();
const pageOf = ({ plan }: RunRecord) => page(`/runs/${plan.id}`);
const statusOf = async ({ plan }: RunRecord) =>
  runStatus(fixture.queues, fixture.store, await fixture.store.getRun(plan.id));
const stateOf = async (run: RunRecord, position: number) =>
  (await fixture.job('employee-simulation', employeeJob(run.plan.id, EMPLOYEES[position]!))).getState();

/** Presses a button of a run's page, and follows to the page that says what was done. */
async function press({ plan }: RunRecord, action: string, fields: Record<string, string>): Promise<string> {
  const response = await dashboard.ask(`/runs/${plan.id}/${action}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
  });
  expect(response.status).toBe(303);
  expect(response.headers.get('location')).toMatch(new RegExp(`^/runs/${plan.id}(/finish|\\?done=[a-z-]+(&n=\\d+)?)$`));
  return page(response.headers.get('location')!);
}

/** The group buttons of a page: how many each is for, and what it sends. */
const groupsOn = (html: string) =>
  [...html.matchAll(/name="group" value="([0-9a-f]+)">Re-queue these (\d+)/g)].map(([, id, n]) => ({
    id: id!,
    n: Number(n),
  }));

describe('who failed', () => {
  test('is shown by reason, the largest group first, each with a page and a button', async () => {
    const run = await runWithFailures({ 0: 'rejected', 1: 'down', 3: 'rejected', 4: 'rejected' });
    const html = await pageOf(run);
    expect(groupsOn(html).map(({ n }) => n)).toEqual([3, 1]);
    expect(html).toContain('for employee …: answered 404');
    expect(html).toContain('RECOMMENDER_UNAVAILABLE: &lt;down&gt;');
    for (const position of [0, 1, 3, 4]) {
      const { id } = EMPLOYEES[position]!;
      expect(html).toContain(`href="/runs/${run.plan.id}/employees/${id}"`);
      expect(html).toContain(`name="employee" value="${id}"`);
    }
    expect(html).not.toContain(`value="${EMPLOYEES[2]!.id}"`);
    expect(await page(`/runs/${run.plan.id}/failed`)).toContain(reasonOf(EMPLOYEES[3]!.id));
  });

  test('for another reason than before is shown with the new one', async () => {
    const run = await runWithFailures({ 0: 'rejected', 1: 'rejected' });
    expect(groupsOn(await pageOf(run))).toHaveLength(1);
    // Nobody looks in between.
    const body = new URLSearchParams({ employee: String(EMPLOYEES[1]!.id) });
    await (await dashboard.ask(`/runs/${run.plan.id}/requeue`, { method: 'POST', body })).text();
    await takeJobs(fixture, 'employee-simulation', 1, () => 'RECOMMENDER_BODY: another');
    const html = await pageOf(run);
    expect(groupsOn(html).map(({ n }) => n)).toEqual([1, 1]);
    expect(html).toContain('RECOMMENDER_BODY: another');
  });

  test('is never shown with a secret that this dashboard knows', async () => {
    const run = await runWithFailures({ 0: 'rejected' });
    const careful = await serveDashboard(fixture, {}, { secrets: ['host.example'] });
    try {
      for (const path of ['', '/failed']) {
        const html = await (await careful.ask(`/runs/${run.plan.id}${path}`)).text();
        expect(html).toContain('http://[secret]/run');
        expect(html).not.toContain('host.example');
      }
    } finally {
      await careful.close();
    }
  });

  test('of very many is read in part: the newest by reason, the count of all, a small page', async () => {
    const many = people(2_300);
    const run = await fannedOutRun(fixture, many);
    const queue = fixture.queues.byName['employee-simulation'];
    // As the workers would leave them; by hand it would take half a minute.
    const multi = fixture.redis.multi();
    for (const [i, employee] of many.entries()) {
      const id = employeeJob(run.plan.id, employee);
      const reason = `REASON: ${'x'.repeat(300)} ${i < 299 ? 'old' : `kind ${(i + 21) % 40}`} of employee ${employee.id}`;
      multi.lrem(queue.toKey('wait'), 1, id).zadd(queue.toKey('failed'), i, id);
      multi.hset(queue.toKey(id), { failedReason: reason, finishedOn: i });
    }
    await multi.exec();
    const html = await pageOf(run);
    expect(html).toContain('Failed: 2,300 employees');
    expect(html).toContain('of the newest 2,000');
    expect(html).toContain('Re-queue all 2,300');
    expect(html).toContain('other reasons');
    expect(html.length).toBeLessThan(100_000);
    expect(await page(`/runs/${run.plan.id}/failed?page=23`)).toContain(`employees/${many[0]!.id}`);
    const { id, n } = groupsOn(html)[0]!;
    expect(n).toBe(50);
    // All of that reason, also the employee whom the page has not read.
    expect(await press(run, 'requeue', { group: id })).toContain('Back in the queue: 51 employees');
  });
});

describe('re-queuing', () => {
  test('one employee leaves the others, and the page says so at once', async () => {
    const run = await runWithFailures({ 0: 'rejected', 1: 'rejected' });
    const html = await press(run, 'requeue', { employee: String(EMPLOYEES[0]!.id) });
    expect(html).toContain('The employee is back in the queue');
    expect(html).toContain('Failed: 1 employee<');
    expect([await stateOf(run, 0), await stateOf(run, 1)]).toEqual(['waiting', 'failed']);
    expect((await fixture.job('employee-simulation', employeeJob(run.plan.id, EMPLOYEES[0]!))).attemptsMade).toBe(0);
  });

  test('one reason takes all of that reason and nobody else', async () => {
    const run = await runWithFailures({ 0: 'rejected', 1: 'down', 2: 'rejected', 5: 'down' });
    const html = await pageOf(run);
    const [group] = groupsOn(html).filter(({ id }) => html.indexOf(id) > html.indexOf('answered 404'));
    expect(await press(run, 'requeue', { group: group!.id })).toContain('Back in the queue: 2 employees');
    const states = await Promise.all([0, 1, 2, 5].map((position) => stateOf(run, position)));
    expect(states.filter((state) => state === 'waiting')).toHaveLength(2);
    expect(states).toEqual(['waiting', 'failed', 'waiting', 'failed']);
  });

  test('all takes everybody; pressed twice, or by two people at once, the second finds nothing to do', async () => {
    const run = await runWithFailures({ 0: 'rejected', 1: 'down', 2: 'rejected' });
    const said = await Promise.all([1, 2].map(() => press(run, 'requeue', { what: 'all' })));
    expect(said.filter((html) => html.includes('Back in the queue: 3 employees'))).toHaveLength(1);
    expect(said.filter((html) => html.includes('Nothing was done: nobody of these is failed'))).toHaveLength(1);
    expect(await statusOf(run)).toMatchObject({ state: 'running', counts: { failed: 0 } });
    expect(await press(run, 'requeue', { employee: String(EMPLOYEES[0]!.id) })).toContain('the employee is not failed');
    expect(await press(run, 'requeue', { what: 'stage' })).toContain('no stage is failed');
    expect(await press(run, 'requeue', { group: '0123456789ab' })).toContain('Nothing was done');
  });

  test('a failed stage puts it back, and leaves the employees', async () => {
    const run = await fixture.createRunWithFlow(EMPLOYEES);
    await stageDone(fixture, run, 'run-start');
    await takeJobs(fixture, 'catalog-download', 1, () => 'CATALOG_MISSING: <none>');
    const html = await pageOf(run);
    expect(html).toContain('The stage catalog-download failed');
    expect(html).toContain('CATALOG_MISSING: &lt;none&gt;');
    expect(await press(run, 'requeue', { what: 'stage' })).toContain('The stage is back in the queue');
    expect(await (await fixture.job('catalog-download', run.plan.id)).getState()).toBe('waiting');
  });

  test('of what nobody said is refused, and a run that is not there is not found', async () => {
    const run = await runWithFailures({ 0: 'rejected' });
    for (const fields of [{}, { employee: 'x' }, { what: 'everything' }, { employee: '-1' }]) {
      const response = await dashboard.ask(`/runs/${run.plan.id}/requeue`, {
        method: 'POST',
        body: new URLSearchParams(fields),
      });
      expect(response.status).toBe(400);
      await response.text();
    }
    const none = await dashboard.ask('/runs/run-none/requeue', {
      method: 'POST',
      body: new URLSearchParams({ what: 'all' }),
    });
    expect(none.status).toBe(404);
    await none.text();
    expect(await stateOf(run, 0)).toBe('failed');
  });
});

describe('finishing without the failed', () => {
  test('asks first, and only then leaves them out', async () => {
    const run = await runWithFailures({ 0: 'rejected', 1: 'down' });
    expect(await pageOf(run)).toContain(`href="/runs/${run.plan.id}/finish"`);
    expect(await page(`/runs/${run.plan.id}/finish`)).toContain('Finish without 2 employees?');
    // Nobody has been asked, or was asked about another number.
    for (const fields of [{}, { failed: '1' }] as Record<string, string>[]) {
      expect(await press(run, 'finish', fields)).toContain('Finish without 2 employees?');
    }
    expect(await stateOf(run, 0)).toBe('failed');
    expect(await press(run, 'finish', { failed: '2' })).toContain('The run continues to its files without 2 employees');
    const { without } = await fixture.store.getRun(run.plan.id);
    expect(without.map(({ employeeId }) => employeeId).sort()).toEqual([EMPLOYEES[0]!.id, EMPLOYEES[1]!.id]);
    expect(await press(run, 'finish', { failed: '2' })).toContain('Nothing was done');
  });

  test('is not offered, and not done, while others are being worked on', async () => {
    const run = await fannedOutRun(fixture, EMPLOYEES);
    await takeJobs(fixture, 'employee-simulation', 1, () => 'REASON: no');
    const html = await pageOf(run);
    expect(html).toContain('possible when all others are done');
    expect(html).not.toContain(`href="/runs/${run.plan.id}/finish"`);
    expect(await press(run, 'finish', { failed: '1' })).toContain('still being worked on');
    const asked = await dashboard.ask(`/runs/${run.plan.id}/finish`);
    expect(asked.headers.get('location')).toContain('done=still-working');
    expect(await stateOf(run, 0)).toBe('failed');
  });
});

describe('with real workers', () => {
  let answer: (employeeId: number) => Answer;

  async function failedRun(): Promise<{ run: RunRecord; fix: () => void; close: () => Promise<void> }> {
    answer = (id) => (id % 3 === 0 ? fails(400) : recommends(910_001, 555));
    const recommender = await startFaultyRecommender({ answer: (id) => answer(id) });
    workers = startWorkers({ ...fixture, settings: fixture.settingsWith({ API_BASE_URL: recommender.url }) });
    const run = await fixture.createRun(EMPLOYEES);
    await waitUntil('it waits for people', async () => (await statusOf(run)).state === 'incomplete', 15_000);
    const fix = () => {
      answer = () => recommends(910_001, 555);
    };
    return { run, fix, close: () => recommender.close() };
  }
  const isFinished = (run: RunRecord) => async () => (await statusOf(run)).state === 'finished';

  test('a run whose failed are re-queued from its page finishes by itself, with the bytes of an undisturbed run', async () => {
    const { run, fix, close } = await failedRun();
    try {
      fix();
      await press(run, 'requeue', { what: 'all' });
      await waitUntil('it has finished', isFinished(run), 15_000);
      const html = await pageOf(run);
      expect(html).toContain('files.zip');
      expect(html).not.toContain('data-live');
      expect(html).not.toContain('failed-title');
      expect(await press(run, 'requeue', { what: 'all' })).toContain('Nothing was done: the run has ended');
      const feedsOf = ({ manifest }: RunRecord) =>
        manifest!.outputs.slice(0, 2).map(({ sha256, rows }) => ({ sha256, rows }));
      await workers!.stop(2_000);
      const undisturbed = await finishedRun(fixture, EMPLOYEES);
      expect(feedsOf(await fixture.store.getRun(run.plan.id))).toEqual(feedsOf(undisturbed));
    } finally {
      await close();
    }
  });

  test('a run that is finished without them says who was left out, and why', async () => {
    const { run, close } = await failedRun();
    try {
      await press(run, 'finish', { failed: '2' });
      await waitUntil('it has finished', isFinished(run), 15_000);
      const html = await pageOf(run);
      expect(html).toContain('Finished without: 2 employees');
      expect(html).toContain('RECOMMENDER_REJECTED');
      expect(groupsOn(html)).toEqual([]);
      expect(html).not.toContain('name="employee" value');
      const left = EMPLOYEES.filter(({ id }) => id % 3 === 0);
      const list = await page(`/runs/${run.plan.id}/failed`);
      for (const { id } of left) expect(list).toContain(`/employees/${id}"`);
    } finally {
      await close();
    }
  });
});

test.each([
  'done=requeued&n=<b>1</b>',
  'done=<script>alert(1)</script>',
  'done=requeued&n=1e9',
  'done=toString',
  'done=requeued&done=x',
  'n=7',
])('nothing of the address %s gets onto the page', async (query) => {
  const run = await fixture.createRun(people(1));
  const html = await page(`/runs/${run.plan.id}?${query}`);
  expect(html).not.toMatch(/alert\(1\)|1e9|<b>1|function|object|7 employees/);
});
