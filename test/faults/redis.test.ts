// R: what is done to Redis. Every run ends with the bytes of the undisturbed one, by itself or after a retry, or says
// what is missing.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { infoField } from '../../src/adapters/redis/suitability.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { CANARIES, type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { judge } from '../support/fault-oracle.ts';
import { type Answer, recommends } from '../support/faulty-recommender.ts';
import { startPretender } from '../support/redis-pretender.ts';
import { letLocksExpire } from '../support/stalled-jobs.ts';
import { waitUntil } from '../support/wait-until.ts';

const EMPLOYEES = 150;
const LATENCY_MS = 15;
const RUN = ['run', '--seed', 'faults', '--as-of', '2025-10-28T11:00:00Z'];

// They share the machine with all other tests.
jest.setTimeout(90_000);

let fixture: FaultFixture;
/** What every answer of the recommender waits for; a run lasts long enough to be disturbed. */
let latencyMs: number;

beforeAll(async () => {
  fixture = await openFaultFixture({
    employees: EMPLOYEES,
    misbehave: (id) =>
      latencyMs === 0
        ? undefined
        : ({ ...recommends(892_001 + (id % 2), 555, 1_915_003), delayMs: latencyMs } as Answer),
    env: { EMPLOYEE_CONCURRENCY: '5', SHUTDOWN_TIMEOUT: '3' },
  });
});

beforeEach(async () => {
  latencyMs = LATENCY_MS;
  // What a test that failed has left is not of the next.
  await Promise.all(fixture.processes.map((command) => command.kill()));
  fixture.redis.resume();
  fixture.proxy.misbehave();
  await fixture.connection.config('SET', 'maxmemory', '0');
  await fixture.connection.flushall();
});

afterAll(() => fixture?.close());

async function stop(worker: RunningBtcFake): Promise<void> {
  worker.signal('SIGTERM');
  expect((await worker.ended).code).toBe(0);
}

/** Lets the run end without any help, and judges it. */
async function endsByItself(worker: RunningBtcFake, runId: RunId, extraCalls = 0): Promise<void> {
  latencyMs = 0;
  await reachesTheEnd(worker, runId);
  await stop(worker);
  await judge(fixture, runId, { extraCalls: () => extraCalls });
}

/**
 * Lets the worker do all that it sees, then lets the minute pass after which jobs are taken up again that a worker has
 * lost sight of, as it may when Redis takes a command and loses it, or forgets it again. Judges the run.
 */
async function endsWithinAMinute(worker: RunningBtcFake, runId: RunId, extraCalls: number): Promise<void> {
  latencyMs = 0;
  let before = -1;
  const standsStill = async () => {
    const done = await fixture.store.countResults(runId);
    const { waiting, delayed } = await fixture.queues.byName['employee-simulation'].getJobCounts('waiting', 'delayed');
    await delay(300);
    const still = done === before && waiting! + delayed! === 0;
    before = done;
    return still;
  };
  await waitUntil('the worker has done all that it sees', standsStill, 10_000).catch(() => {});
  if ((await fixture.status(runId)).state !== 'finished') {
    await letLocksExpire(fixture.connection);
    // What nobody works on is looked for when a worker starts.
    const other = fixture.start(['worker']);
    await other.waitForStderr('Working');
    await reachesTheEnd(worker, runId);
    await stop(other);
  }
  await stop(worker);
  await judge(fixture, runId, { extraCalls: () => extraCalls });
}

async function reachesTheEnd(worker: RunningBtcFake, runId: RunId): Promise<void> {
  await fixture.reaches(runId, 'finished', 20_000).catch(async (error: Error) => {
    const counts = await Promise.all(Object.values(fixture.queues.byName).map((queue) => queue.getJobCounts()));
    throw new Error(`${error.message}; ${JSON.stringify([await fixture.status(runId), counts])}\n${worker.stderr}`);
  });
}

const lines = (text: string): number => text.split('\n').length - 1;

test('R1: Redis killed three times in a run, and started again with its append-only file', async () => {
  const runId = await fixture.begin();
  const worker = fixture.start(['worker']);
  for (const done of [10, 50, 100]) {
    await fixture.done(runId, done);
    await fixture.redis.kill();
    await worker.waitForStderr('The queues cannot be read');
    await fixture.redis.restart();
  }
  // An employee who was asked about when Redis died is asked about once more.
  await endsWithinAMinute(worker, runId, 3);
  expect(lines(worker.stderr)).toBeLessThan(60);
});

