import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import { startDashboardProcess } from '../support/dashboard-process.ts';
import { type FaultyRecommender, fails, recommends, startFaultyRecommender } from '../support/faulty-recommender.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

// Proves that a run has one folder for its files in whatever folders the processes run, that every command and page
// names that folder, and that without REDIS_URL a run asks its own recommender.

const RUN = ['run', '--json', '--seed', 'folders', '--as-of', '2025-10-28T11:00:00Z'];
const FAILING = 300_003;

let recommender: FaultyRecommender;
let place: Workspace;
let isFailing = false;

beforeAll(async () => {
  recommender = await startFaultyRecommender({
    answer: (id) => (isFailing && id === FAILING ? fails(404) : recommends(892_001, 555)),
  });
});
beforeEach(() => {
  isFailing = false;
});
afterEach(() => place?.remove());
afterAll(() => recommender?.close());

const workspace = (redisUrl?: string, employees = 20) =>
  makeWorkspace({
    employees: Array.from({ length: employees }, (_, i) => `${300_001 + i},${'abf'.charAt(i % 3)}`),
    recommenderUrl: recommender.url,
    ...(redisUrl === undefined ? {} : { redisUrl }),
  });

/** Holds that a run's report names files that are all in this folder, and that the folder has no others. */
async function expectFilesIn(folder: string, report: RunReport): Promise<void> {
  const paths = [...report.files.map(({ path }) => path), report.manifest!].map((path) => resolve(place.folder, path));
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  expect((await readdir(folder)).map((name) => resolve(folder, name)).sort()).toEqual(paths.sort());
}

describe('with a dashboard in the same folder, which works on runs too', () => {
  test('run --output has all its files there, and every answer from its own recommender', async () => {
    place = await workspace(undefined, 200);
    const stale = await startFaultyRecommender({ answer: () => recommends(777_001) });
    try {
      const { url } = await startDashboardProcess(place, { API_BASE_URL: stale.url });
      const run = await place.run([...RUN, '--output', 'elsewhere']);
      expect(run.code).toBe(0);
      const report = run.json<RunReport>();
      await expectFilesIn(place.path('elsewhere'), report);
      expect(existsSync(place.path('generated_files'))).toBe(false);
      expect([...stale.calls]).toEqual([]);

      const status = (await place.run(['status', report.runId, '--json'])).json<RunReport>();
      await expectFilesIn(place.path('elsewhere'), status);
      expect(status.files.every(({ path }) => isAbsolute(path))).toBe(true);
      const page = await (await fetch(`${url}/runs/${report.runId}`)).text();
      expect(page).toContain(place.path('elsewhere'));
      expect(page).toContain(`recommender ${recommender.url}/`);
      const download = await fetch(`${url}/runs/${report.runId}/files/${report.files[0]!.name}`);
      expect(download.status).toBe(200);
      await download.arrayBuffer();
    } finally {
      await stale.close();
    }
  });

  test('finish leaves the last Non_Completed in the folder that run --output named, not the first', async () => {
    place = await workspace();
    isFailing = true;
    const incomplete = await place.run([...RUN, '--output', 'elsewhere']);
    const { runId, state } = incomplete.json<RunReport>();
    expect(state).toBe('incomplete');
    const finished = await place.run(['finish', runId, '--without-failed', '--json']);
    expect(finished.code).toBe(0);
    await expectFilesIn(place.path('elsewhere'), finished.json<RunReport>());
    expect(existsSync(place.path('generated_files'))).toBe(false);
    const check = await place.run([
      'check',
      ...finished.json<RunReport>().files.flatMap(({ path }) => (path.endsWith('.csv') ? [path] : [])),
    ]);
    expect(check.code).toBe(0);
  });
});

describe('with workers in other processes', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis?.stop());

  test('two workers with different OUTPUT_DIRs put the files of a run into one of them', async () => {
    place = await workspace(redis.url);
    const first = place.start(['worker', '--only', 'run-start', '--only', 'catalog-download', '--only', 'assignment'], {
      OUTPUT_DIR: 'first',
    });
    const second = place.start(['worker', '--only', 'employee-simulation', '--only', 'file-assembly'], {
      OUTPUT_DIR: 'second',
    });
    await Promise.all([first, second].map((worker) => worker.waitForStderr('Working; stop with')));
    const report = (await place.run(RUN)).json<RunReport>();
    for (const worker of [first, second]) worker.signal('SIGTERM');
    for (const worker of [first, second]) expect((await worker.ended).code).toBe(0);
    await expectFilesIn(place.path('first'), report);
    expect(existsSync(place.path('second'))).toBe(false);
    expect(existsSync(place.path('generated_files'))).toBe(false);
  });

  test('a worker that lacks the folder leaves the run to others, names it, and writes there once it is there', async () => {
    place = await workspace(redis.url);
    const folder = place.path('asked', 'for');
    const begun = await place.run([...RUN, '--detach', '--output', folder]);
    const { runId } = begun.json<{ runId: string }>();
    await rm(place.path('asked'), { recursive: true });
    const worker = place.start(['worker'], {}, 60_000);
    const status = async () => (await place.run(['status', runId, '--json'])).json<RunReport>();
    await waitUntil('status says so', async () => (await status()).unserved !== undefined, 20_000);
    const { unserved, state } = await status();
    expect([state, unserved]).toEqual([
      'running',
      {
        stage: 'assignment',
        needs: ['no Databricks', `folder ${folder}`],
        workers: [{ host: expect.any(String), pid: worker.child.pid, has: [`no folder ${folder}`] }],
      },
    ]);
    expect(worker.stderr).toContain(`the run has the folder ${folder}; this process has no such folder`);
    expect(existsSync(place.path('generated_files'))).toBe(false);
    await mkdir(folder, { recursive: true });
    await waitUntil('the run ends', async () => (await status()).state === 'finished', 20_000);
    await expectFilesIn(folder, await status());
  }, 60_000);
});
