import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { acquireEmbeddedRedis } from '../../src/adapters/embedded-redis/embedded-redis.ts';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import {
  type Answer,
  type FaultyRecommender,
  recommends,
  startFaultyRecommender,
} from '../support/faulty-recommender.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { type RunFiles, readRunFiles } from '../support/run-files.ts';
import { letLocksExpire } from '../support/stalled-jobs.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

/** Runs that are stopped, or killed, in the middle continue later to the bytes of a run that was left in peace. */
const IDS = Array.from({ length: 60 }, (_, i) => 400_001 + i);
const RUN = ['run', '--json', '--seed', 'interrupted', '--as-of', '2025-10-28T11:00:00Z'];
const SOME = 20;
/** How long each answer takes after the first some: nobody gets to the end while a test looks elsewhere. */
const LATENCY_MS = 1_000;

let answer: (id: number) => Answer;
let calls: number[];
let recommender: FaultyRecommender;
let workspace: Workspace;
let reference: RunFiles;

beforeAll(async () => {
  recommender = await startFaultyRecommender({
    answer: (id) => {
      calls.push(id);
      return answer(id);
    },
  });
  workspace = await makeWorkspace({
    employees: IDS.map((id, i) => `${id},${'abf'.charAt(i % 3)}`),
    recommenderUrl: recommender.url,
    env: { EMPLOYEE_CONCURRENCY: '5' },
  });
  [answer, calls] = [atOnce, []];
  reference = await finished(await workspace.run(RUN));
});

beforeEach(() => {
  [answer, calls] = [slowly, []];
});

afterAll(async () => {
  await workspace?.remove();
  await recommender?.close();
});

function atOnce(id: number): Answer {
  return recommends(892_001 + (id % 2), 555, 1_915_003);
}

function slowly(id: number): Answer {
  const whole = atOnce(id);
  return whole.kind === 'reply' && calls.length > SOME ? { ...whole, delayMs: LATENCY_MS } : whole;
}

async function finished(result: { code: unknown; stderr: string; json<T>(): T }): Promise<RunFiles> {
  if (result.code !== 0) throw new Error(`${result.code}: ${result.stderr}`);
  return readRunFiles(result.json<RunReport>(), workspace.folder);
}

/** Starts a run and waits until it is in the middle of its employees. @returns its id, from what it said. */
async function halfDone(env: Record<string, string> = {}): Promise<{ run: RunningBtcFake; runId: string }> {
  const run = workspace.start(RUN, env);
  await waitUntil('some employees are done', () => calls.length > SOME, 15_000);
  return { run, runId: /^Run (\S+):/m.exec(run.stderr)![1]! };
}

/** No half of a feed is there: only what was assigned. */
async function feedsOf(before: readonly string[]): Promise<string[]> {
  const now = await readdir(workspace.path('generated_files'));
  return now.filter((name) => !before.includes(name)).map((name) => name.replace(/_V2_.*/, ''));
}