describe('R2: Redis restored from an older append-only file', () => {
  test('in the middle of the employees: those since then are simulated again, to the same bytes', async () => {
    const runId = await fixture.begin();
    const worker = fixture.start(['worker']);
    await fixture.done(runId, 20);
    await fixture.redis.backUp();
    await fixture.done(runId, 120);
    await fixture.redis.restoreBackup();
    await endsWithinAMinute(worker, runId, 2);
  });

  test('before the fan-out: the population is queued again', async () => {
    const runId = await fixture.begin();
    await fixture.redis.backUp();
    const worker = fixture.start(['worker']);
    await fixture.done(runId, 50);
    await fixture.redis.restoreBackup();
    await endsWithinAMinute(worker, runId, 2);
  });

  test('after the run had ended: it ends again, with the same files', async () => {
    const runId = await fixture.begin();
    const worker = fixture.start(['worker']);
    await fixture.done(runId, 20);
    await fixture.redis.backUp();
    latencyMs = 0;
    await fixture.reaches(runId, 'finished');
    await fixture.redis.restoreBackup();
    await endsWithinAMinute(worker, runId, 2);
  });
});

describe('R3: Redis without memory', () => {
  const fill = () => fixture.connection.config('SET', 'maxmemory', '1');
  const empty = () => fixture.connection.config('SET', 'maxmemory', '0');
  const refusals = async () =>
    Number(infoField(await fixture.connection.info('errorstats'), 'errorstat_OOM')?.slice(6) ?? 0);

  beforeEach(() => fixture.connection.config('RESETSTAT'));

  test('from the start: commands say so, workers wait, and the run continues by itself', async () => {
    const runId = await fixture.begin();
    await fill();
    const worker = fixture.start(['worker']);
    await worker.waitForStderr('Redis has no memory left');
    const { stderr, code } = await fixture.start(['run', '--detach']).ended;
    // Some a second. A worker that does not pause asks thousands of times.
    expect(await refusals()).toBeLessThan(1_000);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^btc-fake: Redis has no memory left \(REDIS_FULL\)\n {2}.+\n$/),
    ]);
    await empty();
    await endsByItself(worker, runId);
    expect(lines(worker.stderr)).toBeLessThan(20);
  });

  test('in the middle of the fan-out: it is waited for, and nobody is queued twice or lost', async () => {
    const runId = await fixture.begin();
    const employees = fixture.queues.byName['employee-simulation'];
    const only = ['run-start', 'catalog-download', 'assignment'].flatMap((name) => ['--only', name]);
    // The fan-out goes in steps; the next comes a while after the one before. No stage has a second attempt.
    fixture.proxy.misbehave({ latencyMs: 40 });
    const stages = fixture.start(['worker', ...only], { JOB_ATTEMPTS: '1' });
    await waitUntil('some are queued', async () => (await employees.getWaitingCount()) > 0, 20_000);
    await fill();
    await stages.waitForStderr('Redis has no memory left');
    expect(await employees.getWaitingCount()).toBeLessThan(EMPLOYEES);
    fixture.proxy.misbehave();
    await empty();
    await waitUntil('all are queued', async () => (await employees.getWaitingCount()) === EMPLOYEES, 10_000);
    await stop(stages);
    expect(lines(stages.stderr)).toBeLessThan(20);
    await endsByItself(fixture.start(['worker']), runId);
  });

  test('in the run: nobody fails, nobody is asked about twice, and the log stays short', async () => {
    const runId = await fixture.begin();
    const worker = fixture.start(['worker']);
    await fixture.done(runId, 30);
    await fill();
    await worker.waitForStderr('Redis has no memory left');
    const done = await fixture.store.countResults(runId);
    const asked = fixture.recommender.calls.size;
    const before = await refusals();
    await waitUntil('it is tried again', async () => (await refusals()) > before + 10, 10_000);
    expect(await fixture.store.countResults(runId)).toBe(done);
    // Active jobs wait with their answers; nobody else is begun with.
    expect(fixture.recommender.calls.size - asked).toBeLessThanOrEqual(5);
    await empty();
    await endsByItself(worker, runId);
    expect(lines(worker.stderr)).toBeLessThan(20);
    expect(worker.stderr).not.toContain('"attempt":');
  });
});

