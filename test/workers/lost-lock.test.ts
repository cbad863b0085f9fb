// Proves that a worker that has lost its lock, because its process was stopped, does no harm when it continues: it is
// told to stop, and what it still does changes nothing of what another worker made.
import { createHash } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RunStore } from '../../src/adapters/run-store/store.ts';
import { feedNames } from '../../src/domain/run/plan.ts';
import type { RunRecord } from '../../src/domain/run/record.ts';
import { startWorkers } from '../../src/workers/runtime/runtime.ts';
import { assignmentHandler } from '../../src/workers/stages/assignment.ts';
import { catalogDownloadHandler } from '../../src/workers/stages/catalog-download.ts';
import { fileAssemblyHandler } from '../../src/workers/stages/file-assembly.ts';
import { allOf } from '../support/all-of.ts';
import { contentIds } from '../support/domain-values.ts';
import { failureOf } from '../support/failure-of.ts';
import { takeJobs } from '../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { people } from '../support/run-state.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';

const EMPLOYEES = people(6);
const OTHER_CONTENT = 1_700_042;
let fixture: RunFixture;
let warehouse: Warehouse;
beforeAll(async () => {
  [fixture, warehouse] = await Promise.all([openRunFixture(), startWarehouse()]);
  await warehouse.load(
    `INSERT INTO content_assignments (ba_id, content_id) SELECT ${EMPLOYEES[0]!.id} + i, ${OTHER_CONTENT} FROM range(6) t(i)`,
  );
});
afterAll(async () => {
  await Promise.all([fixture?.close(), warehouse?.close()]);
});
beforeEach(async () => {
  await fixture.reset();
  rmSync(fixture.settings.files.outputDir, { recursive: true, force: true });
});

const never = new AbortController().signal;
const withDatabricks = () =>
  fixture.settingsWith({
    DATABRICKS_HOST: warehouse.host,
    DATABRICKS_HTTP_PATH: warehouse.httpPath,
    DATABRICKS_TOKEN: warehouse.token,
    DATABRICKS_CA_FILE: warehouse.caFile,
  });

async function readyRun(): Promise<RunRecord> {
  const run = await fixture.createRunWithFlow(EMPLOYEES);
  await takeJobs(fixture, 'catalog-download', 1, async (job) => {
    await catalogDownloadHandler(fixture)(job, never, '');
    return undefined;
  });
  return run;
}

async function assign({ plan }: RunRecord, context: Partial<RunFixture> = {}): Promise<void> {
  await assignmentHandler({ ...fixture, ...context })(await fixture.job('assignment', plan.id), never, '');
}

/** A place where somebody stops, as a process does that is stopped, until they are let continue. */
function gate() {
  let resume = () => {};
  let reached = () => {};
  const stopped = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const resumed = new Promise<void>((resolve) => {
    resume = resolve;
  });
  const wait = () => {
    reached();
    return resumed;
  };
  return { stopped, resume, wait };
}

/** The fixture's store, with some operations of its own; `calls` are all that were asked for. */
function storeWith(operations: Partial<Record<keyof RunStore, (...args: never[]) => unknown>>) {
  const calls: string[] = [];
  const store = new Proxy(fixture.store, {
    get(target, name) {
      const value = operations[name as keyof RunStore] ?? Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: never[]) => {
        calls.push(String(name));
        return value.apply(target, args);
      };
    },
  });
  return { store, calls };
}

/** A store that stops before each call of an operation. */
function stoppedAt(operation: 'putAssignments' | 'freezeAssignments') {
  const { stopped, resume, wait } = gate();
  const act = fixture.store[operation].bind(fixture.store) as (...args: never[]) => Promise<unknown>;
  return { ...storeWith({ [operation]: (...args: never[]) => wait().then(() => act(...args)) }), stopped, resume };
}

