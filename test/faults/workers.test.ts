import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Job } from 'bullmq';
import type { Milestone } from '../../src/adapters/process/milestones.ts';
import { type EmployeeJobData, PAYLOAD_VERSION } from '../../src/adapters/redis/queues.ts';
import type { RunId } from '../../src/domain/ids.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { assertNoFinalFile, judge } from '../support/fault-oracle.ts';
import { recommends } from '../support/faulty-recommender.ts';
import { testAtFullSize } from '../support/full-size.ts';
import { letLocksExpire } from '../support/stalled-jobs.ts';
import { waitUntil } from '../support/wait-until.ts';

/** W: what is done to workers. */
const EMPLOYEES = 250;
const LATENCY_MS = 20;
const KILL_EVERY_MS = 1_500;
const KILLS = 30;
const FULL_SIZE_LIMIT_MS = 300_000;
/** Six workers are started one after the other, beside whatever else the machine does. */
const SIX_STARTS_LIMIT_MS = 90_000;
const END_AT = pathToFileURL(join(import.meta.dirname, '../support/end-at-milestone.mjs')).href;

let fixture: FaultFixture;
let latencyMs: number;

beforeAll(async () => {
  fixture = await openFaultFixture({
    employees: EMPLOYEES,
    misbehave: (id) =>
      latencyMs === 0 ? undefined : { ...recommends(892_001 + (id % 2), 555, 1_915_003), delayMs: latencyMs },
    env: { EMPLOYEE_CONCURRENCY: '5', SHUTDOWN_TIMEOUT: '3' },
  });
});

beforeEach(() => {
  latencyMs = 0;
});

afterAll(() => fixture?.close());

/** Ends a worker as a power cut would, and lets the minute pass after which its jobs are taken up again. */
async function kill(worker: RunningBtcFake): Promise<void> {
  worker.signal('SIGKILL');
  await worker.ended;
  await letLocksExpire(fixture.connection);
}

/** The environment of a worker that ends at a milestone: see end-at-milestone.mjs. */
function endingAt(milestone: string): Record<string, string> {
  return { NODE_OPTIONS: `--import ${END_AT}`, END_AT: milestone };
}

/** Lets one more worker bring the run to its end, and judges it. */
async function finishAndJudge(runId: RunId, extraCalls: number): Promise<void> {
  const worker = fixture.start(['worker']);
  await fixture.reaches(runId, 'finished');
  await stop(worker);
  await judge(fixture, runId, { extraCalls: () => extraCalls });
}

