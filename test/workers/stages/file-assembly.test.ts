// Proves that the assembly writes the files of everybody or says who is missing, and that a repetition leaves the same
// bytes.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Job } from 'bullmq';
import { FailureStore } from '../../../src/adapters/run-store/failures.ts';
import { PopulationHash } from '../../../src/adapters/run-store/population.ts';
import type { Manifest } from '../../../src/domain/run/manifest.ts';
import { feedNames } from '../../../src/domain/run/plan.ts';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { simulateEmployee } from '../../../src/domain/simulation/employee-outcome.ts';
import type { Employee } from '../../../src/domain/simulation/employees.ts';
import { finishWithoutFailed, requeueFailed } from '../../../src/producers/requeue.ts';
import { startWorkers, type Workers } from '../../../src/workers/runtime/runtime.ts';
import { contentIds } from '../../support/domain-values.ts';
import { fannedOutRun, takeJobs } from '../../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { CATALOG_FACTS, content, fullAssignments, people } from '../../support/run-state.ts';
import { waitUntil } from '../../support/wait-until.ts';

const EMPLOYEES = people(30);
let fixture: RunFixture;
let workers: Workers | undefined;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(async () => {
  await fixture.reset();
  rmSync(fixture.settings.files.outputDir, { recursive: true, force: true });
});
afterEach(async () => {
  await workers?.stop(1_000);
  workers = undefined;
});

const pathOf = (name: string) => join(fixture.settings.files.outputDir, name);
const linesOf = (name: string) => readFileSync(pathOf(name), 'utf8').trimEnd().split('\n');

/** A run whose employees are done, but for those who fail and those of them whose failed jobs somebody deletes. */
async function workedRun(failing: readonly number[] = [], deleted: readonly number[] = [], employees = EMPLOYEES) {
  const run = await fannedOutRun(fixture, employees);
  const contents = { CourseCatalog: [content(1)], StandAloneContent: [content(1_915_085), content(2)] };
  await fixture.store.putCatalogs(run.plan.id, contents, CATALOG_FACTS);
  await takeJobs(fixture, 'employee-simulation', employees.length, async ({ data }) => {
    if (failing.includes(data.position)) return 'REASON: no';
    if (deleted.includes(data.position)) return 'DELETED: by hand';
    await putResult(run, data.position, employees);
    return undefined;
  });
  const failures = new FailureStore(fixture.redis);
  for (const position of [...failing, ...deleted]) {
    await failures.put(run.plan.id, employees[position]!.id, 'no');
  }
  for (const job of await fixture.queues.byName['employee-simulation'].getFailed()) {
    if (job.failedReason.startsWith('DELETED')) await job.remove();
  }
  return run;
}

async function putResult(run: RunRecord, position: number, employees: readonly Employee[] = EMPLOYEES): Promise<void> {
  const result = simulateEmployee(run.plan, employees[position]!, fullAssignments(position), contentIds(1, 77));
  await fixture.store.putResult(run.plan, position, result);
}

function work(env: Record<string, string> = {}): void {
  workers = startWorkers({ ...fixture, settings: fixture.settingsWith(env), only: ['file-assembly'] });
}

async function assembly({ plan }: RunRecord): Promise<Job> {
  return fixture.job('file-assembly', plan.id);
}

async function settled(run: RunRecord): Promise<Job> {
  await waitUntil('the assembly has ended', async () =>
    ['completed', 'failed'].includes(await (await assembly(run)).getState()),
  );
  return assembly(run);
}

function filesOf(run: RunRecord): Record<string, string> {
  const names = Object.values(feedNames(run.plan)).filter((name) => existsSync(pathOf(name)));
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(pathOf(name)))
        .digest('hex'),
    ]),
  );
}

