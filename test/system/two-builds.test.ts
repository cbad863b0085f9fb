import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import { MAIN, type RunningBtcFake, startBtcFake } from '../support/btc-fake.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { type RunFiles, readRunFiles } from '../support/run-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

// Proves that a build with another version of jobs refuses jobs of a run under way and spoils nothing: they wait as
// failed until re-queued, and a worker of the matching build ends the run with the same bytes.

const DIST = dirname(dirname(dirname(dirname(MAIN))));
const RUN = ['run', '--json', '--seed', 'two builds', '--as-of', '2025-10-28T11:00:00Z'];
const FIRST_STAGES = ['run-start', 'catalog-download', 'assignment'].flatMap((stage) => ['--only', stage]);

const nextBuild = temporaryFolder('next-build');
let redis: TestRedis;
let recommender: SandboxRecommender;
let place: Workspace;
const running: RunningBtcFake[] = [];

/** A build like ours, whose jobs are of the next version. */
async function makeNextBuild(folder: string): Promise<string> {
  for (const part of ['src', 'config'])
    await cp(join(DIST, 'dist', part), join(folder, 'dist', part), { recursive: true });
  await mkdir(join(folder, 'src'), { recursive: true });
  await cp(join(DIST, 'package.json'), join(folder, 'package.json'));
  await symlink(join(DIST, 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, 'dist/src/adapters/redis/queues.js');
  const code = await readFile(path, 'utf8');
  const changed = code.replace('PAYLOAD_VERSION = 1;', 'PAYLOAD_VERSION = 2;');
  if (changed === code) throw new Error('The version of payloads is written otherwise now');
  await writeFile(path, changed);
  return join(folder, 'dist/src/cli/main.js');
}

let undisturbed: RunFiles['hashes'];
let builds: { readonly ours: string; readonly next: string };
beforeAll(async () => {
  [redis, recommender] = await Promise.all([startTestRedis(), startRecommender({ contentIds: [] })]);
  place = await makeWorkspace({
    employees: Array.from({ length: 20 }, (_, i) => `${300_001 + i},${'abf'.charAt(i % 3)}`),
    recommenderUrl: recommender.url,
    redisUrl: redis.url,
  });
  builds = { ours: MAIN, next: await makeNextBuild(nextBuild.path) };
  undisturbed = await runUndisturbed();
});
afterEach(() => Promise.all(running.splice(0).map((command) => command.kill())));
afterAll(async () => {
  await place?.remove();
  await recommender?.close();
  await redis?.stop();
});

function start(main: string, ...args: string[]): RunningBtcFake {
  const command = startBtcFake(args, { main, cwd: place.folder, env: place.env });
  running.push(command);
  return command;
}

const report = async (runId: string) => (await start(builds.ours, 'status', runId, '--json').ended).json<RunReport>();

async function stop(worker: RunningBtcFake): Promise<void> {
  worker.signal('SIGTERM');
  expect((await worker.ended).code).toBe(0);
}

async function begin(main: string): Promise<string> {
  return (await start(main, ...RUN, '--detach').ended).json<{ runId: string }>().runId;
}

async function reaches(runId: string, state: RunReport['state']): Promise<RunReport> {
  await waitUntil(`the run is ${state}`, async () => (await report(runId)).state === state, 20_000);
  return report(runId);
}

/** The hashes of a run that nothing disturbs. */
async function runUndisturbed(): Promise<RunFiles['hashes']> {
  const worker = start(builds.ours, 'worker');
  const result = await start(builds.ours, ...RUN).ended;
  await stop(worker);
  return (await readRunFiles(result.json<RunReport>(), place.folder)).hashes;
}

test('a new build’s worker refuses the employees of a run of the old one, whose worker then ends it', async () => {
  const runId = await begin(builds.ours);
  const stages = start(builds.ours, 'worker', ...FIRST_STAGES);
  await waitUntil(
    'all employees are queued',
    async () => (await report(runId)).stage === 'employee-simulation',
    20_000,
  );
  await stop(stages);

  const calls = recommender.calls;
  const wrong = start(builds.next, 'worker');
  const refused = await reaches(runId, 'incomplete');
  expect(refused).toMatchObject({ counts: { employees: 20, done: 0, failed: 20 }, files: [] });
  for (const { reason } of refused.failedEmployees) {
    expect(reason).toMatch(/^PAYLOAD_VERSION: This worker reads jobs of version 2; this one is of version 1\. \S/);
  }
  expect(recommender.calls).toBe(calls);
  await stop(wrong);

  const right = start(builds.ours, 'worker');
  const retried = await start(builds.ours, 'retry', runId, '--json').ended;
  expect(retried.code).toBe(0);
  await stop(right);
  const { hashes } = await readRunFiles(retried.json<RunReport>(), place.folder);
  expect(hashes).toEqual(undisturbed);
});

test('an old build’s worker refuses to start a run of the new one, whose worker does after a retry', async () => {
  const runId = await begin(builds.next);
  const wrong = start(builds.ours, 'worker');
  const refused = await reaches(runId, 'failed');
  expect(JSON.stringify(refused)).toMatch(
    /PAYLOAD_VERSION: This worker reads jobs of version 1; this one is of version 2/,
  );
  await stop(wrong);

  const right = start(builds.next, 'worker');
  const retried = await start(builds.next, 'retry', runId, '--json').ended;
  expect(retried.code).toBe(0);
  await stop(right);
  const { hashes } = await readRunFiles(retried.json<RunReport>(), place.folder);
  expect(hashes).toEqual(undisturbed);
});
