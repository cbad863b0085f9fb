// Proves that an observer is told what real workers do, and that every line of the log about a job says which job it
// is.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startWorkers, type Workers, type WorkersOptions } from '../../../src/workers/runtime/runtime.ts';
import type { WorkerObserver } from '../../../src/workers/runtime/worker-observer.ts';
import {
  type Answer,
  type FaultyRecommender,
  fails,
  recommends,
  startFaultyRecommender,
} from '../../support/faulty-recommender.ts';
import { fannedOutRun } from '../../support/job-moves.ts';
import { employeeJob, openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';
import { waitUntil } from '../../support/wait-until.ts';

const [EMPLOYEE, OTHER] = people(2);
let fixture: RunFixture;
let recommender: FaultyRecommender;
let answer: (employeeId: number, nthCall: number) => Answer;
let workers: Workers | undefined;
let told: string[];

beforeAll(async () => {
  fixture = await openRunFixture();
  recommender = await startFaultyRecommender({ answer: (id, nth) => answer(id, nth) });
});
afterAll(async () => {
  await recommender?.close();
  await fixture?.close();
});
beforeEach(async () => {
  await fixture.reset();
  told = [];
});
afterEach(async () => {
  await workers?.stop(1_000);
  workers = undefined;
});

const observer: WorkerObserver = {
  recommenderCall: (seconds, outcome) => told.push(`call ${outcome} ${seconds > 0}`),
  ofQueue: (name) => ({
    done: () => told.push(`${name} done`),
    retried: () => told.push(`${name} retried`),
    failed: () => told.push(`${name} failed`),
    paused: (ms) => told.push(`${name} paused ${ms}`),
  }),
};

function work(overrides: Partial<WorkersOptions> = {}): void {
  const settings = fixture.settingsWith({ API_BASE_URL: recommender.url });
  workers = startWorkers({
    ...fixture,
    settings,
    observer,
    only: ['employee-simulation'],
    concurrency: 1,
    ...overrides,
  });
}

test('a whole run: every stage is told once, every employee and every call', async () => {
  answer = () => recommends(910_001);
  await fixture.createRunWithFlow([EMPLOYEE!, OTHER!]);
  work({ only: undefined });
  await waitUntil('the files are there', () => told.includes('file-assembly done'), 15_000);
  const stages = ['run-start done', 'catalog-download done', 'assignment done', 'file-assembly done'];
  const employees = ['call 200 true', 'employee-simulation done', 'call 200 true', 'employee-simulation done'];
  // Not in order: the run's flow was there before, so its first stage may end after the next ones have.
  expect([...told].sort()).toEqual([...stages, ...employees].sort());
});

test('tried again, then failed for good', async () => {
  answer = () => fails(503);
  const run = await fannedOutRun(fixture, [EMPLOYEE!], 2);
  work();
  await waitUntil('the job has failed', () => told.includes('employee-simulation failed'));
  expect(told).toEqual(['call 503 true', 'employee-simulation retried', 'call 503 true', 'employee-simulation failed']);
  const fields = {
    queue: 'employee-simulation',
    job: employeeJob(run.plan.id, EMPLOYEE!),
    runId: run.plan.id,
    employeeId: EMPLOYEE!.id,
  };
  expect(fixture.log.map(({ level }) => level)).toEqual([40, 50]);
  for (const line of fixture.log) expect(line).toMatchObject(fields);
});

test('a queue that has to pause is told with its milliseconds, and counts as no failure', async () => {
  answer = () => fails(429, { 'retry-after': '60' });
  const run = await fannedOutRun(fixture, [EMPLOYEE!]);
  work();
  await waitUntil('the queue pauses', async () => {
    return (await fixture.queues.byName['employee-simulation'].getRateLimitTtl()) > 50_000;
  });
  expect(told).toEqual(['call 429 true', 'employee-simulation paused 60000']);
  expect(fixture.log).toEqual([
    expect.objectContaining({ pauseMs: 60_000, runId: run.plan.id, employeeId: EMPLOYEE!.id, level: 40 }),
  ]);
});

test('a job that goes back because the process stops is told as nothing', async () => {
  answer = () => ({ kind: 'silence' });
  await fannedOutRun(fixture, [EMPLOYEE!]);
  const before = recommender.requests.length;
  work();
  await waitUntil('the recommender is called', () => recommender.requests.length > before);
  await workers!.stop(300);
  expect(told.filter((what) => what.startsWith('employee-simulation'))).toEqual([]);
});

test('every line that the stages of a run write says which job it is about', async () => {
  answer = () => recommends(910_001);
  const run = await fixture.createRunWithFlow([EMPLOYEE!]);
  work({ only: undefined });
  await waitUntil('the files are there', () => told.includes('file-assembly done'), 15_000);
  const stages = new Set(fixture.log.map(({ queue }) => queue));
  expect([...stages]).toEqual(expect.arrayContaining(['catalog-download', 'assignment', 'file-assembly']));
  for (const line of fixture.log) expect(line).toMatchObject({ runId: run.plan.id, job: run.plan.id });
});