test('all files are there, and the manifest names each with its rows and its hash', async () => {
  const template = join(fixture.folder, 'template.csv');
  writeFileSync(template, '"a"\n"b"\n');
  const run = await workedRun();
  work({ USER_COMPLETION_TEMPLATE_FILE: template });
  expect(await (await settled(run)).getState()).toBe('completed');
  const names = feedNames(run.plan);
  const hashes = filesOf(run);
  expect(readdirSync(fixture.settings.files.outputDir).sort()).toEqual(Object.values(names).sort());
  const manifest: Manifest = JSON.parse(readFileSync(pathOf(names.manifest), 'utf8'));
  expect(manifest.outputs.map(({ name, sha256 }) => [name, sha256])).toEqual(
    [names.completions, names.nonCompleted, names.userCompletion, names.summary].map((name) => [name, hashes[name]]),
  );
  for (const { name, rows, bytes } of manifest.outputs) {
    const header = name === names.summary ? 0 : 1;
    expect(linesOf(name)).toHaveLength(rows + header);
    expect(readFileSync(pathOf(name))).toHaveLength(bytes);
  }
  // 10 of each type: a completes all 9 (7 from the manager and 2 recommended), b one, f none.
  expect(manifest.counts).toMatchObject({
    employees: 30,
    byType: {
      a: { employees: 10, completions: 90 },
      b: { employees: 10, completions: 10 },
      f: { employees: 10, completions: 0 },
    },
    recommendations: 60,
    unknownRecommendations: 30,
  });
  expect(linesOf(names.nonCompleted)).toHaveLength(1 + 7 * 30 - manifest.counts.completionsBySource.manager);
  expect(await fixture.store.getRun(run.plan.id)).toMatchObject({ manifest, finishedAt: expect.any(Number) });
});

test('Redis is rid of what BullMQ noted of every employee, and the finished job stays', async () => {
  const run = await workedRun();
  const notes = fixture.queues.byName['file-assembly'].toKey(`${run.plan.id}:processed`);
  // And one of the assignment, which is a child too.
  expect(await fixture.redis.hlen(notes)).toBe(EMPLOYEES.length + 1);
  work();
  expect(await (await settled(run)).getState()).toBe('completed');
  expect(await fixture.redis.exists(notes)).toBe(0);
});

test('repeated, it leaves the same bytes', async () => {
  const run = await workedRun();
  work();
  await settled(run);
  const before = filesOf(run);
  expect(Object.keys(before)).toHaveLength(4);
  const { manifest } = await fixture.store.getRun(run.plan.id);
  rmSync(fixture.settings.files.outputDir, { recursive: true });
  await (await assembly(run)).retry('completed');
  await settled(run);
  await waitUntil('the files are there again', () => existsSync(pathOf(feedNames(run.plan).manifest)));
  expect(filesOf(run)).toEqual(before);
  expect((await fixture.store.getRun(run.plan.id)).manifest).toEqual(manifest);
});

test('two assemblies of the same run at once leave the bytes of one', async () => {
  const { fileAssemblyHandler } = await import('../../../src/workers/stages/file-assembly.ts');
  const run = await workedRun();
  const job = await assembly(run);
  const handle = () => fileAssemblyHandler(fixture)(job, new AbortController().signal, '');
  await handle();
  const before = filesOf(run);
  await Promise.allSettled([handle(), handle()]);
  expect(filesOf(run)).toEqual(before);
  await handle();
  expect(filesOf(run)).toEqual(before);
});

test('with employees who failed and whose jobs somebody deleted it fails, names them, and writes nothing', async () => {
  const run = await workedRun([], [3, 17]);
  work();
  const job = await settled(run);
  expect(await job.getState()).toBe('failed');
  expect(job.failedReason).toContain(
    `RUN_INCOMPLETE: 2 of 30 employees have neither a result nor a job: ${EMPLOYEES[3]!.id}, ${EMPLOYEES[17]!.id}`,
  );
  expect(job.failedReason).toContain(`btc-fake retry ${run.plan.id}`);
  expect(job.attemptsMade).toBe(1);
  expect(filesOf(run)).toEqual({});
});

test('of many who are missing the first 20 are named, and the others counted', async () => {
  const run = await workedRun(
    [],
    Array.from({ length: 25 }, (_, i) => i),
  );
  work();
  const { failedReason } = await settled(run);
  expect(failedReason).toContain(
    `: ${EMPLOYEES.slice(0, 20)
      .map(({ id }) => id)
      .join(', ')} and 5 more`,
  );
});

test('re-queued, those who were missing are queued again, and then it comes to its files', async () => {
  const whole = await workedRun();
  work();
  await settled(whole);
  const run = await workedRun([], [3, 17]);
  expect(await (await settled(run)).getState()).toBe('failed');
  expect(await requeueFailed(fixture.queues, fixture.store, run.plan.id, 3)).toEqual({
    employees: 2,
    stages: ['file-assembly'],
  });
  await waitUntil(
    'the assembly waits for them',
    async () => (await (await assembly(run)).getState()) === 'waiting-children',
  );
  await takeJobs(fixture, 'employee-simulation', 2, async ({ data }) => {
    await putResult(run, data.position);
    return undefined;
  });
  expect(await (await settled(run)).getState()).toBe('completed');
  // All that differs between the two runs is the id.
  expect(linesOf(feedNames(run.plan).completions)).toEqual(linesOf(feedNames(whole.plan).completions));
});

