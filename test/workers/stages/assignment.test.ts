// Proves that the assignment stage can be broken off anywhere and repeated: the same assignments, the same first feed,
// and everybody on the queue once.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RunStore } from '../../../src/adapters/run-store/store.ts';
import { feedNames } from '../../../src/domain/run/plan.ts';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { assignmentHandler } from '../../../src/workers/stages/assignment.ts';
import { catalogDownloadHandler } from '../../../src/workers/stages/catalog-download.ts';
import { allOf } from '../../support/all-of.ts';
import { failureOf } from '../../support/failure-of.ts';
import { takeJobs } from '../../support/job-moves.ts';
import { employeeJob, openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';

// Three whole chunks of the population, and a part of one.
const EMPLOYEES = people(3_200);
let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(async () => {
  await fixture.reset();
  rmSync(fixture.settings.files.outputDir, { recursive: true, force: true });
});

const never = new AbortController().signal;

/** A run whose catalogs are here. */
async function readyRun(employees = EMPLOYEES): Promise<RunRecord> {
  const run = await fixture.createRunWithFlow(employees);
  const job = await fixture.job('catalog-download', run.plan.id);
  await catalogDownloadHandler(fixture)(job, never, '');
  return run;
}

async function assign({ plan }: RunRecord, signal = never, store: RunStore = fixture.store): Promise<void> {
  const job = await fixture.job('assignment', plan.id);
  await assignmentHandler({ ...fixture, store })(job, signal, '');
}

const firstFeed = ({ plan }: RunRecord) =>
  readFileSync(join(fixture.settings.files.outputDir, feedNames(plan).nonCompleted), 'utf8');

async function outcome(run: RunRecord) {
  const { assignments } = await fixture.store.getRun(run.plan.id);
  const states = (await allOf(fixture.store.readEmployees(run.plan))).flat();
  const { waiting, failed } = await fixture.queues.byName['employee-simulation'].getJobCounts('waiting', 'failed');
  const assembly = await fixture.job('file-assembly', run.plan.id);
  const { unprocessed } = await assembly.getDependenciesCount();
  // The same run in all but its id.
  return {
    facts: assignments,
    assigned: createHash('sha256')
      .update(JSON.stringify(states.map((state) => state.assignments)))
      .digest('hex'),
    everybody: states.every(({ assignments: own }) => own !== undefined),
    feed: createHash('sha256').update(firstFeed(run)).digest('hex'),
    jobs: { waiting, failed, unprocessed },
  };
}

test('everybody is assigned, is in the first feed, and is queued as a child of the assembly', async () => {
  const run = await readyRun();
  await assign(run);
  const found = await outcome(run);
  expect(found).toMatchObject({
    everybody: true,
    // The assignment job is the assembly's child too.
    jobs: { waiting: EMPLOYEES.length, failed: 0, unprocessed: EMPLOYEES.length + 1 },
    facts: { databricks: null, notices: [expect.objectContaining({ code: 'databricks-not-configured' })] },
  });
  expect(found.facts!.tally).toMatchObject({
    dailyDose: [900_003, 900_002, 900_001].map((id) => ({ contentId: id, assigned: EMPLOYEES.length })),
    random: { assigned: EMPLOYEES.length, nothingLeft: 0 },
    openAssignments: 0,
  });
  const lines = firstFeed(run).trimEnd().split('\n');
  expect(lines).toHaveLength(1 + 4 * EMPLOYEES.length);
  expect(lines[1]).toBe(
    `"100001","2025-10-28T10:55:00Z","${lines[1]!.split('"')[5]}","900,003","2025-10-27T00:01:00Z","2025-11-01T13:13:59Z","Media"`,
  );
  expect(fixture.log).toContainEqual(
    expect.objectContaining({ level: 40, msg: expect.stringContaining('Databricks is not configured') }),
  );
});

let whole: ReturnType<typeof outcome> | undefined;
/** The outcome of a stage that nobody broke off. */
function expected() {
  whole ??= (async () => {
    await fixture.reset();
    const run = await readyRun();
    await assign(run);
    const found = await outcome(run);
    await fixture.reset();
    return found;
  })();
  return whole;
}

/** A store that aborts, and then continues, when an operation is called for the nth time. */
function abortingAt(operation: keyof RunStore, nth: number, controller: AbortController): RunStore {
  let calls = 0;
  return new Proxy(fixture.store, {
    get(store, name) {
      const value = Reflect.get(store, name, store);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (name === operation) {
          calls += 1;
          if (calls === nth) controller.abort('lock lost');
        }
        return value.apply(store, args);
      };
    },
  });
}