/** Whether the system has stopped a process (SIGSTOP). */
function isStopped({ child }: RunningBtcFake): boolean {
  return /^State:\s+T/m.test(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
}

async function stop(worker: RunningBtcFake): Promise<void> {
  worker.signal('SIGTERM');
  expect((await worker.ended).code).toBe(0);
}

test(
  'W1: a worker that is killed five times in the same stage loses nobody, and the stage continues where it was',
  async () => {
    const runId = await fixture.begin();
    for (let kills = 0; kills < 5; kills += 1) {
      const worker = fixture.start(['worker'], endingAt('fan-out-chunk-added:1'));
      expect((await worker.ended).code).toBe('SIGKILL');
      await letLocksExpire(fixture.connection);
    }
    await finishAndJudge(runId, 5);
  },
  SIX_STARTS_LIMIT_MS,
);

test('W1: a worker that is killed again and again loses nobody', async () => {
  const runId = await fixture.begin();
  latencyMs = LATENCY_MS;
  for (const done of [5, 40, 80]) {
    const worker = fixture.start(['worker']);
    await fixture.done(runId, done);
    await kill(worker);
  }
  latencyMs = 0;
  await finishAndJudge(runId, 3);
});

testAtFullSize(
  'W1: of three workers one is killed every 1.5 s, and 20,000 employees are simulated all the same',
  async () => {
    const big = await openFaultFixture({ employees: 20_000 });
    try {
      const runId = await big.begin();
      const workers = [0, 1, 2].map(() => big.start(['worker'], {}, FULL_SIZE_LIMIT_MS));
      for (let kills = 0; kills < KILLS && (await big.status(runId)).state !== 'finished'; kills += 1) {
        await delay(KILL_EVERY_MS);
        workers[kills % 3]!.signal('SIGKILL');
        await workers[kills % 3]!.ended;
        workers[kills % 3] = big.start(['worker'], {}, FULL_SIZE_LIMIT_MS);
        // A minute in which nobody works would be a long test.
        if (kills % 4 === 3) await letLocksExpire(big.connection);
      }
      await letLocksExpire(big.connection);
      workers.push(big.start(['worker'], {}, FULL_SIZE_LIMIT_MS));
      const standsStill = async () => ['finished', 'failed', 'incomplete'].includes((await big.status(runId)).state);
      await waitUntil('the run continues to its end or says what is missing', standsStill, FULL_SIZE_LIMIT_MS / 2);
      // What met death too often is held to be deadly, until somebody says otherwise.
      if ((await big.status(runId)).state !== 'finished') await big.start(['retry', runId, '--detach']).ended;
      await big.reaches(runId, 'finished', FULL_SIZE_LIMIT_MS / 2);
      await judge(big, runId, { extraCalls: () => 10 });
    } finally {
      await big.close();
    }
  },
  2 * FULL_SIZE_LIMIT_MS,
);

describe('W2: a worker that dies', () => {
  test.each<[Milestone, number]>([
    ['fan-out-chunk-added', 2],
    ['result-to-be-written', 7],
    ['result-written', 7],
    ['feeds-drafted', 1],
    ['file-renamed', 2],
    ['files-in-place', 1],
  ])('at %s (time %d) has lost nothing and done nothing twice', async (milestone, count) => {
    const runId = await fixture.begin();
    const worker = fixture.start(['worker'], endingAt(`${milestone}:${count}`));
    expect((await worker.ended).code).toBe('SIGKILL');
    await letLocksExpire(fixture.connection);
    // What it had asked for and not yet kept is asked for again.
    await finishAndJudge(runId, 1);
  });
});

test('W3: a worker that stood still for longer than its locks does no harm when it continues beside another', async () => {
  const runId = await fixture.begin();
  latencyMs = LATENCY_MS;
  const sleeper = fixture.start(['worker']);
  await fixture.done(runId, 20);
  sleeper.signal('SIGSTOP');
  await letLocksExpire(fixture.connection);
  latencyMs = 0;
  const other = fixture.start(['worker']);
  await fixture.done(runId, EMPLOYEES / 2);
  sleeper.signal('SIGCONT');
  await fixture.reaches(runId, 'finished');
  await Promise.all([stop(sleeper), stop(other)]);
  await judge(fixture, runId, { extraCalls: () => 1 });
});

test('W3: a worker that stood still in the middle of a stage, until another had brought the run to its end, leaves the files right', async () => {
  const runId = await fixture.begin();
  const sleeper = fixture.start(['worker'], { ...endingAt('first-feed-drafted:1'), END_WITH: 'SIGSTOP' });
  const drafted = async () =>
    (await readdir(fixture.workspace.path('generated_files'))).some((name) => name.endsWith('.part'));
  await waitUntil('its feed is drafted', drafted, 20_000);
  await waitUntil('it stands still', () => isStopped(sleeper), 20_000);
  await letLocksExpire(fixture.connection);
  const other = fixture.start(['worker']);
  await fixture.reaches(runId, 'finished');
  sleeper.signal('SIGCONT');
  await Promise.all([stop(sleeper), stop(other)]);
  await judge(fixture, runId);
});

describe('W4: a worker that is told to stop', () => {
  test('in mid-run gives back what it cannot finish, in time, and burns no attempt', async () => {
    const runId = await fixture.begin();
    const worker = fixture.start(['worker']);
    await fixture.done(runId, 10);
    latencyMs = 60_000;
    await waitUntil(
      'five calls hang',
      async () => (await fixture.queues.byName['employee-simulation'].getActiveCount()) === 5,
    );
    const started = Date.now();
    await stop(worker);
    expect(Date.now() - started).toBeLessThan(3_000 + 2_000);
    const left = await fixture.queues.byName['employee-simulation'].getJobs(['waiting', 'delayed', 'failed']);
    expect(left.filter((job) => job.attemptsMade > 0)).toEqual([]);
    expect(await fixture.queues.byName['employee-simulation'].getActiveCount()).toBe(0);
    latencyMs = 0;
    await finishAndJudge(runId, 1);
  });

  test('while Redis is away exits in time all the same', async () => {
    const runId = await fixture.begin();
    latencyMs = LATENCY_MS;
    const worker = fixture.start(['worker']);
    await fixture.done(runId, 10);
    fixture.proxy.misbehave({ refuse: true });
    fixture.proxy.cut();
    await worker.waitForStderr('The queues cannot be read');
    const started = Date.now();
    await stop(worker);
    expect(Date.now() - started).toBeLessThan(3_000 + 2_000);
    fixture.proxy.misbehave();
    await letLocksExpire(fixture.connection);
    latencyMs = 0;
    await finishAndJudge(runId, 1);
  });
});

test('W5: of employees, only the one whose job ends its process every time fails, and goes through when it is fixed', async () => {
  const victim = fixture.ids[100]!;
  const files = await readdir(fixture.workspace.path('generated_files'));
  const runId = await fixture.begin();
  const env = endingAt(`result-to-be-written:1:${victim}`);
  for (let crashes = 0; (await fixture.status(runId)).state !== 'incomplete'; crashes += 1) {
    expect(crashes).toBeLessThan(10);
    // One at a time, so that the others do not share its fate.
    const worker = fixture.start(['worker', '--concurrency', '1'], env);
    const isOver = async () => worker.child.signalCode !== null || (await fixture.status(runId)).state === 'incomplete';
    await waitUntil('the worker has ended, or all others are done', isOver, 15_000);
    await kill(worker);
  }
  expect(await fixture.status(runId)).toMatchObject({ counts: { done: EMPLOYEES - 1, failed: 1 } });
  await assertNoFinalFile(fixture, files);
  const [failed] = (await fixture.report(runId)).failedEmployees;
  expect(failed).toMatchObject({ employeeId: victim, reason: expect.stringContaining('stalled') });

  const worker = fixture.start(['worker']);
  expect((await fixture.start(['retry', runId, '--json']).ended).code).toBe(0);
  await stop(worker);
  await judge(fixture, runId, { extraCalls: (id) => (id === victim ? 5 : 1) });
}, 90_000);

test('W6: a job of another version is refused, not misread, and goes through when a worker can read it', async () => {
  const runId = await fixture.begin();
  const queue = fixture.queues.byName['employee-simulation'];
  const stages = fixture.start(['worker', '--only', 'run-start', '--only', 'catalog-download', '--only', 'assignment']);
  await waitUntil('all are queued', async () => (await queue.getWaitingCount()) === EMPLOYEES, 15_000);
  await stop(stages);
  const job = (await queue.getJob(`${runId}-${fixture.ids[3]}`)) as Job<EmployeeJobData>;
  await job.updateData({ ...job.data, version: PAYLOAD_VERSION + 1 });
  const worker = fixture.start(['worker']);
  await fixture.reaches(runId, 'incomplete');
  const [failed] = (await fixture.report(runId)).failedEmployees;
  expect(failed).toMatchObject({ employeeId: fixture.ids[3], reason: expect.stringMatching(/^PAYLOAD_VERSION/) });

  await job.updateData({ ...job.data, version: PAYLOAD_VERSION });
  expect((await fixture.start(['retry', runId, '--json']).ended).code).toBe(0);
  await stop(worker);
  await judge(fixture, runId);
});
