// Proves how a run stands at each of its steps, and what re-queuing and finishing without the failed do then.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../src/domain/run/record.ts';
import { simulateEmployee } from '../../src/domain/simulation/employee-outcome.ts';
import { finishWithoutFailed, requeueFailed, requeueFailedStages } from '../../src/producers/requeue.ts';
import { failedEmployeeJobs, runStatus } from '../../src/queries/run-status.ts';
import { allOf } from '../support/all-of.ts';
import { employeeId, planOf } from '../support/domain-values.ts';
import { failureOf } from '../support/failure-of.ts';
import { fannedOutRun, stageDone, takeJobs } from '../support/job-moves.ts';
import { employeeJob, openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { emptyManifest, fullAssignments, people } from '../support/run-state.ts';

const EMPLOYEES = people(6);
const ATTEMPTS = 3;
let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

const employeeQueue = () => fixture.queues.byName['employee-simulation'];
const failedIds = async ({ plan }: RunRecord) =>
  (await allOf(failedEmployeeJobs(fixture.queues, plan.id))).map(({ data }) => data.employeeId).sort();
const statusOf = async ({ plan }: RunRecord) =>
  runStatus(fixture.queues, fixture.store, await fixture.store.getRun(plan.id));
const stageIn = async (run: RunRecord, queue: 'file-assembly' | 'assignment') =>
  (await fixture.job(queue, run.plan.id)).getState();

/** Works the employees in the order of the queue: those named fail, the others get a result. */
async function work(
  run: RunRecord,
  count: number,
  failing: readonly number[] = [],
  reason = 'REASON: no',
): Promise<void> {
  await takeJobs(fixture, 'employee-simulation', count, async ({ data }) => {
    if (failing.includes(data.position)) return reason;
    const result = simulateEmployee(run.plan, EMPLOYEES[data.position % 6]!, fullAssignments(0), []);
    await fixture.store.putResult(run.plan, data.position, result);
    return undefined;
  });
}

describe('how a run stands', () => {
  test('step by step, to its end', async () => {
    const run = await fixture.createRun(EMPLOYEES);
    const counts = { employees: 6, done: 0, failed: 0 };
    expect(await statusOf(run)).toEqual({ state: 'queued', stage: 'run-start', counts });
    await fixture.store.startStage(run.plan.id, 'run-start', 1);
    expect(await statusOf(run)).toEqual({ state: 'running', stage: 'run-start', counts });
    await stageDone(fixture, run, 'run-start');
    expect(await statusOf(run)).toEqual({ state: 'running', stage: 'catalog-download', counts });
    await stageDone(fixture, run, 'catalog-download');
    expect(await statusOf(run)).toEqual({ state: 'running', stage: 'assignment', counts });
    await stageDone(fixture, run, 'assignment');
    expect(await statusOf(run)).toEqual({ state: 'running', stage: 'employee-simulation', counts });
    await fixture.store.startStage(run.plan.id, 'file-assembly', 1);
    expect(await statusOf(run)).toMatchObject({ state: 'running', stage: 'file-assembly' });
    await fixture.store.finishRun(run.plan.id, emptyManifest(run), 3);
    await stageDone(fixture, run, 'file-assembly');
    expect(await statusOf(run)).toEqual({ state: 'finished', stage: 'file-assembly', counts });
  });

  test('a run that publishes has ended when it is published', async () => {
    const run = await fixture.createRun(EMPLOYEES, { publish: true });
    await stageDone(fixture, run, 'file-assembly');
    await fixture.store.finishRun(run.plan.id, emptyManifest(run), 3);
    await fixture.store.startStage(run.plan.id, 'run-start', 1);
    expect(await statusOf(run)).toMatchObject({ state: 'running', stage: 'publish' });
    await fixture.store.noteDone(run.plan.id, 'publishedAt', 4);
    expect(await statusOf(run)).toMatchObject({ state: 'finished', stage: 'publish' });
  });

  test('with failed employees: running while others work, then incomplete', async () => {
    const run = await fannedOutRun(fixture, EMPLOYEES);
    await work(run, 3, [0, 2]);
    expect(await statusOf(run)).toMatchObject({ state: 'running', counts: { employees: 6, done: 1, failed: 2 } });
    await work(run, 3);
    expect(await statusOf(run)).toEqual({
      state: 'incomplete',
      stage: 'employee-simulation',
      counts: { employees: 6, done: 4, failed: 2 },
    });
  });

  test('with a failed stage: failed, with its reason', async () => {
    const run = await fixture.createRunWithFlow(EMPLOYEES);
    await stageDone(fixture, run, 'run-start');
    await takeJobs(fixture, 'catalog-download', 1, () => 'CATALOG_MISSING: none');
    expect(await statusOf(run)).toEqual({
      state: 'failed',
      stage: 'catalog-download',
      counts: { employees: 6, done: 0, failed: 0 },
      reason: 'CATALOG_MISSING: none',
    });
  });

  test("the failed employees of another run are that one's, even when its id begins the same", async () => {
    const one = await fannedOutRun(fixture, EMPLOYEES);
    await work(one, 6, [0, 1, 2]);
    const other = await fannedOutRun(fixture, EMPLOYEES);
    await work(other, 6, [5]);
    expect((await statusOf(one)).counts.failed).toBe(3);
    expect(await failedIds(other)).toEqual([EMPLOYEES[5]!.id]);
    const shorter = planOf({ id: one.plan.id.slice(0, -7) });
    expect(await allOf(failedEmployeeJobs(fixture.queues, shorter.id))).toEqual([]);
  });
});

describe('re-queuing', () => {
  test('puts all failed employees back with all their attempts, and only those of the run', async () => {
    const run = await fannedOutRun(fixture, EMPLOYEES);
    await work(run, 6, [1, 4]);
    const other = await fannedOutRun(fixture, EMPLOYEES);
    await work(other, 6, [0]);
    expect(await requeueFailed(fixture.queues, fixture.store, run.plan.id, ATTEMPTS)).toEqual({
      employees: 2,
      stages: [],
    });
    expect(await statusOf(run)).toMatchObject({ state: 'running', counts: { done: 4, failed: 0 } });
    expect((await statusOf(other)).counts.failed).toBe(1);
    const job = await fixture.job('employee-simulation', employeeJob(run.plan.id, EMPLOYEES[1]!));
    expect(job).toMatchObject({ attemptsMade: 0 });
    expect(await stageIn(run, 'file-assembly')).toBe('waiting-children');
    await work(run, 2);
    expect(await stageIn(run, 'file-assembly')).toBe('waiting');
  });

  test('puts only the named ones back', async () => {
    const run = await fannedOutRun(fixture, EMPLOYEES);
    await work(run, 6, [1, 3, 4]);
    const named = [EMPLOYEES[3]!.id];
    expect(await requeueFailed(fixture.queues, fixture.store, run.plan.id, ATTEMPTS, named)).toEqual({
      employees: 1,
      stages: [],
    });
    expect(await failedIds(run)).toEqual([EMPLOYEES[1]!.id, EMPLOYEES[4]!.id]);
  });

  test('refuses names that are not among the failed, and then puts nobody back', async () => {
    const run = await fannedOutRun(fixture, EMPLOYEES);
    await work(run, 6, [1]);
    const named = [EMPLOYEES[1]!.id, EMPLOYEES[2]!.id, employeeId(7)];
    const error = await failureOf(requeueFailed(fixture.queues, fixture.store, run.plan.id, ATTEMPTS, named));
    expect({ code: error.code, message: error.message }).toEqual({
      code: 'RUN_STATE',
      message: `Run ${run.plan.id} has no failed employee ${EMPLOYEES[2]!.id}, 7`,
    });
    expect(await failedIds(run)).toEqual([EMPLOYEES[1]!.id]);
  });

  test('puts more than a batch back', async () => {
    const many = people(450);
    const run = await fannedOutRun(fixture, many);
    await work(
      run,
      450,
      Array.from({ length: 450 }, (_, i) => i),
    );
    expect((await requeueFailed(fixture.queues, fixture.store, run.plan.id, ATTEMPTS)).employees).toBe(450);
    expect(await employeeQueue().getJobCounts('waiting', 'failed')).toEqual({ waiting: 450, failed: 0 });
  });

  test('two people at once put everybody back once', async () => {
    const run = await fannedOutRun(fixture, EMPLOYEES);
    await work(run, 6, [0, 1, 2, 3, 4, 5]);
    const ask = () => requeueFailed(fixture.queues, fixture.store, run.plan.id, ATTEMPTS);
    const outcomes = await Promise.allSettled([ask(), ask()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    expect(await employeeQueue().getJobCounts('waiting', 'failed')).toEqual({ waiting: 6, failed: 0 });
  });

  test('puts a failed stage back', async () => {
    const run = await fixture.createRunWithFlow(EMPLOYEES);
    await takeJobs(fixture, 'catalog-download', 1, () => 'no');
    expect(await requeueFailed(fixture.queues, fixture.store, run.plan.id, ATTEMPTS)).toEqual({
      employees: 0,
      stages: ['catalog-download'],
    });
    expect(await fixture.queues.byName['catalog-download'].getWaitingCount()).toBe(1);
    expect(await requeueFailedStages(fixture.queues, run.plan.id)).toEqual([]);
  });

  test('of a run without failures changes nothing', async () => {
    const run = await fannedOutRun(fixture, EMPLOYEES);
    expect(await requeueFailed(fixture.queues, fixture.store, run.plan.id, ATTEMPTS)).toEqual({
      employees: 0,
      stages: [],
    });
    expect(await employeeQueue().getWaitingCount()).toBe(6);
  });

  test('queues again those whose jobs somebody deleted, but nobody who is done or left out', async () => {
    const run = await fannedOutRun(fixture, EMPLOYEES);
    await work(run, 6, [0, 2, 4]);
    for await (const job of failedEmployeeJobs(fixture.queues, run.plan.id)) await job.remove();
    await fixture.store.addWithout(run.plan.id, [{ employeeId: EMPLOYEES[4]!.id, reason: 'no' }]);
    await takeJobs(fixture, 'file-assembly', 1, () => 'RUN_INCOMPLETE: two are missing');
    expect(await requeueFailed(fixture.queues, fixture.store, run.plan.id, ATTEMPTS)).toEqual({
      employees: 2,
      stages: ['file-assembly'],
    });
    const queued = (await employeeQueue().getWaiting()).map(({ data }) => data.position).sort();
    expect(queued).toEqual([0, 2]);
    const assembly = await fixture.job('file-assembly', run.plan.id);
    expect(await assembly.getDependenciesCount()).toMatchObject({ unprocessed: 2 });
  });

  test('is refused when the run has ended, and when there is none', async () => {
    const run = await fixture.createRun(EMPLOYEES);
    await fixture.store.finishRun(run.plan.id, emptyManifest(run), 3);
    const ended = await failureOf(requeueFailed(fixture.queues, fixture.store, run.plan.id, ATTEMPTS));
    expect({ code: ended.code, message: ended.message }).toEqual({
      code: 'RUN_STATE',
      message: `Run ${run.plan.id} has ended; nothing of it can be re-queued`,
    });
    const unknown = planOf({ id: 'run-unknown' }).id;
    expect((await failureOf(requeueFailed(fixture.queues, fixture.store, unknown, ATTEMPTS))).code).toBe(
      'RUN_NOT_FOUND',
    );
    expect((await failureOf(finishWithoutFailed(fixture.queues, fixture.store, unknown))).code).toBe('RUN_NOT_FOUND');
  });
});

describe('finishing without the failed', () => {
  test('puts them on record with their reasons, and lets the assembly start', async () => {
    const run = await fannedOutRun(fixture, EMPLOYEES);
    await work(run, 6, [1, 4]);
    expect(await stageIn(run, 'file-assembly')).toBe('waiting-children');
    const left = await finishWithoutFailed(fixture.queues, fixture.store, run.plan.id);
    const expected = [EMPLOYEES[1]!, EMPLOYEES[4]!].map(({ id }) => ({ employeeId: id, reason: 'REASON: no' }));
    expect([...left].sort((a, b) => a.employeeId - b.employeeId)).toEqual(expected);
    const { without } = await fixture.store.getRun(run.plan.id);
    expect([...without].sort((a, b) => a.employeeId - b.employeeId)).toEqual(expected);
    expect(await failedIds(run)).toEqual([]);
    expect(await stageIn(run, 'file-assembly')).toBe('waiting');
  });

  test('is refused while others still work, and changes nothing', async () => {
    const run = await fannedOutRun(fixture, EMPLOYEES);
    await work(run, 5, [1]);
    const error = await failureOf(finishWithoutFailed(fixture.queues, fixture.store, run.plan.id));
    expect({ code: error.code, message: error.message }).toEqual({
      code: 'RUN_STATE',
      message: `Run ${run.plan.id} is still working on employees`,
    });
    expect((await fixture.store.getRun(run.plan.id)).without).toEqual([]);
    expect(await failedIds(run)).toEqual([EMPLOYEES[1]!.id]);
  });

  test('is refused when nobody failed, and when the run has ended', async () => {
    const run = await fannedOutRun(fixture, EMPLOYEES);
    const none = await failureOf(finishWithoutFailed(fixture.queues, fixture.store, run.plan.id));
    expect(none.message).toBe(`Run ${run.plan.id} has no failed employees`);
    await fixture.store.finishRun(run.plan.id, emptyManifest(run), 3);
    const ended = await failureOf(finishWithoutFailed(fixture.queues, fixture.store, run.plan.id));
    expect(ended.message).toBe(`Run ${run.plan.id} has ended; it has its files`);
  });

  test('that was broken off can be repeated', async () => {
    const run = await fannedOutRun(fixture, EMPLOYEES);
    await work(run, 6, [1, 4]);
    // As if it had ended after the record and the first of the two.
    await fixture.store.addWithout(
      run.plan.id,
      [1, 4].map((i) => ({ employeeId: EMPLOYEES[i]!.id, reason: 'REASON: no' })),
    );
    await (await fixture.job('employee-simulation', employeeJob(run.plan.id, EMPLOYEES[1]!))).remove();
    await finishWithoutFailed(fixture.queues, fixture.store, run.plan.id);
    expect((await fixture.store.getRun(run.plan.id)).without).toHaveLength(2);
    expect(await stageIn(run, 'file-assembly')).toBe('waiting');
  });

  test('that was broken off is refused while somebody who was re-queued meanwhile still works', async () => {
    const run = await fannedOutRun(fixture, EMPLOYEES);
    await work(run, 6, [1, 3, 4]);
    await fixture.store.addWithout(
      run.plan.id,
      [1, 3, 4].map((i) => ({ employeeId: EMPLOYEES[i]!.id, reason: 'REASON: no' })),
    );
    await requeueFailed(fixture.queues, fixture.store, run.plan.id, ATTEMPTS, [EMPLOYEES[1]!.id]);
    const error = await failureOf(finishWithoutFailed(fixture.queues, fixture.store, run.plan.id));
    expect(error.message).toBe(`Run ${run.plan.id} is still working on employees`);
  });
});