test.each([
  ['while the population is read', 'readPopulation', 1],
  ['before the first assignments are written', 'putAssignments', 1],
  ['in the middle of the assignments', 'putAssignments', 3],
  ['with the last assignments', 'putAssignments', 4],
  ['when they are frozen', 'freezeAssignments', 1],
  ['when the first chunk is queued', 'setFannedOut', 1],
  ['when a further chunk is queued', 'setFannedOut', 2],
  ['with the last whole chunk', 'setFannedOut', 3],
] as const)('broken off %s and repeated, it comes to the same', async (_when, operation, nth) => {
  const comesTo = await expected();
  const run = await readyRun();
  const controller = new AbortController();
  await expect(assign(run, controller.signal, abortingAt(operation, nth, controller))).rejects.toBe('lock lost');
  if (operation === 'readPopulation' || operation === 'putAssignments') {
    expect(await fixture.store.getRun(run.plan.id)).not.toHaveProperty('assignments');
  }
  await assign(run);
  const found = await outcome(run);
  expect(found).toEqual(comesTo);
  expect(await fixture.store.getRun(run.plan.id)).toMatchObject({
    stageFinishedAt: { assignment: expect.any(Number) },
  });
});

test('repeated when it was done, it queues nobody again, also when employees have failed or are done meanwhile', async () => {
  const run = await readyRun();
  await assign(run);
  await takeJobs(fixture, 'employee-simulation', 1, () => 'no');
  await takeJobs(fixture, 'employee-simulation', 2, async ({ data }) => {
    await fixture.store.putResult(run.plan, data.position, { recommendations: [], completions: [] });
    return undefined;
  });
  await assign(run);
  const { jobs } = await outcome(run);
  expect(jobs).toMatchObject({ waiting: EMPLOYEES.length - 3, failed: 1 });
});

test('assignments that are frozen stay, whatever the catalogs say later', async () => {
  const run = await readyRun(people(5));
  await assign(run);
  const before = await outcome(run);
  await fixture.store.putCatalogs(
    run.plan.id,
    { CourseCatalog: [], StandAloneContent: [] },
    { inputs: [], notices: [] },
  );
  await assign(run);
  expect(await outcome(run)).toEqual(before);
});

test('without Daily Dose and with nothing left to give it says so, and everybody is simulated all the same', async () => {
  const run = await fixture.createRunWithFlow(people(4));
  await fixture.store.putCatalogs(
    run.plan.id,
    { CourseCatalog: [], StandAloneContent: [] },
    { inputs: [], notices: [] },
  );
  await assign(run);
  const { facts, jobs } = await outcome(run);
  expect(facts!.notices.map(({ code }) => code)).toEqual([
    'databricks-not-configured',
    'no-daily-dose',
    'nothing-left-to-assign',
  ]);
  expect(jobs.waiting).toBe(4);
  expect(firstFeed(run)).toBe(
    '"UserID","CreateDate_text","RequestId","TrainingElementId","Start_Date_text","DueDate_text","ContentType"\n',
  );
});

test('an output folder that cannot be written fails the stage, and nobody is queued', async () => {
  const run = await readyRun(people(4));
  const { outputDir } = fixture.settings.files;
  mkdirSync(join(outputDir, '..'), { recursive: true });
  writeFileSync(outputDir, 'a file');
  expect((await failureOf(assign(run))).code).toBe('OUTPUT_UNWRITABLE');
  expect(await fixture.queues.byName['employee-simulation'].getWaitingCount()).toBe(0);
  rmSync(outputDir);
  await assign(run);
  expect((await outcome(run)).jobs.waiting).toBe(4);
  expect(readdirSync(outputDir)).toHaveLength(1);
});

test('the position of an employee is the place in the file', async () => {
  const run = await readyRun();
  await assign(run);
  for (const position of [0, 999, 1_000, 3_199]) {
    const job = await fixture.job('employee-simulation', employeeJob(run.plan.id, EMPLOYEES[position]!));
    expect(job.data).toMatchObject({ position, employeeId: EMPLOYEES[position]!.id });
  }
});