test('gaps that are on record are accepted: nothing completed for them, all of it open, and the manifest says who', async () => {
  const run = await workedRun([0, 4]);
  const left = await finishWithoutFailed(fixture.queues, fixture.store, run.plan.id);
  work();
  expect(await (await settled(run)).getState()).toBe('completed');
  const names = feedNames(run.plan);
  const manifest: Manifest = JSON.parse(readFileSync(pathOf(names.manifest), 'utf8'));
  // In the order of their ids, whichever failed first.
  expect(manifest.failedEmployees).toEqual(left.toSorted((a, b) => a.employeeId - b.employeeId));
  expect(manifest.notices).toContainEqual({
    code: 'failed-employees-left-out',
    text: 'Finished without failed employees: 2',
    count: 2,
  });
  const ids = [0, 4].map((i) => String(EMPLOYEES[i]!.id));
  for (const id of ids) {
    expect(linesOf(names.completions).filter((line) => line.startsWith(`"${id}"`))).toEqual([]);
    expect(linesOf(names.nonCompleted).filter((line) => line.startsWith(`"${id}"`))).toHaveLength(7);
    expect(linesOf(names.summary).filter((line) => line.startsWith(`${id}:`))).toEqual([]);
  }
});

test('a gap on record does not excuse another', async () => {
  const run = await workedRun([0], [4]);
  await finishWithoutFailed(fixture.queues, fixture.store, run.plan.id).catch(() => {});
  await fixture.store.addWithout(run.plan.id, [{ employeeId: EMPLOYEES[0]!.id, reason: 'no' }]);
  for (const job of await fixture.queues.byName['employee-simulation'].getFailed()) await job.remove();
  work();
  const { failedReason } = await settled(run);
  expect(failedReason).toContain(`1 of 30 employees have neither a result nor a job: ${EMPLOYEES[4]!.id}`);
});

test('a population that is not the one it started with is refused', async () => {
  const run = await workedRun();
  const swapped = EMPLOYEES.map((employee, i) => (i === 3 ? { ...employee, type: 'f' as const } : employee));
  await fixture.store.putPopulationChunk(run.plan.id, 0, swapped);
  const hash = new PopulationHash();
  hash.add(swapped);
  expect(hash.digest().count).toBe(run.population.count);
  work();
  const { failedReason } = await settled(run);
  expect(failedReason).toMatch(/^RUN_INCOMPLETE: The population of run .* has changed since its start/);
  expect(filesOf(run)).toEqual({});
});

test('when the manifest cannot be put in its place the run has not ended, nothing half written stays, and it is tried again', async () => {
  const run = await workedRun();
  const names = feedNames(run.plan);
  mkdirSync(pathOf(names.manifest), { recursive: true });
  work({ JOB_ATTEMPTS: '1' });
  await waitUntil('an attempt has failed', async () => (await assembly(run)).attemptsMade > 0);
  expect((await assembly(run)).stacktrace?.join()).toMatch(/^OUTPUT_UNWRITABLE/);
  expect(readdirSync(fixture.settings.files.outputDir).filter((name) => name.endsWith('.part'))).toEqual([]);
  expect(await fixture.store.getRun(run.plan.id)).not.toHaveProperty('finishedAt');
  rmSync(pathOf(names.manifest), { recursive: true });
  expect(await (await settled(run)).getState()).toBe('completed');
  expect(Object.keys(filesOf(run))).toHaveLength(4);
});

test('a template that is not there fails at once, and writes nothing', async () => {
  const run = await workedRun();
  work({ USER_COMPLETION_TEMPLATE_FILE: '/nowhere/template.csv' });
  const { failedReason, attemptsMade } = await settled(run);
  expect(failedReason).toContain('FILE_UNREADABLE: /nowhere/template.csv: there is no such file');
  expect(attemptsMade).toBe(1);
  expect(readdirSync(fixture.settings.files.outputDir)).toEqual([]);
});

test('broken off, it leaves the earlier files and nothing half written', async () => {
  const { fileAssemblyHandler } = await import('../../../src/workers/stages/file-assembly.ts');
  const run = await workedRun();
  const controller = new AbortController();
  controller.abort('stopping');
  const job = await assembly(run);
  await expect(fileAssemblyHandler(fixture)(job, controller.signal, '')).rejects.toBe('stopping');
  expect(readdirSync(fixture.settings.files.outputDir)).toEqual([]);
  expect(await fixture.store.getRun(run.plan.id)).not.toHaveProperty('finishedAt');
});