/** A store that stops when everybody was read: then the first feed is drafted, and not yet published. */
function stoppedWithDraft() {
  const { stopped, resume, wait } = gate();
  let passes = 0;
  async function* readEmployees(plan: RunRecord['plan']) {
    yield* fixture.store.readEmployees(plan);
    passes += 1;
    if (passes === 1) await wait();
  }
  return { ...storeWith({ readEmployees }), stopped, resume };
}

function completionOf({ plan }: RunRecord) {
  const contentId = contentIds(900_001)[0]!;
  return { contentId, source: 'manager' as const, startedAt: plan.asOf - 2_000, completedAt: plan.asOf - 1_000 };
}

const assignmentsOf = async (run: RunRecord) =>
  (await allOf(fixture.store.readEmployees(run.plan))).flat().map(({ assignments }) => assignments);

test.each(['putAssignments', 'freezeAssignments'] as const)(
  'assignments that another worker froze stay as they are, though Databricks told the late one something else (%s)',
  async (operation) => {
    const run = await readyRun();
    const late = stoppedAt(operation);
    const work = assign(run, { store: late.store, settings: withDatabricks() });
    await late.stopped;
    await assign(run);
    const [frozen, { assignments: facts }] = [await assignmentsOf(run), await fixture.store.getRun(run.plan.id)];
    late.resume();
    await work;
    expect(await assignmentsOf(run)).toEqual(frozen);
    expect((await fixture.store.getRun(run.plan.id)).assignments).toEqual(facts);
    expect(frozen.every((own) => own!.open.length === 0)).toBe(true);
    expect(facts!.databricks).toBeNull();
    expect(await fixture.redis.keys('*draft*')).toEqual([]);
  },
);

test.each([
  ['whose draft the other removed', false],
  ['that renamed its draft in the moment between the other’s rename and its look for drafts', true],
])('the feed of the end stays, whatever becomes of the early one of a late worker %s', async (_which, slipsIn) => {
  const run = await readyRun();
  const { outputDir } = fixture.settings.files;
  const path = join(outputDir, feedNames(run.plan).nonCompleted);
  const late = stoppedWithDraft();
  const work = assign(run, { store: late.store });
  await late.stopped;
  const [draft] = readdirSync(outputDir).filter(
    (name) => name.startsWith(`${basename(path)}.`) && !name.endsWith('.more.part'),
  );
  linkSync(join(outputDir, draft!), join(fixture.folder, draft!));
  // The other worker takes the run to its end.
  await assign(run);
  const early = sha256(path);
  await takeJobs(fixture, 'employee-simulation', EMPLOYEES.length, async ({ data }) => {
    await fixture.store.putResult(run.plan, data.position, { recommendations: [], completions: [completionOf(run)] });
    return undefined;
  });
  await fileAssemblyHandler(fixture)(await fixture.job('file-assembly', run.plan.id), never, '');
  const last = sha256(path);
  expect(last).not.toBe(early);
  if (slipsIn) renameSync(join(fixture.folder, draft!), join(outputDir, draft!));
  late.resume();
  if (slipsIn) await work;
  else expect((await failureOf(work)).code).toBe('OUTPUT_UNWRITABLE');
  expect(sha256(path)).toBe(last);
  expect(readdirSync(outputDir).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('a stage that has lost its lock is told so, and stops before it freezes anything', async () => {
  const run = await readyRun();
  const held = stoppedAt('putAssignments');
  const workers = startWorkers({ ...fixture, store: held.store, only: ['assignment'], lockMs: 400 });
  try {
    await held.stopped;
    // Somebody else has the job now.
    await fixture.redis.set(`{btc-fake}:assignment:${run.plan.id}:lock`, 'another');
    await waitUntil('it is logged', () => fixture.log.some(({ msg }) => msg.startsWith('Locks of jobs were lost')));
    held.resume();
    await waitUntil('the stage gives up', () => held.calls.includes('discardRun'));
  } finally {
    held.resume();
    await workers.stop(300);
  }
  expect(held.calls).not.toContain('freezeAssignments');
  expect(await fixture.store.getRun(run.plan.id)).not.toHaveProperty('assignments');
});

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
