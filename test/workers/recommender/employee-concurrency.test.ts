// Proves that a worker takes more employees at a time while the recommender bears it, and never more than it may.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startWorkers, type Workers } from '../../../src/workers/runtime/runtime.ts';
import type { WorkerObserver } from '../../../src/workers/runtime/worker-observer.ts';
import {
  type Answer,
  type FaultyRecommender,
  fails,
  startFaultyRecommender,
} from '../../support/faulty-recommender.ts';
import { fannedOutRun } from '../../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Long beside what a busy machine adds to it. */
const LATENCY_MS = 1_000;
/**
 * Enough for windows of calls, one after the other, until the limit: a pause of the machine spoils the window that it
 * falls into.
 */
const EMPLOYEES = 4_000;
const GROWTH_LIMIT_MS = 40_000;
const answers: Answer = { kind: 'reply', delayMs: LATENCY_MS };
const answersAtOnce: Answer = { kind: 'reply' };
let fixture: RunFixture;
let recommender: FaultyRecommender;
let answer: () => Answer;
let workers: Workers | undefined;
/** The numbers of employees at a time, as they were told. */
let told: number[];

beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(async () => {
  await fixture.reset();
  answer = () => answers;
  told = [];
  recommender = await startFaultyRecommender({ answer: () => answer() });
});
afterEach(async () => {
  await workers?.stop(1_000);
  workers = undefined;
  await recommender.close();
});

const observer: WorkerObserver = {
  recommenderCall: () => {},
  employeeConcurrency: (employees) => told.push(employees),
  ofQueue: () => ({ done: () => {}, retried: () => {}, failed: () => {}, paused: () => {} }),
};

function work(env: Record<string, string>, concurrency?: number): Workers {
  const settings = fixture.settingsWith({ API_BASE_URL: recommender.url, ...env });
  workers = startWorkers({ ...fixture, settings, observer, only: ['employee-simulation'], concurrency });
  return workers;
}

test('with capacity for more it grows step by step to the most and keeps to it, and the next run begins with the least', async () => {
  const { id } = (await fannedOutRun(fixture, people(EMPLOYEES))).plan;
  const { mostEmployees } = work({ EMPLOYEE_CONCURRENCY: '100', EMPLOYEE_CONCURRENCY_MAX: '160' });
  await waitUntil('it has grown', () => told.at(-1) === 160, GROWTH_LIMIT_MS);
  expect(mostEmployees).toBe(160);
  expect(told.slice(0, 2)).toEqual([100, 150]);
  await waitUntil('as many are asked about', () => recommender.sockets.peak > 150, 30_000);
  answer = () => answersAtOnce;
  await waitUntil('all are done', async () => (await fixture.store.countResults(id)) === EMPLOYEES, 60_000);
  expect(recommender.sockets.peak).toBeLessThanOrEqual(160);
  await waitUntil('it is the least again', () => told.at(-1) === 100);
}, 150_000);

test('is fixed unless a most is set, also when it is given to the process', async () => {
  const employees = people(600);
  const { id } = (await fannedOutRun(fixture, employees)).plan;
  const { mostEmployees } = work({ EMPLOYEE_CONCURRENCY: '20' }, 100);
  await waitUntil('all are done', async () => (await fixture.store.countResults(id)) === employees.length, 60_000);
  expect(mostEmployees).toBe(100);
  expect(told).toEqual([100]);
  expect(recommender.sockets.peak).toBeLessThanOrEqual(100);
}, 90_000);

test('an outage leaves one at a time, and afterwards it begins with the least', async () => {
  await fannedOutRun(fixture, people(EMPLOYEES));
  work({ EMPLOYEE_CONCURRENCY: '100', EMPLOYEE_CONCURRENCY_MAX: '130' });
  await waitUntil('it has grown', () => told.at(-1) === 130, GROWTH_LIMIT_MS);
  answer = () => fails(503);
  await waitUntil('it pauses', () => told.at(-1) === 1, 30_000);
  answer = () => answers;
  await waitUntil('it continues', () => told.at(-1) !== 1, 30_000);
  expect(told[told.indexOf(1) + 1]).toBe(100);
}, 120_000);
