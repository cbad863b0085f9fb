// Proves that employees whom Redis has lost are done again without anybody asking, and that those who failed are not.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { FailureStore } from '../../src/adapters/run-store/failures.ts';
import type { RunRecord } from '../../src/domain/run/record.ts';
import { simulateEmployee } from '../../src/domain/simulation/employee-outcome.ts';
import { requeueFailed } from '../../src/producers/requeue.ts';
import { startWorkers, type Workers } from '../../src/workers/runtime/runtime.ts';
import { contentIds } from '../support/domain-values.ts';
import { fannedOutRun, takeJobs } from '../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { CATALOG_FACTS, content, fullAssignments, people } from '../support/run-state.ts';
import { waitUntil } from '../support/wait-until.ts';

const EMPLOYEES = people(12);
const LIMIT_MS = 20_000;

let fixture: RunFixture;
let workers: Workers | undefined;
/** Employees whose results Redis loses when they are done, and how often. */
let losses: Map<number, number>;

beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(async () => {
  await fixture.reset();
  losses = new Map();
});
afterEach(async () => {
  await workers?.stop(1_000);
  workers = undefined;
});

async function runWithCatalogs(): Promise<RunRecord> {
  const run = await fannedOutRun(fixture, EMPLOYEES);
  const contents = { CourseCatalog: [content(1)], StandAloneContent: [content(1_915_085)] };
  await fixture.store.putCatalogs(run.plan.id, contents, CATALOG_FACTS);
  return run;
}

/** Does the jobs of so many employees; of some the job goes through and the result is gone. */
async function simulate(run: RunRecord, count: number, fails: (position: number) => boolean = () => false) {
  await takeJobs(fixture, 'employee-simulation', count, async ({ data }) => {
    const { position } = data as { position: number };
    if (fails(position)) return 'RECOMMENDER_REJECTED: no';
    const left = losses.get(position) ?? 0;
    losses.set(position, left - 1);
    if (left > 0) return undefined;
    const result = simulateEmployee(run.plan, EMPLOYEES[position]!, fullAssignments(position), contentIds(1));
    await fixture.store.putResult(run.plan, position, result);
    return undefined;
  });
}

function assemble(): void {
  workers = startWorkers({ ...fixture, only: ['file-assembly'] });
}

async function assemblyIs({ plan }: RunRecord, state: string): Promise<void> {
  const current = async () => (await fixture.job('file-assembly', plan.id)).getState();
  await waitUntil(`the assembly is ${state}`, async () => (await current()) === state, LIMIT_MS);
}

const waiting = () => fixture.queues.byName['employee-simulation'].getWaitingCount();

test('an employee whose result Redis has lost is queued again by the assembly, and the run comes to its files', async () => {
  losses = new Map([
    [3, 1],
    [7, 1],
  ]);
  const run = await runWithCatalogs();
  await simulate(run, EMPLOYEES.length);
  assemble();
  await waitUntil('both are queued again', async () => (await waiting()) === 2, LIMIT_MS);
  await assemblyIs(run, 'waiting-children');
  await simulate(run, 2);
  await assemblyIs(run, 'completed');
  expect((await fixture.store.getRun(run.plan.id)).manifest?.failedEmployees).toEqual([]);
  expect(fixture.log).toContainEqual(expect.objectContaining({ runId: run.plan.id, employees: 2, level: 40 }));
});

test('it is queued again three times; lost once more it is named, and a retry queues it again', async () => {
  losses = new Map([[5, 4]]);
  const run = await runWithCatalogs();
  await simulate(run, EMPLOYEES.length);
  assemble();
  for (let time = 1; time <= 3; time += 1) {
    await waitUntil('it is queued again', async () => (await waiting()) === 1, LIMIT_MS);
    await assemblyIs(run, 'waiting-children');
    await simulate(run, 1);
  }
  await assemblyIs(run, 'failed');
  const { failedReason } = await fixture.job('file-assembly', run.plan.id);
  expect(failedReason).toContain(
    `RUN_INCOMPLETE: 1 of 12 employees have neither a result nor a job: ${EMPLOYEES[5]!.id}`,
  );
  expect(await requeueFailed(fixture.queues, fixture.store, run.plan.id, 3)).toEqual({
    employees: 1,
    stages: ['file-assembly'],
  });
  await simulate(run, 1);
  await assemblyIs(run, 'completed');
});

test('an employee whose failure is on record stays failed and is named, beside one who is queued again', async () => {
  losses = new Map([[2, 1]]);
  const run = await runWithCatalogs();
  await simulate(run, EMPLOYEES.length, (position) => position === 9);
  const [failed] = await fixture.queues.byName['employee-simulation'].getFailed();
  await new FailureStore(fixture.redis).put(run.plan.id, EMPLOYEES[9]!.id, failed!.failedReason);
  await failed!.remove();
  assemble();
  await waitUntil('one is queued again', async () => (await waiting()) === 1, LIMIT_MS);
  await assemblyIs(run, 'waiting-children');
  await simulate(run, 1);
  await assemblyIs(run, 'failed');
  const { failedReason } = await fixture.job('file-assembly', run.plan.id);
  expect(failedReason).toContain(
    `RUN_INCOMPLETE: 1 of 12 employees have neither a result nor a job: ${EMPLOYEES[9]!.id}`,
  );
});