describe('a run that works in its own process', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'stops on %s, says how to continue, and continues to the same bytes',
    async (signal) => {
      const before = await readdir(workspace.path('generated_files'));
      const { run, runId } = await halfDone();
      run.signal(signal);
      const { code, stdout, stderr } = await run.ended;
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain(`Interrupted. The run is kept; continue it with: btc-fake resume ${runId}`);
      expect(calls.length).toBeLessThan(IDS.length);
      expect(await feedsOf(before)).toEqual(['Non_Completed_Assignments']);
      expect(existsSync(workspace.path('.btc-fake', 'redis.json'))).toBe(false);

      answer = atOnce;
      const status = (await workspace.run(['status', runId, '--json'])).json<RunReport>();
      // Active jobs were finished.
      expect(status).toMatchObject({ state: 'running', counts: { done: calls.length, failed: 0 } });
      const files = await finished(await workspace.run(['resume', '--json']));
      expect(files.manifest.runId).toBe(runId);
      expect(files.hashes).toEqual(reference.hashes);
      expect(calls.toSorted()).toEqual(IDS);
    },
  );

  test('continues to the same bytes after its process was killed', async () => {
    const { run, runId } = await halfDone();
    run.signal('SIGKILL');
    expect((await run.ended).code).toBe('SIGKILL');
    answer = atOnce;
    const redis = new Redis(workspace.path('.btc-fake', 'redis.sock'));
    try {
      await letLocksExpire(redis);
    } finally {
      redis.disconnect();
    }
    const resumed = await workspace.run(['resume', runId, '--json']);
    const files = await finished(resumed);
    expect(resumed.stderr).toContain('A job was taken up again: its worker had vanished');
    expect(files.hashes).toEqual(reference.hashes);
    expect(new Set(calls)).toEqual(new Set(IDS));
    // The Redis that was left alone by the killed process has found its end.
    expect(existsSync(workspace.path('.btc-fake', 'redis.json'))).toBe(false);
  });

  test('continues to the same bytes after everything was killed, Redis too', async () => {
    const { run, runId } = await halfDone();
    const { mark } = JSON.parse(await readFile(workspace.path('.btc-fake', 'redis.json'), 'utf8')) as { mark: string };
    process.kill(Number.parseInt(mark, 10), 'SIGKILL');
    run.signal('SIGKILL');
    await run.ended;
    answer = atOnce;
    const embedded = await acquireEmbeddedRedis(workspace.folder);
    try {
      const redis = new Redis(embedded.url);
      await letLocksExpire(redis);
      redis.disconnect();
      const files = await finished(await workspace.run(['resume', runId, '--json']));
      expect(files.hashes).toEqual(reference.hashes);
    } finally {
      await embedded.release();
    }
  });

  test('shares its Redis with a second command in the folder, which may outlive it', async () => {
    const { run, runId } = await halfDone();
    const second = workspace.start(RUN);
    const status = (await workspace.run(['status', runId, '--json'])).json<RunReport>();
    expect(status).toMatchObject({ state: 'running', counts: { employees: IDS.length } });
    answer = atOnce;
    const results = await Promise.all([run.ended, second.ended]);
    for (const result of results) expect((await finished(result)).hashes).toEqual(reference.hashes);
    const [one, other] = results.map((result) => result.json<RunReport>().runId);
    expect(one).toBe(runId);
    expect(other).not.toBe(runId);
    const runs = (await workspace.run(['runs', '--json'])).json<{ runId: string; state: string }[]>();
    expect(runs.slice(0, 2).map(({ state }) => state)).toEqual(['finished', 'finished']);
    expect(existsSync(workspace.path('.btc-fake', 'redis.json'))).toBe(false);
  });
});

describe('a worker', () => {
  let redis: TestRedis;
  let env: Record<string, string>;

  beforeAll(async () => {
    redis = await startTestRedis();
    env = { REDIS_URL: redis.url, SHUTDOWN_TIMEOUT: '2', JOB_ATTEMPTS: '1' };
  });
  afterAll(() => redis?.stop());

  async function startedRun(): Promise<string> {
    const detached = await workspace.run([...RUN, '--detach'], env);
    return detached.json<{ runId: string }>().runId;
  }

  test('stops on SIGTERM within its limit and gives back the jobs that do not end, without an attempt lost', async () => {
    answer = () => ({ kind: 'silence' });
    const runId = await startedRun();
    const worker = workspace.start(['worker'], env);
    await waitUntil('it waits for 5 answers', () => calls.length === 5, 15_000);
    worker.signal('SIGTERM');
    const toldAt = Date.now();
    const { code, stderr } = await worker.ended;
    expect(code).toBe(0);
    expect(Date.now() - toldAt).toBeLessThan(6_000);
    expect(stderr).toContain('Stopping: jobs in progress finish or go back');

    answer = atOnce;
    const files = await finished(await workspace.run(['resume', runId, '--with-workers', '--json'], env));
    expect(files.hashes).toEqual(reference.hashes);
    expect(calls.length).toBe(IDS.length + 5);
  });

  test('ends at once on the second signal', async () => {
    answer = () => ({ kind: 'silence' });
    await startedRun();
    const worker = workspace.start(['worker'], { ...env, SHUTDOWN_TIMEOUT: '60' });
    await waitUntil('it waits for 5 answers', () => calls.length === 5, 15_000);
    worker.signal('SIGINT');
    await worker.waitForStderr('Stopping: jobs in progress finish or go back');
    worker.signal('SIGINT');
    expect((await worker.ended).code).toBe(130);
  });

  test('that was killed is replaced by the next, and the bytes are the same', async () => {
    // What the test before has left is not of this one.
    const connection = new Redis(redis.url);
    await connection.flushall();
    const runId = await startedRun();
    const killed = workspace.start(['worker'], env);
    await waitUntil('some employees are done', () => calls.length > SOME, 15_000);
    killed.signal('SIGKILL');
    await killed.ended;
    answer = atOnce;
    await letLocksExpire(connection);
    connection.disconnect();
    const next = workspace.start(['worker'], env);
    const files = await finished(await workspace.run(['resume', runId, '--json'], env));
    next.signal('SIGTERM');
    expect((await next.ended).code).toBe(0);
    expect(files.hashes).toEqual(reference.hashes);
    expect(new Set(calls)).toEqual(new Set(IDS));
  });
});
