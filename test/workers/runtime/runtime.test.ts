// Proves how workers stop, with and without Redis, what they say of an outage, and that a job whose lock is lost is
// given up.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { openQueues } from '../../../src/adapters/redis/queues.ts';
import { newRunFields } from '../../../src/adapters/run-store/record-codec.ts';
import { RunStore } from '../../../src/adapters/run-store/store.ts';
import { STAGES } from '../../../src/domain/run/stages.ts';
import { startWorkers, type Workers, type WorkersOptions } from '../../../src/workers/runtime/runtime.ts';
import { planOf } from '../../support/domain-values.ts';
import { failureOf } from '../../support/failure-of.ts';
import {
  type Answer,
  type FaultyRecommender,
  recommends,
  startFaultyRecommender,
} from '../../support/faulty-recommender.ts';
import { fannedOutRun } from '../../support/job-moves.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import { employeeJob, openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { newRun, people } from '../../support/run-state.ts';
import { waitUntil } from '../../support/wait-until.ts';

const [EMPLOYEE, OTHER] = people(2);
let fixture: RunFixture;
let recommender: FaultyRecommender;
let answer: () => Answer;
const started: Workers[] = [];

beforeAll(async () => {
  fixture = await openRunFixture();
  recommender = await startFaultyRecommender({ answer: () => answer() });
});
afterAll(async () => {
  await recommender?.close();
  await fixture?.close();
});
beforeEach(() => fixture.reset());
afterEach(async () => {
  await Promise.all(started.splice(0).map((workers) => workers.stop(500)));
});

function work(overrides: Partial<WorkersOptions> = {}): Workers {
  const settings = fixture.settingsWith({ API_BASE_URL: recommender.url });
  const workers = startWorkers({ ...fixture, settings, only: ['employee-simulation'], concurrency: 4, ...overrides });
  started.push(workers);
  return workers;
}

async function elapsedMs(work: Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work;
  return performance.now() - begin;
}

const jobOf = (runId: string, employee = EMPLOYEE!) =>
  fixture.job('employee-simulation', employeeJob(runId as never, employee));
const callsOf = () => recommender.calls.get(EMPLOYEE!.id) ?? 0;

test('all queues are worked unless some are named', async () => {
  expect(work({ only: undefined }).queues).toEqual(STAGES);
  expect(work({ only: ['run-start', 'publish'] }).queues).toEqual(['run-start', 'publish']);
});

test('without a recommender the employee queue cannot be worked, and the others can', async () => {
  const settings = fixture.settingsWith({ API_BASE_URL: '' });
  expect((await failureOf(() => startWorkers({ ...fixture, settings }))).code).toBe('CONFIG_INVALID');
  work({ settings, only: ['run-start', 'file-assembly'] });
});

describe('stopping', () => {
  test('idle workers stop at once', async () => {
    const workers = work({ only: undefined });
    expect(await elapsedMs(workers.stop(10_000))).toBeLessThan(3_000);
  });

  test('a job in progress is finished within the grace time, and no other is begun', async () => {
    answer = () => ({ ...recommends(7), delayMs: 400 }) as Answer;
    const run = await fannedOutRun(fixture, [EMPLOYEE!, OTHER!]);
    const before = callsOf();
    const workers = work({ concurrency: 1 });
    await waitUntil('the recommender is called', () => callsOf() > before);
    await workers.stop(5_000);
    expect(await fixture.store.countResults(run.plan.id)).toBe(1);
    expect(await (await jobOf(run.plan.id, OTHER)).getState()).toBe('waiting');
  });

  test('a hanging job goes back to the queue in time, and no attempt is burnt', async () => {
    answer = () => ({ kind: 'silence' });
    const run = await fannedOutRun(fixture, [EMPLOYEE!], 1);
    const before = callsOf();
    const workers = work();
    await waitUntil('the recommender is called', () => callsOf() > before);
    expect(await elapsedMs(workers.stop(1_000))).toBeLessThan(1_100);
    const job = await jobOf(run.plan.id);
    expect(await job.getState()).toBe('waiting');
    expect(job).toMatchObject({ attemptsMade: 0 });
    expect(job.failedReason).toBeUndefined();
    // Another worker takes it up and finishes it.
    answer = () => recommends(7);
    work();
    await waitUntil('the employee has a result', async () => (await fixture.store.countResults(run.plan.id)) === 1);
  });

  test('to stop twice is to stop', async () => {
    const workers = work();
    await Promise.all([workers.stop(1_000), workers.stop(1_000)]);
    await workers.stop(1_000);
  });
});