describe('R4', () => {
  test('Redis hangs: workers continue when it does, and commands end in time with one clear line', async () => {
    const run = fixture.start([...RUN]);
    await run.waitForStderr('Run run-');
    const runId = /^Run (\S+):/m.exec(run.stderr)![1] as RunId;
    fixture.recommender.forgetCalls();
    const worker = fixture.start(['worker']);
    await fixture.done(runId, 20);
    fixture.redis.suspend();
    const commands = [['status', runId], ['runs'], [...RUN, '--detach']].map((args) => fixture.start(args).ended);
    const [following, ...begun] = await Promise.all([run.ended, ...commands]);
    fixture.redis.resume();
    for (const { code, stdout, stderr } of begun) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^btc-fake: Redis at redis:\S+ does not answer.*\(REDIS_UNREACHABLE\)\n {2}.+\n$/);
    }
    expect(following.code).toBe(1);
    expect(following.stderr).toMatch(
      /\nbtc-fake: Redis at redis:\S+ does not answer any more \(REDIS_UNREACHABLE\)\n {2}.*resume.*\n$/,
    );
    await endsByItself(worker, runId, 1);
  });

  test('Redis is slow: the run takes longer', async () => {
    latencyMs = 0;
    fixture.proxy.misbehave({ latencyMs: 20 });
    const runId = await fixture.begin();
    const worker = fixture.start(['worker', '--concurrency', '50']);
    await fixture.done(runId, EMPLOYEES / 2);
    fixture.proxy.misbehave();
    await endsByItself(worker, runId);
  });

  test('Redis is busy with something else for some seconds: the run waits', async () => {
    const runId = await fixture.begin();
    const worker = fixture.start(['worker']);
    await fixture.done(runId, 20);
    const busy = "local t = redis.call('TIME') repeat local n = redis.call('TIME') until n[1] - t[1] > 2";
    await fixture.connection.eval(busy, 0);
    await endsByItself(worker, runId);
  });

  test('connections are reset again and again, also within answers: active jobs are done again', async () => {
    const runId = await fixture.begin();
    // Enough for what a connection begins with.
    fixture.proxy.misbehave({ resetAfterBytes: 120_000 });
    const worker = fixture.start(['worker']);
    await waitUntil('the worker notices', () => worker.stderr.includes('The queues cannot be read'), 30_000);
    for (let done = 25; done <= 100; done += 15) {
      await fixture.done(runId, done);
      fixture.proxy.cut();
    }
    fixture.proxy.misbehave();
    await endsWithinAMinute(worker, runId, 10);
    expect(lines(worker.stderr)).toBeLessThan(60);
  });

  test('replies are lost after the command was executed: it is executed again, and does no harm', async () => {
    const runId = await fixture.begin();
    const worker = fixture.start(['worker']);
    for (const done of [10, 60]) {
      await fixture.done(runId, done);
      const { taken } = fixture.proxy;
      fixture.proxy.misbehave({ loseReplies: true });
      await waitUntil('connections were lost', () => fixture.proxy.taken > taken + 3, 15_000);
      fixture.proxy.misbehave();
    }
    await endsWithinAMinute(worker, runId, 4);
  });
});

describe('R5: what cannot be trusted with a queue is refused, and why', () => {
  test('a Redis that is too old', async () => {
    const old = await startPretender(fixture.redis, '6.0.16');
    const env = { REDIS_URL: `redis://:${CANARIES.redis}@127.0.0.1:${old.port}` };
    const results = await Promise.all([['worker'], [...RUN, '--detach']].map((args) => fixture.start(args, env).ended));
    await old.close();
    const refusal =
      /^btc-fake: Redis 6\.0\.16 is too old; 6\.2\.0 is the lowest version \(REDIS_UNSUITABLE\)\n {2}Upgrade Redis\.\n$/;
    for (const { code, stderr } of results) expect([code, stderr]).toEqual([1, expect.stringMatching(refusal)]);
  });

  test('an eviction policy that lets Redis forget jobs', async () => {
    await fixture.connection.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const results = await Promise.all([['worker'], [...RUN, '--detach']].map((args) => fixture.start(args).ended));
    await fixture.connection.config('SET', 'maxmemory-policy', 'noeviction');
    for (const { code, stderr } of results) {
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(
          /^btc-fake: Redis may evict keys \(maxmemory-policy is allkeys-lru\) \(REDIS_UNSUITABLE\)\n {2}.*noeviction.*\n$/,
        ),
      ]);
    }
  });
});
