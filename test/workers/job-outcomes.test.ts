// Proves, with real workers on a real Redis and a recommender that misbehaves, what becomes of a job.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Job } from 'bullmq';
import type { RunRecord } from '../../src/domain/run/record.ts';
import { startWorkers, type Workers, type WorkersOptions } from '../../src/workers/runtime/runtime.ts';
import { allOf } from '../support/all-of.ts';
import {
  type Answer,
  type FaultyRecommender,
  fails,
  recommends,
  startFaultyRecommender,
} from '../support/faulty-recommender.ts';
import { fannedOutRun } from '../support/job-moves.ts';
import { employeeJob, openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { people } from '../support/run-state.ts';
import { waitUntil } from '../support/wait-until.ts';

const [EMPLOYEE, OTHER, ...REST] = people(8);
let fixture: RunFixture;
let recommender: FaultyRecommender;
let answer: (employeeId: number, nthCall: number) => Answer;
let workers: Workers | undefined;

beforeAll(async () => {
  fixture = await openRunFixture();
  recommender = await startFaultyRecommender({ answer: (id, nth) => answer(id, nth) });
});
afterAll(async () => {
  await recommender?.close();
  await fixture?.close();
});
beforeEach(() => fixture.reset());
afterEach(async () => {
  await workers?.stop(1_000);
  workers = undefined;
});

function work(overrides: Partial<WorkersOptions> = {}): Workers {
  const settings = fixture.settingsWith({ API_BASE_URL: recommender.url });
  workers = startWorkers({ ...fixture, settings, only: ['employee-simulation'], concurrency: 4, ...overrides });
  return workers;
}

const callsBefore = () => new Map(recommender.calls);
const jobOf = (run: RunRecord, employee = EMPLOYEE!): Promise<Job> =>
  fixture.job('employee-simulation', employeeJob(run.plan.id, employee));
const stateOf = async (run: RunRecord, employee = EMPLOYEE!) => {
  const job: Job | undefined = await fixture.queues.byName['employee-simulation'].getJob(
    employeeJob(run.plan.id, employee),
  );
  return job === undefined ? 'gone' : job.getState();
};
const resultsOf = async ({ plan }: RunRecord) =>
  (await allOf(fixture.store.readEmployees(plan))).flat().map(({ result }) => result?.recommendations);
const results = ({ plan }: RunRecord) => fixture.store.countResults(plan.id);

test('done: the result is kept, the job is gone, and the assembly may start', async () => {
  answer = () => recommends(900_001, 5);
  const run = await fannedOutRun(fixture, [EMPLOYEE!, OTHER!]);
  work();
  const assembly = await fixture.job('file-assembly', run.plan.id);
  await waitUntil('the assembly waits for nobody', async () => (await assembly.getState()) === 'waiting');
  expect(await resultsOf(run)).toEqual([
    [900_001, 5],
    [900_001, 5],
  ]);
  expect(await stateOf(run)).toBe('gone');
  expect(new Set(Object.values(await assembly.getChildrenValues()))).toEqual(new Set([null]));
});

test('an error that may pass: tried again after a back-off, its reason to be read meanwhile, and done then', async () => {
  const first = (recommender.calls.get(EMPLOYEE!.id) ?? 0) + 1;
  answer = (_id, nth) => (nth === first ? fails(503) : recommends(7));
  const run = await fannedOutRun(fixture, [EMPLOYEE!]);
  const started = Date.now();
  work();
  await waitUntil('the job waits for its next attempt', async () => (await stateOf(run)) === 'delayed');
  const waiting = await jobOf(run);
  expect(waiting.attemptsMade).toBe(1);
  expect(waiting.stacktrace?.join()).toMatch(/^RECOMMENDER_UNAVAILABLE: /);
  await waitUntil('the employee has a result', async () => (await results(run)) === 1);
  expect(Date.now() - started).toBeGreaterThanOrEqual(500);
  const warning = fixture.log.find(({ level }) => level === 40);
  expect(warning).toMatchObject({ attempt: 1, attempts: 3, runId: run.plan.id, queue: 'employee-simulation' });
  expect(warning!.msg).toMatch(/^RECOMMENDER_UNAVAILABLE: /);
});

test('an error that may pass but does not: failed with its reason when the attempts are used up', async () => {
  answer = () => fails(500);
  const run = await fannedOutRun(fixture, [EMPLOYEE!], 2);
  const before = callsBefore();
  work();
  await waitUntil('the job has failed', async () => (await stateOf(run)) === 'failed');
  const job = await jobOf(run);
  expect(job.attemptsMade).toBe(2);
  expect(job.failedReason).toMatch(/^RECOMMENDER_UNAVAILABLE: .*500/);
  expect(recommender.calls.get(EMPLOYEE!.id)! - (before.get(EMPLOYEE!.id) ?? 0)).toBe(2);
  expect(fixture.log.filter(({ level }) => level === 50)).toHaveLength(1);
  expect(await (await fixture.job('file-assembly', run.plan.id)).getState()).toBe('waiting-children');
});

test.each([
  ['a refusal', fails(404), /^RECOMMENDER_REJECTED: .*404/],
  ['an answer that is none', { kind: 'html' } as const, /^RECOMMENDER_BODY: .*Sign in/],
])('%s fails at once, with its reason and what to do', async (_what, reply, reason) => {
  answer = () => reply;
  const run = await fannedOutRun(fixture, [EMPLOYEE!]);
  const before = callsBefore();
  work();
  await waitUntil('the job has failed', async () => (await stateOf(run)) === 'failed');
  const job = await jobOf(run);
  expect(job).toMatchObject({ attemptsMade: 1, failedReason: expect.stringMatching(reason) });
  // No stack of ours: it would say nothing more, and it is what the dashboard shows.
  expect(job.stacktrace?.join('\n')).not.toMatch(/^\s+at /m);
  expect(recommender.calls.get(EMPLOYEE!.id)! - (before.get(EMPLOYEE!.id) ?? 0)).toBe(1);
});

test.each([
  ['2', 2_000],
  // Not at all, and a date that is over: we pause all the same.
  ['0', 500],
  ['Wed, 21 Oct 2015 07:28:00 GMT', 500],
])('429 with Retry-After %s lets the whole queue pause, and costs no attempt', async (retryAfter, pauseMs) => {
  const everybody = [EMPLOYEE!, OTHER!, ...REST];
  const calledAt: number[] = [];
  let refusals = 1;
  answer = () => {
    calledAt.push(Date.now());
    refusals -= 1;
    return refusals >= 0 ? fails(429, { 'retry-after': retryAfter }) : recommends(7);
  };
  const run = await fannedOutRun(fixture, everybody, 1);
  work({ concurrency: 1 });
  await waitUntil('all have a result', async () => (await results(run)) === everybody.length);
  expect(calledAt).toHaveLength(everybody.length + 1);
  expect(calledAt[1]! - calledAt[0]!).toBeGreaterThanOrEqual(pauseMs);
  expect(fixture.log.filter(({ level }) => level >= 50)).toEqual([]);
});

test('while the queue pauses the job waits with no attempt made', async () => {
  answer = () => fails(429, { 'retry-after': '60' });
  const run = await fannedOutRun(fixture, [EMPLOYEE!], 1);
  work();
  const throttledForMs = () => fixture.queues.byName['employee-simulation'].getRateLimitTtl();
  await waitUntil('the queue pauses as long as it was asked to', async () => (await throttledForMs()) > 50_000);
  await waitUntil('the job is back', async () => (await stateOf(run)) === 'waiting');
  expect(await jobOf(run)).toMatchObject({ attemptsMade: 0 });
  expect(fixture.log).toContainEqual(expect.objectContaining({ level: 40, pauseMs: 60_000 }));
});

test.each([2, undefined])('a job of version %s is refused at once', async (version) => {
  answer = () => recommends(7);
  const run = await fannedOutRun(fixture, [EMPLOYEE!]);
  const { data } = await jobOf(run);
  await (await jobOf(run)).updateData({ ...data, version });
  work();
  await waitUntil('the job has failed', async () => (await stateOf(run)) === 'failed');
  expect(await jobOf(run)).toMatchObject({
    attemptsMade: 1,
    failedReason: expect.stringMatching(
      new RegExp(`^PAYLOAD_VERSION: This worker reads jobs of version 1; this one is of version ${version}`),
    ),
  });
});

test('an employee of a run that has expired fails at once', async () => {
  answer = () => recommends(7);
  const run = await fannedOutRun(fixture, [EMPLOYEE!]);
  await fixture.store.discardRun(run.plan.id);
  work();
  await waitUntil('the job has failed', async () => (await stateOf(run)) === 'failed');
  expect(await jobOf(run)).toMatchObject({ attemptsMade: 1, failedReason: expect.stringMatching(/^RUN_NOT_FOUND: /) });
});

test('an error that is not ours is tried again, and its reason can be read', async () => {
  answer = () => recommends(7);
  const run = await fannedOutRun(fixture, [EMPLOYEE!], 1);
  // The key of the results is of another kind, so that Redis refuses the result.
  const key = `{btc-fake}:run:${run.plan.id}:results`;
  await fixture.redis.del(key);
  await fixture.redis.set(key, 'x');
  work();
  await waitUntil('the job has failed', async () => (await stateOf(run)) === 'failed');
  expect((await jobOf(run)).failedReason).toMatch(/^INTERNAL: .*WRONGTYPE/);
});

test('an employee who has a result is not simulated again: no call, the same result', async () => {
  const calls = () => recommender.calls.get(EMPLOYEE!.id) ?? 0;
  answer = () => recommends(7);
  const run = await fannedOutRun(fixture, [EMPLOYEE!]);
  const before = calls();
  // The first worker left its result, and was gone before it could complete the job.
  const first = calls() + 1;
  answer = (_id, nth) => (nth === first ? fails(503) : recommends(8));
  work();
  await waitUntil('the job waits for its next attempt', async () => (await stateOf(run)) === 'delayed');
  await fixture.store.putResult(run.plan, 0, { recommendations: [], completions: [] });
  await waitUntil('the job is done', async () => (await stateOf(run)) === 'gone');
  expect(calls() - before).toBe(1);
  expect(await resultsOf(run)).toEqual([[]]);
});

test('an error of somebody else: no secret that it says gets into the job', async () => {
  const run = await fixture.createRunWithFlow([EMPLOYEE!]);
  const canary = 'canary-5e2f';
  // The system's error names the folder, and the folder holds the secret.
  writeFileSync(join(fixture.folder, canary), '');
  const settings = fixture.settingsWith({
    SFTP_LOCAL_DIR: join(fixture.folder, canary, 'folder'),
    DATABRICKS_HOST: 'warehouse.example',
    DATABRICKS_HTTP_PATH: '/sql/1.0/warehouses/1',
    DATABRICKS_TOKEN: canary,
    JOB_ATTEMPTS: '1',
  });
  work({ settings, only: ['catalog-download'] });
  const job = () => fixture.job('catalog-download', run.plan.id);
  await waitUntil('the job is tried', async () => ((await job()).stacktrace?.length ?? 0) > 0);
  const { failedReason, stacktrace } = await job();
  expect(`${failedReason} ${stacktrace?.join()}`).toContain('[secret]');
  expect(`${failedReason} ${stacktrace?.join()}`).not.toContain(canary);
});
