import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Queue } from 'bullmq';
import type { RunReport } from '../../src/cli/run/report.ts';
import {
  type Answer,
  type FaultyRecommender,
  fails,
  recommends,
  startFaultyRecommender,
} from '../support/faulty-recommender.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { feedRows, type RunFiles, readRunFiles, sha256 } from '../support/run-files.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

/** What becomes of a run when the recommender fails for some employees, and how people fix it. */
const IDS = Array.from({ length: 30 }, (_, i) => 300_001 + i);
const RUN = ['run', '--json', '--seed', 'failing', '--as-of', '2025-10-28T11:00:00Z'];
const [REJECTED, DOWN, NONSENSE] = [300_002, 300_011, 300_020] as const;

type Misbehaviour = (id: number, nthCall: number) => Answer | undefined;

// Seven commands one after the other, on a machine that may be busy.
jest.setTimeout(120_000);

let misbehave: Misbehaviour;
let calls: { id: number; at: number }[];
let recommender: FaultyRecommender;
let workspace: Workspace;
let reference: RunFiles;

beforeAll(async () => {
  recommender = await startFaultyRecommender({
    answer: (id) => {
      calls.push({ id, at: Date.now() });
      const nthCall = calls.filter((call) => call.id === id).length;
      return misbehave(id, nthCall) ?? recommends(892_001 + (id % 2), 555, 1_915_003);
    },
  });
  workspace = await makeWorkspace({
    employees: IDS.map((id, i) => `${id},${'abf'.charAt(i % 3)}`),
    recommenderUrl: recommender.url,
    env: { JOB_ATTEMPTS: '2' },
  });
  [misbehave, calls] = [() => undefined, []];
  const undisturbed = await workspace.run(RUN);
  if (undisturbed.code !== 0) throw new Error(undisturbed.stderr);
  reference = await readRunFiles(undisturbed.json<RunReport>(), workspace.folder);
});

beforeEach(() => {
  [misbehave, calls] = [() => undefined, []];
});

afterAll(async () => {
  await workspace?.remove();
  await recommender?.close();
});

const rejectsOne: Misbehaviour = (id) => (id === REJECTED ? fails(400) : undefined);

function callsFor(id: number): number {
  return calls.filter((call) => call.id === id).length;
}

/** The names of a run's files that are there. */
async function filesOf({ runId }: RunReport): Promise<string[]> {
  const names = await readdir(workspace.path('generated_files'));
  return names.filter((name) => name.includes(sha256(runId).slice(0, 6)));
}

describe('a run in which employees fail', () => {
  test('ends with exit code 2, names them with their reasons, and continues to the right bytes when they are fixed', async () => {
    misbehave = (id) => {
      if (id === DOWN) return fails(503);
      if (id === NONSENSE) return { kind: 'html' };
      return rejectsOne(id, 1);
    };
    const run = await workspace.run(RUN);
    expect(run.code).toBe(2);
    const report = run.json<RunReport>();
    expect(report).toMatchObject({ state: 'incomplete', counts: { employees: 30, done: 27, failed: 3 }, files: [] });
    expect(await filesOf(report)).toEqual([expect.stringMatching(/^Non_Completed_Assignments_V2_/)]);
    // What cannot pass was tried once, what may pass as often as is set.
    expect([REJECTED, DOWN, NONSENSE].map(callsFor)).toEqual([1, 2, 1]);

    const status = await workspace.run(['status', report.runId, '--json']);
    expect(status.code).toBe(2);
    const { failedEmployees } = status.json<RunReport>();
    const reasons = new Map(failedEmployees.map(({ employeeId, reason }) => [Number(employeeId), reason]));
    expect(new Set(reasons.keys())).toEqual(new Set([REJECTED, DOWN, NONSENSE]));
    expect(reasons.get(REJECTED)).toMatch(/^RECOMMENDER_REJECTED: .*400/);
    expect(reasons.get(DOWN)).toMatch(/^RECOMMENDER_UNAVAILABLE: .*503/);
    expect(reasons.get(NONSENSE)).toMatch(/^RECOMMENDER_BODY: .*Sign in/);

    misbehave = () => undefined;
    calls = [];
    const notFailed = await workspace.run(['retry', report.runId, '--employee', '300003', '--json']);
    expect([notFailed.code, notFailed.stdout]).toEqual([1, '']);
    expect(notFailed.stderr).toContain(`Run ${report.runId} has no failed employee 300003 (RUN_STATE)`);
    const one = await workspace.run(['retry', report.runId, '--employee', String(REJECTED), '--json']);
    expect([one.code, one.json<RunReport>().counts]).toEqual([2, { employees: 30, done: 28, failed: 2 }]);
    expect(calls.map(({ id }) => id)).toEqual([REJECTED]);

    const all = await workspace.run(['retry', report.runId, '--json']);
    expect([all.code, all.json<RunReport>()]).toMatchObject([0, { state: 'finished', failedEmployees: [] }]);
    expect(calls.map(({ id }) => id).sort()).toEqual([REJECTED, DOWN, NONSENSE]);
    const files = await readRunFiles(all.json<RunReport>(), workspace.folder);
    expect(files.hashes).toEqual(reference.hashes);
    expect(files.manifest.failedEmployees).toEqual([]);

    const late = await workspace.run(['retry', report.runId]);
    expect(late.code).toBe(1);
    expect(late.stderr).toContain(`Run ${report.runId} has ended; nothing of it can be re-queued (RUN_STATE)`);
  });

  test('can be finished without them, on record in manifest and summary, and without a change to anybody else', async () => {
    misbehave = rejectsOne;
    const { runId } = (await workspace.run(RUN)).json<RunReport>();
    const unmeant = await workspace.run(['finish', runId]);
    expect([unmeant.code, unmeant.stderr]).toEqual([64, expect.stringContaining('--without-failed')]);
    const finish = await workspace.run(['finish', runId, '--without-failed', '--json']);
    expect(finish.code).toBe(0);
    const files = await readRunFiles(finish.json<RunReport>(), workspace.folder);
    const reason = expect.stringMatching(/^RECOMMENDER_REJECTED: /);
    expect(files.manifest.failedEmployees).toEqual([{ employeeId: REJECTED, reason }]);
    expect(files.manifest.counts.byType.b.employees).toBe(9);
    expect(files.summary).toMatch(/\nFinished without\n {2}300002: RECOMMENDER_REJECTED: /);
    expect(files.summary).not.toMatch(/^300002: (none|[\d,]+ \()/m);

    const others = (text: string) => feedRows(text).filter(([id]) => id !== String(REJECTED));
    const own = (text: string) => feedRows(text).filter(([id]) => id === String(REJECTED));
    expect(feedRows(files.completions)).toEqual(others(reference.completions));
    expect(others(files.nonCompleted)).toEqual(others(reference.nonCompleted));
    // Two Daily Doses and a random one were assigned, and nothing is known to be done.
    expect(own(files.nonCompleted).length).toBe(3);

    const status = await workspace.run(['status', runId, '--json']);
    expect([status.code, status.json<RunReport>()]).toMatchObject([2, { state: 'finished' }]);
    for (const again of [
      ['retry', runId],
      ['finish', runId, '--without-failed'],
    ]) {
      const refused = await workspace.run(again);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('has ended')]);
    }
  });
});

