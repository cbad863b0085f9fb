// A: what the recommender does to a run. Every run ends with the bytes of the undisturbed one, or says who is missing.
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { requeueFailed } from '../../src/producers/requeue.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { assertNoFinalFile, judge } from '../support/fault-oracle.ts';
import { type Answer, fails, recommends } from '../support/faulty-recommender.ts';
import { testAtFullSize } from '../support/full-size.ts';
import { waitUntil } from '../support/wait-until.ts';

const EMPLOYEES = 80;
/** How long the recommender is ill: longer than the first pause. */
const ILL_MS = 1_200;

// They share the machine with all other tests.
jest.setTimeout(90_000);

let fixture: FaultFixture;
let worker: RunningBtcFake;
/** How much the worker had said before the test. */
let saidBefore: number;
/** What the recommender does with a call, which is the nth for this employee and the nth of all in the test. */
let misbehave: (employeeId: number, nthCall: number, nthOfAll: number) => Answer | undefined;
let calls: number;

beforeAll(async () => {
  fixture = await openFaultFixture({
    employees: EMPLOYEES,
    misbehave: (id, nth) => {
      calls += 1;
      return misbehave(id, nth, calls);
    },
    // Two attempts: an employee who loses more than one to the fault fails.
    env: { EMPLOYEE_CONCURRENCY: '10', JOB_ATTEMPTS: '2', API_TIMEOUT: '3', SHUTDOWN_TIMEOUT: '3' },
  });
  worker = fixture.start(['worker'], {}, 300_000);
});

beforeEach(async () => {
  [misbehave, calls, saidBefore] = [() => undefined, 0, worker.stderr.length];
  // What a test that failed has left is not of the next.
  await fixture.connection.flushall();
});

afterAll(() => fixture?.close());

const begin = (): Promise<RunId> => fixture.begin();

async function retry(runId: RunId): Promise<void> {
  misbehave = () => undefined;
  await requeueFailed(fixture.queues, fixture.store, runId, 2);
}

const saidLines = (): string[] => worker.stderr.slice(saidBefore).split('\n');
const linesOf = (text: string): number => saidLines().filter((line) => line.includes(text)).length;
const attemptsCounted = (): number => linesOf('"attempt":');

async function finishes(runId: RunId, extraCalls: (id: number) => number = () => 0): Promise<void> {
  await fixture.reaches(runId, 'finished', 25_000);
  await judge(fixture, runId, { extraCalls });
}

/** The recommender answers well so often, then for some time like this, in turn. */
function ill(answers: readonly Answer[], afterCalls: number): typeof misbehave {
  let since: number | undefined;
  return (_id, _nth, nthOfAll) => {
    if (nthOfAll <= afterCalls) return undefined;
    since ??= Date.now();
    return Date.now() - since < ILL_MS ? answers[nthOfAll % answers.length] : undefined;
  };
}

describe('A1: 429', () => {
  test('with seconds, a date, nonsense or nothing lets the queue pause, and costs no attempt', async () => {
    const headers: (() => Record<string, string>)[] = [
      () => ({ 'retry-after': '1' }),
      () => ({ 'retry-after': new Date(Date.now() + 2_000).toUTCString() }),
      () => ({ 'retry-after': 'soon, 5' }),
      () => ({}),
    ];
    // An employee has two attempts.
    misbehave = (id, nth, nthOfAll) =>
      nthOfAll > 40 && nth <= 2 && nthOfAll <= 60 ? fails(429, headers[id % headers.length]!()) : undefined;
    const runId = await begin();
    await finishes(runId, () => 2);
    expect(attemptsCounted()).toBe(0);
    expect(calls).toBeGreaterThan(EMPLOYEES + 10);
  });

  test('that asks for less does not end a pause that was asked for before', async () => {
    misbehave = (_id, _nth, nthOfAll) => {
      // It is under way while the other one is answered, and comes after it.
      if (nthOfAll === 30) return { kind: 'reply', status: 429, headers: { 'retry-after': '1' }, delayMs: 600 };
      return nthOfAll === 31 ? fails(429, { 'retry-after': '8' }) : undefined;
    };
    const runId = await begin();
    const queue = fixture.queues.byName['employee-simulation'];
    const isPaused = async () => calls >= 31 && (await queue.getActiveCount()) === 0;
    await waitUntil('all jobs in progress are back', isPaused, 20_000);
    expect(await fixture.connection.pttl('{btc-fake}:employee-simulation:limiter')).toBeGreaterThan(2_000);
    await finishes(runId, () => 1);
  });
});

