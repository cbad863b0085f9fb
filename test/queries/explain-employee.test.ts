// Proves that at each step of a run the explanation of an employee says how far the run is with them, and why.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RunRecord } from '../../src/domain/run/record.ts';
import { emptyAssignmentTally } from '../../src/domain/simulation/assignment-tally.ts';
import type { EmployeeExplanation } from '../../src/domain/simulation/employee-decision.ts';
import { simulateEmployee } from '../../src/domain/simulation/employee-outcome.ts';
import { finishWithoutFailed } from '../../src/producers/requeue.ts';
import { explainEmployee } from '../../src/queries/explain-employee.ts';
import { contentIds, employeeId } from '../support/domain-values.ts';
import { failureOf } from '../support/failure-of.ts';
import { fannedOutRun, takeJobs } from '../support/job-moves.ts';
import { employeeJob, openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { ASSIGNMENT_FACTS, CATALOG_FACTS, content, fullAssignments, people } from '../support/run-state.ts';

const EMPLOYEES = people(3);
const [FIRST] = EMPLOYEES;
let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

const explain = (run: RunRecord, { id } = FIRST!): Promise<EmployeeExplanation> =>
  explainEmployee(fixture.store, fixture.queues, run.plan.id, id);

test('before the run has come to the employees: who it is, and nothing more', async () => {
  const run = await fixture.createRun(EMPLOYEES);
  const { runId, position, employees, employeeType, asOf, week, progress, open, left } = await explain(
    run,
    EMPLOYEES[1],
  );
  expect({ runId, position, employees, employeeType, progress, open, left }).toEqual({
    runId: run.plan.id,
    position: 2,
    employees: 3,
    employeeType: 'b',
    progress: 'not queued',
    open: null,
    left: null,
  });
  expect(asOf).toBe('2025-10-28T11:00:00Z');
  expect(week).toEqual({ start: '2025-10-27T00:01:00Z', due: '2025-11-01T13:13:59Z' });
});

test('assignments that are not frozen yet may still change, and are not told', async () => {
  const run = await fixture.createRun(EMPLOYEES);
  await fixture.store.putAssignments(run.plan.id, new Map([[0, fullAssignments(0)]]));
  expect((await explain(run)).open).toBeNull();
});

test("with the manager's choice, the titles, and the place in the queue", async () => {
  const run = await fixture.createRun(EMPLOYEES);
  const { id } = run.plan;
  const doses = contentIds(1_915_085, 1_915_086, 1_915_087);
  const contents = { StandAloneContent: [content(1_915_085)], CourseCatalog: [content(1_700_000)] };
  await fixture.store.putCatalogs(id, contents, CATALOG_FACTS);
  await fixture.store.putAssignments(id, new Map([[0, fullAssignments(0)]]));
  const tally = emptyAssignmentTally({ dailyDose: doses, dailyDoseContents: new Set(doses), others: [] });
  await fixture.store.freezeAssignments(id, { ...ASSIGNMENT_FACTS, tally });
  const { dailyDoseDecision, dailyDose, random, open } = await explain(run);
  expect(dailyDoseDecision).toBe('eligible');
  expect(dailyDose?.map(({ title, outcome }) => [title, outcome])).toEqual([
    ['Title 1915085', 'assigned'],
    [null, 'assigned'],
    [null, 'assigned'],
  ]);
  expect(random).toMatchObject({ title: 'Title 1700000', catalog: 'CourseCatalog' });
  expect(open).toHaveLength(3);
});

test('waiting, failed with its reason, re-queued, and done', async () => {
  const run = await fannedOutRun(fixture, EMPLOYEES);
  expect(await explain(run)).toMatchObject({
    progress: 'waiting',
    reason: null,
    attempts: { made: 0, allowed: 3 },
    failedAt: null,
    completions: null,
  });
  await takeJobs(fixture, 'employee-simulation', 1, async () => {
    expect((await explain(run)).progress).toBe('working');
    return 'REASON: no';
  });
  expect(await explain(run)).toMatchObject({
    progress: 'failed',
    reason: 'REASON: no',
    attempts: { made: 1, allowed: 3 },
    failedAt: expect.stringMatching(/Z$/),
  });
  const job = await fixture.job('employee-simulation', employeeJob(run.plan.id, FIRST!));
  await job.retry('failed', { resetAttemptsMade: true });
  expect(await explain(run)).toMatchObject({ progress: 'waiting', reason: null });
  await takeJobs(fixture, 'employee-simulation', 3, async ({ data }) => {
    const result = simulateEmployee(run.plan, EMPLOYEES[data.position]!, fullAssignments(data.position), []);
    await fixture.store.putResult(run.plan, data.position, result);
    return undefined;
  });
  const done = await explain(run);
  expect(done).toMatchObject({ progress: 'done', reason: null, attempts: null, recommendations: [], left: [] });
  expect(done.completions).toHaveLength(7);
});

test('the run was finished without the employee', async () => {
  const run = await fannedOutRun(fixture, EMPLOYEES);
  await takeJobs(fixture, 'employee-simulation', 3, async ({ data }) => {
    if (data.position === 0) return 'REASON: no';
    await fixture.store.putResult(run.plan, data.position, { recommendations: [], completions: [] });
    return undefined;
  });
  await finishWithoutFailed(fixture.queues, fixture.store, run.plan.id);
  const { progress, reason, left } = await explain(run);
  expect([progress, reason]).toEqual(['left out', 'REASON: no']);
  // Three were open, three doses and a random one were assigned, and nothing is known to be done.
  expect(left).toHaveLength(7);
});

test('a job that somebody removed is lost, and whose it was is found all the same', async () => {
  const run = await fannedOutRun(fixture, EMPLOYEES);
  const job = await fixture.job('employee-simulation', employeeJob(run.plan.id, EMPLOYEES[2]!));
  await job.remove();
  expect(await explain(run, EMPLOYEES[2])).toMatchObject({ progress: 'lost', position: 3, employeeType: 'f' });
});

test('somebody who is not in the run, and a run that is not there', async () => {
  const run = await fixture.createRun(EMPLOYEES);
  const stranger = await failureOf(explainEmployee(fixture.store, fixture.queues, run.plan.id, employeeId(7)));
  expect([stranger.code, stranger.message]).toEqual(['EMPLOYEE_NOT_FOUND', `Run ${run.plan.id} has no employee 7`]);
  await fixture.reset();
  expect((await failureOf(explain(run))).code).toBe('RUN_NOT_FOUND');
});