describe('a recommender that recovers', () => {
  test('is asked again after 503, and nobody fails', async () => {
    misbehave = (id, nthCall) => (id % 7 === 0 && nthCall <= 2 ? fails(503) : undefined);
    const run = await workspace.run(RUN, { JOB_ATTEMPTS: '3' });
    expect(run.code).toBe(0);
    const files = await readRunFiles(run.json<RunReport>(), workspace.folder);
    expect(files.hashes).toEqual(reference.hashes);
    expect(IDS.map(callsFor)).toEqual(IDS.map((id) => (id % 7 === 0 ? 3 : 1)));
  });

  test('gets the pause that it asked for with 429 from the whole queue, and no attempt is counted', async () => {
    misbehave = (id, nthCall) => (id === 300_010 && nthCall <= 2 ? fails(429, { 'retry-after': '1' }) : undefined);
    const run = await workspace.run(RUN, { JOB_ATTEMPTS: '1', EMPLOYEE_CONCURRENCY: '1' });
    expect(run.code).toBe(0);
    const files = await readRunFiles(run.json<RunReport>(), workspace.folder);
    expect(files.hashes).toEqual(reference.hashes);
    expect(callsFor(300_010)).toBe(3);
    expect(calls.length).toBe(IDS.length + 2);
    const refused = calls.flatMap(({ id }, i) => (id === 300_010 ? [i] : [])).slice(0, 2);
    for (const i of refused) expect(calls[i + 1]!.at - calls[i]!.at).toBeGreaterThanOrEqual(1_000);
  });
});

describe('a run in a Redis that others can reach too', () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis?.stop());

  test('misses failed employees whose jobs somebody removed, names them, writes nothing, and gets them back with retry', async () => {
    const env = { REDIS_URL: redis.url };
    misbehave = (id, nthCall) => (id === DOWN ? fails(404) : rejectsOne(id, nthCall));
    const report = (await workspace.run([...RUN, '--with-workers'], env)).json<RunReport>();
    expect(report.state).toBe('incomplete');
    const queue = new Queue('employee-simulation', {
      connection: { host: redis.host, port: redis.port },
      prefix: '{btc-fake}',
    });
    try {
      for (const job of await queue.getFailed()) await job.remove();
    } finally {
      await queue.close();
    }

    const resumed = await workspace.run(['resume', report.runId, '--with-workers', '--json'], env);
    expect(resumed.code).toBe(1);
    const { state, stage, reason } = resumed.json<RunReport>();
    expect([state, stage]).toEqual(['failed', 'file-assembly']);
    expect(reason).toMatch(/^RUN_INCOMPLETE: 2 of 30 employees have neither a result nor a job: 300002, 300011\b/);
    expect(reason).toContain(`"btc-fake retry ${report.runId}"`);
    expect(await filesOf(report)).toEqual([expect.stringMatching(/^Non_Completed_Assignments_V2_/)]);

    misbehave = () => undefined;
    const repaired = await workspace.run(['retry', report.runId, '--with-workers', '--json'], env);
    expect([repaired.code, repaired.json<RunReport>().state]).toEqual([0, 'finished']);
    const files = await readRunFiles(repaired.json<RunReport>(), workspace.folder);
    expect(files.hashes).toEqual(reference.hashes);
  });

  test('cannot be finished without failed employees when there are none', async () => {
    const env = { REDIS_URL: redis.url };
    const run = (await workspace.run([...RUN, '--detach'], env)).json<{ runId: string }>();
    const refused = await workspace.run(['finish', run.runId, '--without-failed'], env);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`Run ${run.runId} has no failed employees (RUN_STATE)`);
  });
});
