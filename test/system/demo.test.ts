import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import { startRecommender } from '../../src/sandbox/recommender-server.ts';
import { feedRows, readRunFiles } from '../support/run-files.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

// What this file proves: `btc-fake demo` needs nothing but a folder; it leaves the files that it names and no process.
// (What is left running fails the file: see test/support/leak-check.js.)

const SAMPLE = new URL('../../input/employees.csv', import.meta.url);

let place: Workspace | undefined;
afterEach(() => place?.remove());

/** What is in a workspace that no demo may look at: settings that would lead it elsewhere. */
async function makePlace(): Promise<Workspace> {
  place = await makeWorkspace({
    employees: ['104829,a'],
    env: { REDIS_URL: 'redis://127.0.0.1:1', API_BASE_URL: 'http://127.0.0.1:1', SFTP_INBOUND_PASSWORD: 'real' },
  });
  return place;
}

function expectRedisStopped({ path }: Workspace): void {
  const home = path('.btc-fake', 'demo', '.btc-fake');
  expect(existsSync(join(home, 'redis'))).toBe(true);
  expect(existsSync(join(home, 'redis.json'))).toBe(false);
  expect(existsSync(join(home, 'redis.sock'))).toBe(false);
}

test('it runs a week of the sample employees, prints all of them, and names the files', async () => {
  const demo = await makePlace();
  const { code, stdout, stderr } = await demo.run(['demo']);
  expect(code).toBe(0);
  const ids = [...(await readFile(SAMPLE, 'utf8')).matchAll(/^(\d+),/gm)].map(([, id]) => id);
  expect(ids.length).toBeGreaterThanOrEqual(25);
  for (const id of ids) expect(stdout).toMatch(new RegExp(`^${id}: (none|[\\d,]+ \\((manager|ai)\\))`, 'm'));

  const named = [...stdout.matchAll(/^ {2}(generated_files\/\S+)/gm)].map(([, path]) => path!);
  expect(named.map((path) => path.replace(/_([vV]2_)?\d{4}_\d+_\d+_1_[0-9a-f]{6}/, ''))).toEqual([
    'generated_files/ContentUserCompletion.csv',
    'generated_files/Non_Completed_Assignments.csv',
    'generated_files/UserCompletion.csv',
    'generated_files/Run.summary.txt',
    'generated_files/Run.manifest.json',
  ]);
  for (const path of named) expect(existsSync(demo.path(path))).toBe(true);

  expect(stderr).toMatch(/vendor SFTP server +sftp:\/\/127\.0\.0\.1:\d+/);
  expect(stderr).toMatch(/recommender +http:\/\/127\.0\.0\.1:\d+/);
  // Neither output is a terminal: nothing of either is meant for one.
  expect(stdout + stderr).not.toContain('\u001b');
  expect(stderr).not.toMatch(/"level":|^\s*at /m);
  expectRedisStopped(demo);
});

test('its run is kept: the other commands of the folder know it, and the last lines say how to look at it', async () => {
  place = await makeWorkspace();
  const demo = await place.run(['demo', '--json', '--employees', '1200']);
  expect(demo.code).toBe(0);
  const { runId } = demo.json<RunReport>();
  const explain = `explain ${runId} 104801`;
  expect(demo.stderr).toMatch(/\nWhat next\n( {2}.+: +npx --no -- btc-fake .+\n){3}$/);
  expect(demo.stderr).toContain(`npx --no -- btc-fake ${explain}\n`);
  expect((await place.run(['runs', '--json'])).json()).toMatchObject([{ runId, state: 'finished' }]);
  const status = await place.run(['status', runId, '--json']);
  expect(status.json<RunReport>()).toEqual(demo.json<RunReport>());
  const { code, stdout } = await place.run(explain.split(' '));
  expect(code).toBe(0);
  expect(stdout).toContain('104801');
});

test('interrupted, it stops everything and says that there is nothing to continue with', async () => {
  const demo = await makePlace();
  const running = demo.start(['demo', '--employees', '20000']);
  await running.waitForStderr('Making the assignments');
  running.signal('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /Stopping: jobs in progress finish or go back; Ctrl-C again ends at once\nInterrupted\. The sandbox is gone; begin again with: btc-fake demo\n$/,
  );
  expectRedisStopped(demo);

  // The next one begins with empty queues: nobody of the twenty thousand is in its way.
  const calls = await demo.run(['demo', '--employees', '5', '--json']);
  expect(calls.json<RunReport>()).toMatchObject({ state: 'finished', counts: { employees: 5 } });
});

test('it keeps away from the runs of its folder, which would get made-up recommendations from it', async () => {
  const recommender = await startRecommender({ contentIds: [] });
  try {
    const demo = await makePlace();
    const real = { REDIS_URL: '', SFTP_INBOUND_PASSWORD: '', API_BASE_URL: recommender.url };
    const { runId } = (await demo.run(['run', '--detach', '--json'], real)).json<{ runId: string }>();
    const demoRun = (await demo.run(['demo', '--employees', '5', '--json'])).json<RunReport>().runId;
    const runs = (await demo.run(['runs', '--json'], real)).json<RunReport[]>();
    expect(runs.map((run) => [run.runId, run.state])).toEqual([
      [demoRun, 'finished'],
      [runId, 'queued'],
    ]);
  } finally {
    await recommender.close();
  }
});

test('--employees invents that many, --json makes the result one object', async () => {
  const demo = await makePlace();
  const run = await demo.run(['demo', '--employees', '5', '--json']);
  expect(run.code).toBe(0);
  expect(run.stdout.trimEnd().split('\n')).toHaveLength(1);
  const report = run.json<RunReport>();
  expect(report).toMatchObject({
    state: 'finished',
    counts: { employees: 5, done: 5, failed: 0 },
    failedEmployees: [],
  });
  const { completions, nonCompleted, manifest } = await readRunFiles(report, demo.folder);
  expect(manifest.inputs.catalogs.map(({ from }) => from)).toEqual(['sftp', 'sftp']);
  expect(manifest.counts.byType).toMatchObject({ a: { employees: 3 }, b: { employees: 1 }, f: { employees: 1 } });
  const people = new Set([...feedRows(completions), ...feedRows(nonCompleted)].map(([userId]) => userId));
  expect([...people].sort()).toEqual(['104801', '104802', '104803', '104804', '104805']);
  expectRedisStopped(demo);
});

test('told to stop at any moment of its start, it leaves no Redis behind', async () => {
  const demo = await makePlace();
  const socket = demo.path('.btc-fake', 'demo', '.btc-fake', 'redis.sock');
  const log = demo.path('.btc-fake', 'demo', '.btc-fake', 'redis.log');
  // The moments: the server's log is there; it listens; and a little later, while the run is being made.
  for (const [there, signal, waitMs] of [
    [log, 'SIGINT', 0],
    [socket, 'SIGTERM', 0],
    [socket, 'SIGINT', 60],
  ] as const) {
    await rm(log, { force: true });
    const running = demo.start(['demo', '--employees', '20000']);
    await waitUntil(`${there} is there`, () => existsSync(there), 15_000);
    const since = Date.now();
    await waitUntil('the moment has come', () => Date.now() >= since + waitMs);
    running.signal(signal);
    const { code } = await running.ended;
    expect([1, 130, 143]).toContain(code);
    await waitUntil('the server is gone', () => !existsSync(socket), 5_000);
    expectRedisStopped(demo);
  }
});
