// Proves that a worker takes more employees at a time while the recommender bears it, and never more than it may.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startWorkers, type Workers } from '../../src/workers/runtime.ts';
import type { WorkerObserver } from '../../src/workers/worker-observer.ts';
import { type Answer, type FaultyRecommender, fails, startFaultyRecommender } from '../support/faulty-recommender.ts';
import { fannedOutRun } from '../support/job-moves.ts';
import { openRunRoom, type RunRoom } from '../support/run-room.ts';
import { people } from '../support/run-state.ts';
import { waitUntil } from '../support/wait-until.ts';

const LATENCY_MS = 100;
const answers: Answer = { kind: 'reply', delayMs: LATENCY_MS };
let room: RunRoom;
let recommender: FaultyRecommender;
let answer: () => Answer;
let workers: Workers | undefined;
/** The numbers of employees at a time, as they were told. */
let told: number[];

beforeAll(async () => {
  room = await openRunRoom();
});
afterAll(() => room?.close());
beforeEach(async () => {
  await room.reset();
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
  const settings = room.settingsWith({ API_BASE_URL: recommender.url, ...env });
  workers = startWorkers({ ...room, settings, observer, only: ['employee-simulation'], concurrency });
  return workers;
}

test('with room for more it grows step by step to the most and keeps to it, and the next run begins with the least', async () => {
  const { id } = (await fannedOutRun(room, people(4_000))).plan;
  const { mostEmployees } = work({ EMPLOYEE_CONCURRENCY: '20', EMPLOYEE_CONCURRENCY_MAX: '100' });
  await waitUntil('it has grown', () => told.at(-1) === 100, 20_000);
  expect(mostEmployees).toBe(100);
  expect(told.slice(0, 2)).toEqual([20, 30]);
  await waitUntil('as many are asked about', () => recommender.sockets.peak > 80, 10_000);
  await waitUntil('all are done', async () => (await room.store.countResults(id)) === 4_000, 20_000);
  expect(recommender.sockets.peak).toBeLessThanOrEqual(100);
  await waitUntil('it is the least again', () => told.at(-1) === 20);
}, 60_000);

test('is fixed unless a most is set, also when it is given to the process', async () => {
  const { id } = (await fannedOutRun(room, people(1_000))).plan;
  const { mostEmployees } = work({ EMPLOYEE_CONCURRENCY: '20' }, 30);
  await waitUntil('all are done', async () => (await room.store.countResults(id)) === 1_000, 20_000);
  expect(mostEmployees).toBe(30);
  expect(told).toEqual([30]);
  expect(recommender.sockets.peak).toBeLessThanOrEqual(30);
}, 40_000);

test('an outage leaves one at a time, and afterwards it begins with the least', async () => {
  await fannedOutRun(room, people(3_000));
  work({ EMPLOYEE_CONCURRENCY: '20', EMPLOYEE_CONCURRENCY_MAX: '100' });
  await waitUntil('it has grown', () => told.at(-1)! >= 45, 20_000);
  answer = () => fails(503);
  await waitUntil('it rests', () => told.at(-1) === 1, 10_000);
  answer = () => answers;
  await waitUntil('it goes on', () => told.at(-1) !== 1, 10_000);
  expect(told[told.indexOf(1) + 1]).toBe(20);
}, 60_000);
