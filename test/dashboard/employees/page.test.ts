// Proves that the page of one employee shows the whole decision, finds the employee that is asked for, and re-queues a
// failed one.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { employeeSearch } from '../../../src/dashboard/employees/search.ts';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { emptyAssignmentTally } from '../../../src/domain/simulation/assignment-tally.ts';
import { simulateEmployee } from '../../../src/domain/simulation/employee-outcome.ts';
import { contentIds } from '../../support/domain-values.ts';
import { fannedOutRun, takeJobs } from '../../support/job-moves.ts';
import { employeeJob, openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { ASSIGNMENT_FACTS, CATALOG_FACTS, content, fullAssignments, people } from '../../support/run-state.ts';
import { type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';

const EMPLOYEES = people(3);
const ALL = EMPLOYEES[0]!.id;
const CANARY = 'canary-1b2c';
let fixture: RunFixture;
let dashboard: ServedDashboard;

beforeAll(async () => {
  fixture = await openRunFixture();
  dashboard = await serveDashboard(fixture, {}, { secrets: [CANARY] });
});
afterAll(async () => {
  await dashboard?.close();
  await fixture?.close();
});
beforeEach(() => fixture.reset());

const pathOf = (run: RunRecord, employee: string | number) => `/runs/${run.plan.id}/employees/${employee}`;
/** The text of a page, without its markup. */
const textOf = (page: string) => page.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

async function show(path: string) {
  const response = await dashboard.ask(path);
  const page = await response.text();
  return { status: response.status, page, text: textOf(page) };
}

test("shows the decision: each content with its title, in the run's own time zone", async () => {
  const run = await fixture.createRun(EMPLOYEES, { timeZone: 'Europe/Berlin' });
  const { id } = run.plan;
  const doses = contentIds(1_915_085, 1_915_086);
  await fixture.store.putCatalogs(
    id,
    { StandAloneContent: [content(1_915_085, { title: '<b>Dose & care</b>' })], CourseCatalog: [] },
    CATALOG_FACTS,
  );
  await fixture.store.putAssignments(id, new Map([[0, fullAssignments(0)]]));
  const tally = emptyAssignmentTally({ dailyDose: doses, dailyDoseContents: new Set(doses), others: [] });
  await fixture.store.freezeAssignments(id, { ...ASSIGNMENT_FACTS, tally });
  const result = simulateEmployee(run.plan, EMPLOYEES[0]!, fullAssignments(0), contentIds(777, 1_915_085));
  await fixture.store.putResult(run.plan, 0, result);

  const { status, page, text } = await show(pathOf(run, ALL));
  expect(status).toBe(200);
  expect(text).toContain('Position 1 of 3');
  expect(text).toContain('As of (Europe/Berlin) 2025-10-28 12:00:00');
  expect(page).toContain('<span class="id">1,915,085</span> &lt;b&gt;Dose &amp; care&lt;/b&gt;: assigned');
  expect(text).toContain('Eligible, none was completed or open this week.');
  expect(text).toMatch(/777 in neither catalog file 1,915,085 &lt;b&gt;Dose &amp; care&lt;\/b&gt;, already assigned/);
  expect(text).toContain('Type a completes all 8 on the list.');
  expect(page.match(/datetime="2025-10-28T/g)!.length).toBe(1 + 16);
  expect(text).toContain('the recommender (ai)');
  expect(text).toMatch(/Left open Nothing\./);
});

test('the search leads to the page, and says when there is no such employee', async () => {
  const run = await fixture.createRun(EMPLOYEES);
  expect(employeeSearch(run.plan.id).text).toContain(`action="/runs/${run.plan.id}/employees"`);
  const found = await dashboard.ask(`/runs/${run.plan.id}/employees?employee=+${ALL}`);
  expect([found.status, found.headers.get('location')]).toEqual([303, pathOf(run, ALL)]);
  for (const wrong of ['employee=Ann', 'employee=', '', 'employee=1&employee=2', `employee=${'9'.repeat(16)}`]) {
    const { status, text } = await show(`/runs/${run.plan.id}/employees?${wrong}`);
    expect([wrong, status]).toEqual([wrong, 404]);
    expect(text).toContain('An employee id is a positive integer of at most 15 digits.');
  }
  const stranger = await show(pathOf(run, 7));
  expect([stranger.status, stranger.text]).toEqual([
    404,
    expect.stringContaining(`Run ${run.plan.id} has no employee 7`),
  ]);
  expect((await show('/runs/run-none/employees/7')).status).toBe(404);
  expect((await show('/runs/%3Cscript%3E/employees/7')).page).not.toContain('<script>"');
});

test('an employee who has failed is re-queued, once, with all attempts', async () => {
  const run = await fannedOutRun(fixture, EMPLOYEES);
  await takeJobs(fixture, 'employee-simulation', 2, () => `RECOMMENDER_BODY: <html> & ${CANARY}`);
  const failed = await show(pathOf(run, ALL));
  expect(failed.text).toContain('Failed for good, waits to be re-queued (1 of 3 attempts).');
  expect(failed.page).toContain('RECOMMENDER_BODY: &lt;html&gt; &amp; [secret]');
  expect(failed.page).toContain(`<form method="post" action="${pathOf(run, ALL)}/requeue">`);

  const requeue = () => dashboard.ask(`${pathOf(run, ALL)}/requeue`, { method: 'POST' });
  const done = await requeue();
  expect([done.status, done.headers.get('location')]).toEqual([303, `${pathOf(run, ALL)}?done=requeued-one`]);
  const job = await fixture.job('employee-simulation', employeeJob(run.plan.id, EMPLOYEES[0]!));
  expect([await job.getState(), job.attemptsMade]).toEqual(['waiting', 0]);
  const other = await fixture.job('employee-simulation', employeeJob(run.plan.id, EMPLOYEES[1]!));
  expect(await other.getState()).toBe('failed');
  const after = await show(`${pathOf(run, ALL)}?done=requeued-one`);
  expect(after.text).toContain('The employee is back in the queue.');
  expect(after.page).not.toContain('/requeue"');

  expect((await requeue()).headers.get('location')).toBe(`${pathOf(run, ALL)}?done=not-failed`);
  expect(await job.getState()).toBe('waiting');
});

test('a notice comes only from the codes that there are', async () => {
  const run = await fixture.createRun(EMPLOYEES);
  const plain = await show(pathOf(run, ALL));
  for (const done of ['hello', '__proto__', 'constructor', '<b>']) {
    expect((await show(`${pathOf(run, ALL)}?done=${encodeURIComponent(done)}`)).page).toBe(plain.page);
  }
});

test('a page of a population of 100,000 takes a few short commands', async () => {
  const run = await fixture.createRun(people(100_000));
  await fixture.redis.config('RESETSTAT');
  const { text } = await show(pathOf(run, 200_000));
  expect(text).toContain('Position 100,000 of 100,000');
  const commands = [...(await fixture.redis.info('commandstats')).matchAll(/cmdstat_(\w+):calls=(\d+)/g)];
  const calls = commands.filter(([, name]) => name !== 'info').reduce((sum, [, , n]) => sum + Number(n), 0);
  expect(calls).toBeLessThan(20);
});
