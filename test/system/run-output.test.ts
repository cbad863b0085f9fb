import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { ContentId } from '../../src/domain/ids.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import { inheritedEnvironment, MAIN } from '../support/btc-fake.ts';
import { lendsTerminals, SCRIPT } from '../support/pseudo-terminal.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

// What this file proves: standard output holds results and nothing else, standard error everything for a person; a
// terminal gets colours and a bar, everything else plain text.

const ESCAPE = '\u001b';

let place: Workspace;
let redis: TestRedis;
let recommender: SandboxRecommender;

beforeAll(async () => {
  redis = await startTestRedis();
  recommender = await startRecommender({ contentIds: [892_001, 892_002] as ContentId[], latencyMs: 20 });
  place = await makeWorkspace({
    employees: ['1001,a', '1002,b', '1003,f'],
    redisUrl: redis.url,
    recommenderUrl: recommender.url,
  });
});
afterAll(async () => {
  await place.remove();
  await recommender.close();
  await redis.stop();
});

test('run prints the employees and the files on standard output, and each stage on standard error', async () => {
  const { code, stdout, stderr } = await place.run(['run', '--with-workers', '--seed', 'monday'], {
    LOG_LEVEL: 'silent',
  });
  expect(code).toBe(0);
  const lines = stdout.split('\n');
  expect(lines.slice(0, 3).map((line) => line.slice(0, 5))).toEqual(['1001:', '1002:', '1003:']);
  expect(lines[2]).toBe('1003: none');
  expect(stdout).toContain('\nFiles\n  generated_files/ContentUserCompletion_V2_');
  expect(stderr).toMatch(/^Run run-\d{8}T\d{6}Z-[0-9a-f]{6}: 3 employees from input\/employees\.csv\n/);
  for (const stage of [
    'Starting the run',
    'Fetching the catalog files',
    'Making the assignments',
    'Simulating the employees',
    'Writing the files',
  ])
    expect(stderr).toMatch(new RegExp(`^ +\\d+\\.\\d s ${stage}$`, 'm'));
  expect(stdout + stderr).not.toContain(ESCAPE);
});

test('run --json ends with one object that says everything; status says the same later', async () => {
  const run = await place.run([
    'run',
    '--with-workers',
    '--json',
    '--seed',
    'monday',
    '--as-of',
    '2025-10-28T11:00:00Z',
  ]);
  expect(run.code).toBe(0);
  expect(run.stdout.trimEnd().split('\n')).toHaveLength(1);
  const report = run.json<RunReport>();
  expect(report).toMatchObject({
    runId: expect.stringMatching(/^run-\d{8}T\d{6}Z-[0-9a-f]{6}$/),
    state: 'finished',
    seed: 'monday',
    asOf: '2025-10-28T11:00:00Z',
    counts: { employees: 3, done: 3, failed: 0 },
    failedEmployees: [],
  });
  expect(report.files.map(({ name }) => name)).toEqual([
    expect.stringMatching(/^ContentUserCompletion_V2_2025_10_28_1_[0-9a-f]{6}\.csv$/),
    expect.stringMatching(/^Non_Completed_Assignments_V2_2025_10_28_1_[0-9a-f]{6}\.csv$/),
    expect.stringMatching(/^Run_2025_10_28_1_[0-9a-f]{6}\.summary\.txt$/),
  ]);
  for (const { path } of report.files) expect(existsSync(place.path(path))).toBe(true);
  const status = await place.run(['status', '--json', report.runId]);
  expect(status.json()).toEqual(report);
  const forPeople = await place.run(['status', report.runId]);
  expect(forPeople.stdout).toContain(`Run      ${report.runId}\nState    finished (file-assembly)\n`);
  expect(forPeople.stdout).toContain('Done     3 of 3 employees, 0 failed\n');
  for (const { path } of report.files) expect(forPeople.stdout).toContain(`File     ${path} (`);
});

test('run --detach leaves the run to workers, and runs lists it', async () => {
  const { code, stdout, json } = await place.run(['run', '--detach', '--json']);
  expect(code).toBe(0);
  const { runId } = json<{ runId: string }>();
  expect(JSON.parse(stdout)).toEqual({ runId });
  const runs = await place.run(['runs', '--json', '--limit', '1']);
  expect(runs.json()).toEqual([
    {
      ...{ runId, state: 'queued', reason: null, slot: null, lateMs: 0, createdAt: expect.any(String) },
      ...{ durationMs: null, employees: 3, done: 0, failed: 0 },
      ...{
        asOf: expect.stringMatching(/Z$/),
        seed: runId,
        token: createHash('sha256').update(runId).digest('hex').slice(0, 6),
      },
    },
  ]);
  const forPeople = await place.run(['runs']);
  expect(forPeople.stdout).toMatch(/^RUN +STATE +STARTED +TOOK +EMPLOYEES +DONE +FAILED +FILES +AS OF +SEED\n/);
  expect(forPeople.stdout).toMatch(new RegExp(`^${runId}  queued +\\S+  - +3 +0 +0 +[0-9a-f]{6} +\\S+Z +\\S+`, 'm'));
});

test('a reader that goes away early, as `| head -1` does, does not end the run', async () => {
  const running = place.start(['run', '--with-workers', '--seed', 'head']);
  running.child.stdout!.destroy();
  const { code, stderr } = await running.ended;
  expect(code).toBe(0);
  expect(stderr).not.toMatch(/EPIPE|^\s*at /m);
});

test('status of a run that there is not says where to look', async () => {
  expect(await place.run(['status', 'run-20200101T000000Z-abcdef'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr:
      'btc-fake: There is no run run-20200101T000000Z-abcdef (RUN_NOT_FOUND)\n  See "btc-fake runs" for those that there are; it shows the six characters of their files too.\n',
  });
});

if (lendsTerminals) {
  describe('on a terminal', () => {
    /** Everything that a terminal was sent, from both outputs. */
    async function onTerminal(env: Record<string, string> = {}): Promise<string> {
      const command = `"${process.execPath}" "${MAIN}" run --with-workers`;
      const child = spawn(SCRIPT, ['-qec', command, '/dev/null'], {
        cwd: place.folder,
        env: { ...inheritedEnvironment(), ...place.env, TERM: 'xterm-256color', ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      return text(child.stdout);
    }

    test('there are colours, a bar that is ended, and a log of warnings only', async () => {
      // Slow enough for a look while employees are under way.
      const slow = await startRecommender({ contentIds: [892_001] as ContentId[], latencyMs: 1_000 });
      const shown = await onTerminal({ API_BASE_URL: slow.url }).finally(() => slow.close());
      expect(shown).toContain(`${ESCAPE}[2m`);
      expect(shown).toMatch(/[█░]{24} \d of 3 · 0 failed · [\d?]+\/s · /);
      expect(shown).toContain(`${ESCAPE}[?25l`);
      expect(shown.lastIndexOf(`${ESCAPE}[?25h`)).toBeGreaterThan(shown.lastIndexOf(`${ESCAPE}[?25l`));
      expect(shown).toMatch(/WARN.*SFTP is not configured/);
      expect(shown).not.toMatch(/INFO|"level":/);
    });

    test('with NO_COLOR nothing is coloured', async () => {
      const shown = await onTerminal({ NO_COLOR: '1' });
      // Colours are the sequences that end in m; the bar moves the cursor all the same.
      expect(shown).not.toMatch(new RegExp(`${ESCAPE}\\[[\\d;]*m`));
      expect(shown).toContain('1003: none');
    });
  });
}