test('A1: a burst of 500, 502 and 503 lets the worker pause; nobody fails, and it continues by itself', async () => {
  misbehave = ill([fails(500), fails(502), fails(503)], 20);
  const runId = await begin();
  await finishes(runId, () => 8);
  expect(attemptsCounted()).toBeLessThanOrEqual(20);
  expect(linesOf('The recommender fails for everybody')).toBe(1);
  expect(linesOf('The recommender answers again')).toBe(1);
});

describe('A2', () => {
  test('400, 401, 403, 404, 422: that employee fails at once, the others are done, and a retry completes the run', async () => {
    const statuses = [400, 401, 403, 404, 422];
    const refused = new Map(statuses.map((status, i) => [fixture.ids[5 + i * 15]!, status]));
    misbehave = (id) => (refused.has(id) ? fails(refused.get(id)!) : undefined);
    const before = await readdir(fixture.workspace.path('generated_files'));
    const runId = await begin();
    await fixture.reaches(runId, 'incomplete');
    await assertNoFinalFile(fixture, before);
    const report = await fixture.report(runId);
    expect(report.counts).toEqual({ employees: EMPLOYEES, done: EMPLOYEES - 5, failed: 5 });
    for (const { employeeId, reason } of report.failedEmployees) {
      const status = refused.get(employeeId)!;
      const code = status === 401 || status === 403 ? 'RECOMMENDER_ACCESS' : 'RECOMMENDER_REJECTED';
      expect(reason).toMatch(new RegExp(`^${code}: .*answered ${status}`));
      expect(fixture.recommender.calls.get(employeeId)).toBe(1);
    }
    await retry(runId);
    await finishes(runId, (id) => (refused.has(id) ? 1 : 0));
  });

  test('401 or 403 for everybody: the worker pauses and says so once, and continues when it is let in', async () => {
    misbehave = (id) => fails(id % 2 === 0 ? 401 : 403);
    const runId = await begin();
    await waitUntil('it is said', () => linesOf('The recommender fails for everybody') === 1, 15_000);
    await waitUntil('a probe was made', () => calls > 30, 15_000);
    const { stdout } = await fixture.start(['status', runId]).ended;
    expect(stdout).toMatch(/^State {4}running \(employee-simulation\)$/m);
    expect(stdout).toMatch(/^Paused {3}since .*Z: the recommender fails for everybody$/m);
    expect(stdout).toMatch(/RECOMMENDER_ACCESS: .*answered 40[13]/);
    expect(stdout).toMatch(/next probe at .*Z; nothing is lost meanwhile$/m);
    // Those before it was seen that it is everybody, at the most; nobody of all the others.
    expect((await fixture.status(runId)).counts.failed).toBeLessThan(20);
    // One at a time, less and less often.
    expect(calls).toBeLessThan(20 + 10 + 10);

    misbehave = () => undefined;
    await fixture.reaches(runId, 'incomplete', 25_000);
    expect(linesOf('The recommender fails for everybody')).toBe(1);
    expect(linesOf('The recommender answers again')).toBe(1);
    expect((await fixture.report(runId)).outage).toBeUndefined();
    await retry(runId);
    await finishes(runId, () => 6);
  });

  test('403 for everybody for longer than the patience: all fail, each with its reason, and a retry completes the run', async () => {
    misbehave = () => fails(403);
    worker.signal('SIGTERM');
    expect((await worker.ended).code).toBe(0);
    worker = fixture.start(['worker'], { API_OUTAGE_PATIENCE: '2' });
    saidBefore = 0;
    const runId = await begin();
    await fixture.reaches(runId, 'incomplete', 25_000);
    expect((await fixture.status(runId)).counts).toEqual({ employees: EMPLOYEES, done: 0, failed: EMPLOYEES });
    expect(linesOf('The recommender was waited for long enough')).toBe(1);
    await retry(runId);
    await finishes(runId, () => 6);
    await worker.kill();
    worker = fixture.start(['worker'], {}, 300_000);
  });

  test('a command that works itself says that it pauses, and ends with the run', async () => {
    misbehave = ill([fails(503)], 0);
    fixture.recommender.forgetCalls();
    calls = 0;
    const run = fixture.start([
      'run',
      '--seed',
      'faults',
      '--as-of',
      '2025-10-28T11:00:00Z',
      '--with-workers',
      '--json',
    ]);
    const { code, stderr, json } = await run.ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining('Paused while the recommender fails for everybody')]);
    await judge(fixture, json<RunReport>().runId as RunId, { extraCalls: () => 8 });
  });
});

