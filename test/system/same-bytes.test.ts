import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { ContentId } from '../../src/domain/ids.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { freePort } from '../support/free-port.ts';
import { samplesOf } from '../support/metrics-text.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { type RunFiles, readRunFiles, sha256 } from '../support/run-files.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

/** The same seed, `--as-of` and inputs give the same bytes, no matter who does the work and in whatever order. */
const CONTENTS = [1_915_001, 1_915_002, 1_915_003, 892_001, 892_002, 555] as ContentId[];
const EMPLOYEES = Array.from({ length: 120 }, (_, i) => `${200_000 + ((i * 77) % 127)},${'abf'.charAt(i % 3)}`);
const RUN = ['run', '--json', '--seed', 'same', '--as-of', '2025-10-28T11:00:00Z'];

let recommender: SandboxRecommender;
let redis: TestRedis;
let workspace: Workspace;
let reference: RunFiles;

beforeAll(async () => {
  // One for each worker process, to show who worked.
  recommender = await startRecommender({ contentIds: CONTENTS, latencyMs: 10 });
  redis = await startTestRedis();
  workspace = await makeWorkspace({
    employees: EMPLOYEES,
    recommenderUrl: recommender.url,
  });
  reference = await finished(await workspace.run(RUN));
});

afterAll(async () => {
  await workspace?.remove();
  await Promise.all([recommender?.close(), redis?.stop()]);
});

async function finished(result: { code: unknown; stderr: string; json<T>(): T }): Promise<RunFiles> {
  if (result.code !== 0) throw new Error(`${result.code}: ${result.stderr}`);
  return readRunFiles(result.json<RunReport>(), workspace.folder);
}

/** Waits until a detached run has ended, and reads its files. */
async function followed(runId: string, env: Record<string, string>): Promise<RunFiles> {
  return finished(await workspace.run(['resume', runId, '--json'], env));
}

async function startedWorker(args: string[], env: Record<string, string>, among = workspace): Promise<RunningBtcFake> {
  const worker = among.start(['worker', ...args], env);
  await worker.waitForStderr('Working; stop with');
  return worker;
}

async function metric(port: number, name: string): Promise<number> {
  return samplesOf(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).get(name)!;
}

async function stopped(workers: readonly RunningBtcFake[]): Promise<(number | string)[]> {
  for (const worker of workers) worker.signal('SIGTERM');
  return (await Promise.all(workers.map((worker) => worker.ended))).map(({ code }) => code);
}

describe('the same seed, instant and inputs', () => {
  test('give the same bytes again, under names of their own', async () => {
    const again = await finished(await workspace.run(RUN));
    expect(again.hashes).toEqual(reference.hashes);
    expect(again.manifest.runId).not.toBe(reference.manifest.runId);
    expect(again.manifest.counts).toEqual(reference.manifest.counts);
    expect(again.manifest.assignments).toEqual(reference.manifest.assignments);
  });

  test('give the same bytes whichever library calls the recommender', async () => {
    const result = await workspace.run(RUN, { API_CLIENT: 'undici' });
    expect((await finished(result)).hashes).toEqual(reference.hashes);
    expect(result.stderr).not.toContain('Warning');
  });

  test.each([1, 200])('give the same bytes with EMPLOYEE_CONCURRENCY %i', async (concurrency) => {
    const other = await finished(await workspace.run(RUN, { EMPLOYEE_CONCURRENCY: String(concurrency) }));
    expect(other.hashes).toEqual(reference.hashes);
  });

  test('give other bytes with another seed', async () => {
    const other = await finished(await workspace.run([...RUN, '--seed', 'other']));
    expect(other.hashes.completions).not.toBe(reference.hashes.completions);
    expect(other.hashes.nonCompleted).not.toBe(reference.hashes.nonCompleted);
  });

  test('give the same bytes from three worker processes that share Redis', async () => {
    const env = { REDIS_URL: redis.url };
    const before = recommender.calls;
    const { code, json } = await workspace.run([...RUN, '--detach'], env);
    expect(code).toBe(0);
    const { runId } = json<{ runId: string }>();
    const ports = await Promise.all([1, 2, 3].map(() => freePort()));
    const workers = await Promise.all(
      ports.map((port) => startedWorker(['--concurrency', '2'], { ...env, METRICS_PORT: String(port) })),
    );
    const files = await followed(runId, env);
    const done = await Promise.all(ports.map((port) => metric(port, 'btc_fake_employees_simulated_total')));
    expect(await stopped(workers)).toEqual([0, 0, 0]);
    expect(files.hashes).toEqual(reference.hashes);
    // Each employee was asked about once, by one of the three.
    expect(Math.min(...done)).toBeGreaterThan(0);
    expect(done.reduce((sum, n) => sum + n, 0)).toBe(EMPLOYEES.length);
    expect(recommender.calls - before).toBe(EMPLOYEES.length);
  });

  test('give the same bytes from processes that share nothing but Redis and the output folder, each with its queues', async () => {
    const elsewhere = await makeWorkspace({ recommenderUrl: recommender.url });
    try {
      await mkdir(workspace.path('shared'));
      const env = { REDIS_URL: redis.url, OUTPUT_DIR: workspace.path('shared') };
      const only = (...queues: string[]) => queues.flatMap((queue) => ['--only', queue]);
      const workers = await Promise.all([
        startedWorker(only('run-start', 'catalog-download'), env),
        startedWorker(only('assignment'), { ...env, SFTP_LOCAL_DIR: 'not-here' }, elsewhere),
        startedWorker(only('employee-simulation'), { ...env, OUTPUT_DIR: 'not-here' }, elsewhere),
        startedWorker(only('file-assembly'), { ...env, SFTP_LOCAL_DIR: 'not-here' }, elsewhere),
      ]);
      const detached = await workspace.run([...RUN, '--detach'], env);
      const files = await followed(detached.json<{ runId: string }>().runId, env);
      expect(await stopped(workers)).toEqual([0, 0, 0, 0]);
      expect(files.hashes).toEqual(reference.hashes);
    } finally {
      await elsewhere.remove();
    }
  });

  test('show all assignments as soon as they are made, and replace them under the same name at the end', async () => {
    const env = { REDIS_URL: redis.url, OUTPUT_DIR: workspace.path('early') };
    const allOfTypeF = EMPLOYEES.map((line) => line.replace(/.$/, 'f'));
    await workspace.write('input/all-f.csv', ['employee_id,employee_edu_type', ...allOfTypeF].join('\n'));
    const nothingCompleted = await finished(await workspace.run([...RUN, '--employees', 'input/all-f.csv']));

    const { runId } = (await workspace.run([...RUN, '--detach'], env)).json<{ runId: string }>();
    const name = `Non_Completed_Assignments_V2_2025_10_28_1_${sha256(runId).slice(0, 6)}.csv`;
    const only = ['--only', 'run-start', '--only', 'catalog-download', '--only', 'assignment'];
    const first = await startedWorker(only, env);
    await waitUntil('the feed is there', () => existsSync(workspace.path('early', name)), 15_000);
    expect(await readdir(workspace.path('early'))).toEqual([name]);
    expect(sha256(await readFile(workspace.path('early', name)))).toBe(nothingCompleted.hashes.nonCompleted);
    const second = await startedWorker(['--only', 'employee-simulation', '--only', 'file-assembly'], env);
    const files = await followed(runId, env);
    expect(await stopped([first, second])).toEqual([0, 0]);
    expect(files.hashes).toEqual(reference.hashes);
    expect(sha256(await readFile(workspace.path('early', name)))).toBe(reference.hashes.nonCompleted);
  });
});
