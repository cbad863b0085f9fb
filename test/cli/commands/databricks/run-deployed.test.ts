// Proves what a person gets from `btc-fake databricks run` without --local: the job of the target in lakehouse.yaml is
// started with what the command line says, its end is the command's end, and what is missing is named.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startBtcFake } from '../../../support/btc-fake.ts';
import { type DatabricksWorkspace, startDatabricksWorkspace } from '../../../support/databricks-workspace.ts';

let workspace: DatabricksWorkspace;
let cwd: string;

beforeAll(async () => {
  workspace = await startDatabricksWorkspace();
  cwd = await mkdtemp(join(tmpdir(), 'btc-fake-deployed-'));
  await writeFile(join(cwd, 'ca.pem'), workspace.caPem);
  await startBtcFake(['lakehouse', 'init'], { cwd }).ended;
});
afterAll(async () => {
  await workspace.close();
  await rm(cwd, { recursive: true });
});
beforeEach(() => {
  workspace.calls.length = 0;
  workspace.jobs = ['dev', 'qa'].map((name, i) => ({ job_id: i + 1, name: `btc-fake-${name}` }));
  workspace.run = {
    states: ['RUNNING', 'TERMINATED'],
    tasks: [
      { key: 'simulation', result: JSON.stringify({ drop: '/Volumes/a/b/c/drops/2025-10-28', state: 'finished' }) },
    ],
  };
});

const login = () => ({
  DATABRICKS_HOST: workspace.host,
  DATABRICKS_TOKEN: workspace.token,
  DATABRICKS_CA_FILE: 'ca.pem',
});
const run = (args: readonly string[], env: Record<string, string> = login()) =>
  startBtcFake(['databricks', 'run', ...args], { cwd, env }).ended;
const startedWith = () => workspace.calls.find(({ path }) => path.endsWith('/run-now'))?.body;

test('the job of the target is started with what the command line says, and its drop is printed', async () => {
  const { code, stdout, stderr } = await run([
    ...['--env', 'qa', '--seed', 'monday', '--as-of', '2025-10-28T11:00:00Z', '--employees', 'input/few.csv'],
    ...['--without-failed', '--skip-invalid-employees', '--output', '/Volumes/a/b/c/try', '--task', 'simulation'],
  ]);
  expect([code, stdout]).toEqual([0, '/Volumes/a/b/c/drops/2025-10-28\n']);
  expect(stderr).toContain('btc-fake-qa: RUNNING');
  expect(startedWith()).toMatchObject({
    job_id: 2,
    only: ['simulation'],
    job_parameters: {
      seed: 'monday',
      as_of: '2025-10-28T11:00:00Z',
      employees_file: 'input/few.csv',
      output: '/Volumes/a/b/c/try',
      without_failed: 'true',
      skip_invalid_employees: 'true',
    },
  });
});

test('answers from a table take the place of calls', async () => {
  await run(['--recommendations', 'learning.answers.week']);
  const table = { recommender_mode: 'table', recommender_table: 'learning.answers.week' };
  expect(startedWith()).toMatchObject({ job_parameters: table });
});

test('what the command line leaves out is as deployed, and --json gives the whole result', async () => {
  const { code, json } = await run(['--json']);
  expect([code, json()]).toMatchObject([
    0,
    { runId: '9007199254740993', results: { simulation: { state: 'finished' } } },
  ]);
  expect(startedWith()).toMatchObject({ job_id: 1, job_parameters: {} });
});

test('failed employees end it with 2, any other failure with 1', async () => {
  const failed = (error: string) => {
    workspace.run = { states: ['TERMINATED'], code: 'RUN_EXECUTION_ERROR', tasks: [{ key: 'simulation', error }] };
  };
  failed('1 employee failed (RECOMMENDER_REJECTED): 7. /x lists them');
  const employees = await run([]);
  expect([employees.code, employees.stderr]).toEqual([2, expect.stringContaining('simulation: 1 employee failed')]);
  failed('Table not found');
  expect((await run([])).code).toBe(1);
});

test.each<[what: string, args: string[], env: () => Record<string, string>, code: number, said: string]>([
  [
    'no workspace',
    [],
    () => ({}),
    1,
    'No workspace is named for the target dev (CONFIG_INVALID)\n  Set host in lakehouse.yaml, or DATABRICKS_HOST.',
  ],
  ['no login', [], () => ({ DATABRICKS_HOST: workspace.host }), 1, 'There is no login for localhost'],
  ['no description', ['--file', 'none.yaml'], login, 1, 'none.yaml: there is no such file (FILE_UNREADABLE)'],
  [
    'an option of --local',
    ['--training-records', 'x'],
    login,
    64,
    '--training-records is only possible with --local (USAGE)',
  ],
  [
    'another option of --local',
    ['--remove-environment'],
    login,
    64,
    '--remove-environment is only possible with --local (USAGE)',
  ],
  ['an unknown task', ['--task', 'x'], login, 64, 'There is no task x; there are simulation (USAGE)'],
  ['an instant that is none', ['--as-of', 'monday'], login, 64, '--as-of "monday" is not an instant'],
])('with %s it says so and starts nothing', async (_what, args, env, code, said) => {
  const result = await run(args, env());
  expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(said)]);
  expect(startedWith()).toBeUndefined();
});

test('a token shows nowhere, also when the workspace says it and no HTTP path is set', async () => {
  workspace.faults.set('/api/2.2/jobs/list', [{ status: 400, body: { message: `bad ${workspace.token}` } }]);
  const { stdout, stderr } = await run([]);
  expect(stderr).toContain('HTTP 400');
  expect(stdout + stderr).not.toContain(workspace.token);
  expect(await readFile(join(cwd, 'lakehouse.yaml'), 'utf8')).not.toContain(workspace.token);
});

test('Ctrl-C ends the command and not the run, and says how to end that', async () => {
  workspace.run = { ...workspace.run, states: ['RUNNING'] };
  const watching = startBtcFake(['databricks', 'run'], { cwd, env: login() });
  await watching.waitForStderr('btc-fake-dev: RUNNING');
  watching.signal('SIGINT');
  const { code, stdout, stderr } = await watching.ended;
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain(
    'Stopped watching; the run 9007199254740993 of btc-fake-dev continues on Databricks (RUN_STATE)',
  );
  expect(stderr).toContain('databricks jobs cancel-run 9007199254740993');
});
