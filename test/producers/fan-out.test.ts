// Proves that a repeated fan-out adds nobody twice, and that a queue which took only some is noticed.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { EmployeeId } from '../../src/domain/ids.ts';
import { placed } from '../../src/domain/run/placed-employee.ts';
import { simulateEmployee } from '../../src/domain/simulation/employee-outcome.ts';
import { fanOut } from '../../src/producers/fan-out.ts';
import { failureOf } from '../support/failure-of.ts';
import { takeJobs } from '../support/job-moves.ts';
import { employeeJob, openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { fullAssignments, people } from '../support/run-state.ts';

const EMPLOYEES = people(30);
let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

const employeeQueue = () => fixture.queues.byName['employee-simulation'];
const waiting = async () => (await employeeQueue().getWaiting()).map((job) => job.id).sort();

test('each employee is a job of its own, a child of the assembly, with all that its worker needs', async () => {
  const { plan } = await fixture.createRunWithFlow(EMPLOYEES);
  await fanOut(fixture.queues, fixture.store, plan.id, placed(EMPLOYEES.slice(10), 10), 4);
  expect(await waiting()).toEqual(
    EMPLOYEES.slice(10)
      .map((employee) => employeeJob(plan.id, employee))
      .sort(),
  );
  const job = await fixture.job('employee-simulation', employeeJob(plan.id, EMPLOYEES[11]!));
  expect(job.data).toMatchObject({
    version: 1,
    runId: plan.id,
    position: 11,
    employeeId: EMPLOYEES[11]!.id,
    employeeType: EMPLOYEES[11]!.type,
  });
  expect(job.opts).toMatchObject({ attempts: 4 });
  // A failed employee must stay, and keep the assembly waiting.
  expect(Object.keys(job.opts)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/removeOnFail|OnFailure|OnFail$/)]),
  );
  const assembly = await fixture.job('file-assembly', plan.id);
  expect(await assembly.getDependenciesCount()).toMatchObject({ unprocessed: 21 });
});

test('a waiting job is so small that Redis needs no more than 640 bytes for it', async () => {
  // As the embedded Redis and the deployments have it.
  await fixture.redis.config('SET', 'hash-max-ziplist-value', '512');
  const run = await fixture.createRunWithFlow([{ id: 8_888_888 as EmployeeId, type: 'a' }]);
  const placed = [{ position: 999_999, employee: { id: 8_888_888 as EmployeeId, type: 'a' as const } }];
  await fanOut(fixture.queues, fixture.store, run.plan.id, placed, 5);
  const key = fixture.queues.byName['employee-simulation'].toKey(`${run.plan.id}-8888888`);
  expect(await fixture.redis.memory('USAGE', key)).toBeLessThanOrEqual(640);
});

test('repeated, at once or later, it adds nobody twice: neither who waits, nor who failed, nor who has a result', async () => {
  const { plan } = await fixture.createRunWithFlow(EMPLOYEES);
  const all = placed(EMPLOYEES, 0);
  const again = () => fanOut(fixture.queues, fixture.store, plan.id, all, 3);
  await Promise.all([again(), again()]);
  expect(await waiting()).toHaveLength(EMPLOYEES.length);
  await takeJobs(fixture, 'employee-simulation', 2, () => 'no');
  await takeJobs(fixture, 'employee-simulation', 5, async ({ data }) => {
    const result = simulateEmployee(plan, EMPLOYEES[data.position]!, fullAssignments(0), []);
    await fixture.store.putResult(plan, data.position, result);
    return undefined;
  });
  const before = await waiting();
  expect(before).toHaveLength(EMPLOYEES.length - 7);
  await again();
  expect(await waiting()).toEqual(before);
  expect(await employeeQueue().getFailedCount()).toBe(2);
});

test('nobody at all is fine', async () => {
  const { plan } = await fixture.createRunWithFlow(EMPLOYEES);
  await fanOut(fixture.queues, fixture.store, plan.id, [], 3);
  expect(await waiting()).toEqual([]);
});

test('a queue that takes nobody, because the assembly is not there, is noticed', async () => {
  const { plan } = await fixture.createRun(EMPLOYEES);
  const error = await failureOf(fanOut(fixture.queues, fixture.store, plan.id, placed(EMPLOYEES, 0), 3));
  expect({ code: error.code, message: error.message }).toEqual({
    code: 'INTERNAL',
    message: `The queue did not take 30 of 30 employees of run ${plan.id}`,
  });
  expect(await waiting()).toEqual([]);
});

test('a full Redis that takes only some is noticed, and the repetition adds the rest', async () => {
  const many = people(5_000);
  const { plan } = await fixture.createRunWithFlow(many);
  const info = await fixture.redis.info('memory');
  const used = Number(/used_memory:(\d+)/.exec(info)![1]);
  await fixture.redis.config('SET', 'maxmemory', used + 1_500_000);
  try {
    await expect(fanOut(fixture.queues, fixture.store, plan.id, placed(many, 0), 3)).rejects.toThrow();
  } finally {
    await fixture.redis.config('SET', 'maxmemory', 0);
  }
  const some = await employeeQueue().getWaitingCount();
  expect(some).toBeGreaterThan(0);
  expect(some).toBeLessThan(many.length);
  await fanOut(fixture.queues, fixture.store, plan.id, placed(many, 0), 3);
  expect(await employeeQueue().getWaitingCount()).toBe(many.length);
});