describe('when Redis is gone', () => {
  let away: TestRedis;
  let close: () => Promise<void>;
  let onAway: Pick<WorkersOptions, 'redis' | 'queues' | 'store'>;
  beforeEach(async () => {
    away = await startTestRedis();
    const redis = await connectRedis(away.url, 'worker');
    const queues = openQueues(redis);
    onAway = { redis, queues, store: new RunStore(redis, 60_000) };
    close = async () => {
      redis.disconnect();
      await queues.close().catch(() => {});
      await away.stop();
    };
  });
  afterEach(() => close());

  test.each([
    ['idle workers', false],
    ['workers with a job in progress', true],
  ])('%s stop without waiting for it', async (_what, busy) => {
    answer = () => ({ kind: 'silence' });
    const awayFixture: RunFixture = { ...fixture, ...onAway, job: fixture.job };
    const before = callsOf();
    const workers = work({ ...onAway, only: busy ? ['employee-simulation'] : undefined });
    if (busy) {
      const data = {
        version: 1,
        runId: 'run-x',
        position: 0,
        employeeId: EMPLOYEE!.id,
        employeeType: 'a',
        assignments: [[], 'eligible', [], [], null],
      };
      const run = newRun(planOf({ id: 'run-x' }), [EMPLOYEE!]);
      await awayFixture.redis.hset('{btc-fake}:run:run-x', newRunFields(run));
      await awayFixture.redis.hset('{btc-fake}:run:run-x:assignments', '0', '[[],"eligible",[],[],null]');
      await awayFixture.queues.byName['employee-simulation'].add('employee', data, { jobId: 'run-x-1' });
      await waitUntil('the recommender is called', () => callsOf() > before);
    } else {
      const listening = `blocked_clients:${STAGES.length}`;
      await waitUntil('the workers listen', async () => (await onAway.redis.info('clients')).includes(listening));
    }
    await away.stop();
    await waitUntil('the connection is lost', () => onAway.redis.status !== 'ready');
    expect(await elapsedMs(workers.stop(1_000))).toBeLessThan(600);
  });

  test('an outage is logged once for all queues, and once more, with a count, when it is over', async () => {
    work({ ...onAway, only: ['run-start', 'publish'] });
    const port = String(away.port);
    for (const round of [1, 2]) {
      await waitUntil('the workers listen', async () => /blocked_clients:2/.test(await onAway.redis.info('clients')));
      await away.stop();
      const linesOf = (text: string) => fixture.log.filter(({ msg }) => msg.startsWith(text));
      await waitUntil('the outage is logged', () => linesOf('The queues cannot be read').length === round);
      away = await startTestRedis({ port });
      await waitUntil('its end is logged', () => linesOf('The queues can be read again').length === round);
      expect(linesOf('The queues cannot be read')).toHaveLength(round);
      expect(linesOf('The queues can be read again').every(({ errors }) => Number(errors) >= 1)).toBe(true);
    }
    expect(fixture.log).toHaveLength(4);
  });
});

test('a lost lock is logged and is not called an outage, and the job leaves no trace in what the other worker does', async () => {
  answer = () => ({ kind: 'silence' });
  const run = await fannedOutRun(fixture, [EMPLOYEE!]);
  const before = callsOf();
  const workers = work({ lockMs: 400 });
  await waitUntil('the recommender is called', () => callsOf() > before);
  // Somebody else has the job now.
  await fixture.redis.set(`{btc-fake}:employee-simulation:${employeeJob(run.plan.id, EMPLOYEE!)}:lock`, 'another');
  await waitUntil('it is logged', () => fixture.log.some(({ msg }) => msg.startsWith('Locks of jobs were lost')));
  await workers.stop(300);
  expect(fixture.log.filter(({ msg }) => msg.startsWith('The queues cannot be read'))).toEqual([]);
  expect(await fixture.store.countResults(run.plan.id)).toBe(0);
  const job = await jobOf(run.plan.id);
  expect(job.attemptsMade).toBe(0);
  expect(await job.isFailed()).toBe(false);
});