describe('A3', () => {
  test('an answer that never comes, drips, is cut off or lost: given up within the limit, and asked for again', async () => {
    const kinds: Answer[] = [
      { kind: 'silence' },
      { kind: 'drip', everyMs: 200 },
      { kind: 'cut-body' },
      // The call was executed.
      { kind: 'reset' },
    ];
    misbehave = (id, nth) => (nth === 1 && id % 5 === 0 ? kinds[(id / 5) % kinds.length] : undefined);
    const runId = await begin();
    await finishes(runId, (id) => (id % 5 === 0 ? 1 : 0));
    expect(attemptsCounted()).toBe(EMPLOYEES / 5);
  });

  test('cut JSON, HTML with 200 or 50 MB: that employee fails, it is never an empty list, and a retry completes the run', async () => {
    const kinds: Answer[] = [{ kind: 'cut-json' }, { kind: 'html' }, { kind: 'huge' }];
    const hit = new Map(kinds.map((answer, i) => [fixture.ids[20 * (i + 1)]!, answer]));
    misbehave = (id) => hit.get(id);
    const before = await readdir(fixture.workspace.path('generated_files'));
    const runId = await begin();
    await fixture.reaches(runId, 'incomplete');
    await assertNoFinalFile(fixture, before);
    const { failedEmployees } = await fixture.report(runId);
    const reason = expect.stringMatching(/^RECOMMENDER_BODY: /);
    const failed = [...hit.keys()].map((employeeId) => ({ employeeId, reason }));
    expect(failedEmployees.toSorted((x, y) => x.employeeId - y.employeeId)).toEqual(failed);
    expect(fixture.recommender.hugeBytesSent).toBeLessThan(10_000_000);
    await retry(runId);
    await finishes(runId, (id) => (hit.has(id) ? 1 : 0));
  });
});

describe('A4: a block of employees answered 500, each with an error by name, while others are answered', () => {
  const unknown = (block: readonly number[]) => (id: number) =>
    block.includes(id) ? fails(500, {}, `{"error":"no such employee: ${id}"}`) : undefined;

  async function onlyTheyFail(runId: RunId, block: readonly number[]): Promise<void> {
    await fixture.reaches(runId, 'incomplete', 25_000);
    const { counts, failedEmployees, outage } = await fixture.report(runId);
    expect(counts).toEqual({ employees: EMPLOYEES, done: EMPLOYEES - block.length, failed: block.length });
    expect(failedEmployees.map(({ employeeId }) => employeeId).toSorted((x, y) => x - y)).toEqual(block);
    expect(outage).toBeUndefined();
    expect(linesOf('The recommender fails for everybody')).toBe(0);
  }

  test('only they fail, at once, and again when only they are retried; nobody pauses', async () => {
    const block = fixture.ids.slice(25, 55);
    misbehave = unknown(block);
    const runId = await begin();
    await onlyTheyFail(runId, block);
    await requeueFailed(fixture.queues, fixture.store, runId, 2);
    const failedAgain = () => linesOf('"attempt":2,"attempts":2') === 2 * block.length;
    await waitUntil('all have failed again', failedAgain, 25_000);
    await onlyTheyFail(runId, block);
    expect(linesOf('answers others: it is no outage')).toBeGreaterThan(0);
    await retry(runId);
    await finishes(runId, (id) => (block.includes(id) ? 8 : 3));
  });

  test('only they fail when they are the first of all, so that nobody was answered before', async () => {
    const block = fixture.ids.slice(0, 30);
    misbehave = unknown(block);
    const runId = await begin();
    await onlyTheyFail(runId, block);
    await retry(runId);
    await finishes(runId, (id) => (block.includes(id) ? 4 : 3));
  });
});

testAtFullSize(
  'A: one illness after the other, with a moment of health in between, loses nobody',
  async () => {
    const illnesses: Answer[] = [
      fails(500),
      fails(429),
      fails(502),
      { kind: 'reset' },
      fails(503),
      { kind: 'silence' },
    ];
    const begunAt = Date.now();
    misbehave = (id) => {
      const half = Math.floor((Date.now() - begunAt) / 2_000);
      if (half < 12 && half % 2 === 0) return illnesses[half / 2];
      const healthy = recommends(892_001 + (id % 2), 555, 1_915_003);
      return healthy.kind === 'reply' ? { ...healthy, delayMs: 400 } : undefined;
    };
    worker.signal('SIGTERM');
    await worker.ended;
    worker = fixture.start(['worker'], { JOB_ATTEMPTS: '10' }, 300_000);
    const runId = await begin();
    await fixture.reaches(runId, 'finished', 180_000);
    await judge(fixture, runId, { extraCalls: () => 12 });
  },
  200_000,
);
