import { exec } from 'node:child_process';
import { access, constants, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { packageVersion } from '../../src/adapters/disk/package-root.ts';
import { MAIN } from '../support/btc-fake.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

// What this file proves: every command explains itself with an example; whatever is wrong with a command line ends in
// exit code 64 with one clear line on standard error, before any file, folder or Redis is touched.

const COMMANDS = [
  'run',
  'resume',
  'worker',
  'runs',
  'status',
  'retry',
  'finish',
  'download',
  'check',
  'doctor',
  'demo',
] as const;
const HINT = '(add --help to see what there is)\n';

let place: Workspace;
let before: string[];

beforeAll(async () => {
  place = await makeWorkspace();
  before = await readdir(place.folder, { recursive: true });
});
afterAll(() => place.remove());

async function expectUntouched(): Promise<void> {
  expect(await readdir(place.folder, { recursive: true })).toEqual(before);
}

test.each(COMMANDS)('%s --help shows its options and an example', async (command) => {
  const { code, stdout, stderr } = await place.run([command, '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(new RegExp(`^Usage: btc-fake ${command} `));
  expect(stdout).toMatch(new RegExp(`^Example:\n  btc-fake ${command}\\b`, 'm'));
});

test('a build leaves the program executable, since npm sets that only when it links it', async () => {
  await access(MAIN, constants.X_OK);
});

test("what the README says to type in the clone is this program's help, not npm's", async () => {
  const root = join(import.meta.dirname, '../..');
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const [, call] = /`(npx [^`]+) COMMAND`/.exec(readme) ?? [];
  const type = async (args: string) => (await promisify(exec)(`${call} ${args}`, { cwd: root })).stdout;
  expect(await type('--version')).toBe(`${packageVersion()}\n`);
  expect(await type('--help')).toMatch(/^Usage: btc-fake /);
});

describe('btc-fake', () => {
  const expectHelp = (help: string) => {
    expect(help).toContain('Usage: btc-fake [options] [command]');
    for (const command of COMMANDS) expect(help).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(help).toContain('Exit codes: 0 all is well, 1 an error, 2 employees failed, 64 wrong usage');
  };

  test('--help lists every command and the exit codes on standard output', async () => {
    const { code, stdout, stderr } = await place.run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expectHelp(stdout);
  });

  test('alone is wrong usage, and shows the same on standard error', async () => {
    const { code, stdout, stderr } = await place.run([]);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expectHelp(stderr);
  });

  test('--version prints the version', async () => {
    const { code, stdout } = await place.run(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

const RUN_ID_FORM =
  "Give a run's id (run-20251028T110000Z-ab12cd), a file of it, or the six characters in its files' names.";

test.each<[args: string, complaint: string]>([
  ['rnus', "unknown command 'rnus'\n(Did you mean runs?)"],
  ['frobnicate', "unknown command 'frobnicate'"],
  ['--frobnicate', "unknown option '--frobnicate'"],
  ['run --asof now', "unknown option '--asof'\n(Did you mean --as-of?)"],
  ['run somewhere', "too many arguments for 'run'. Expected 0 arguments but got 1."],
  ['run --seed', "option '--seed <text>' argument missing"],
  ['status', "missing required argument 'run'"],
  ['retry', "missing required argument 'run'"],
  ['finish --without-failed', "missing required argument 'run'"],
  ['check', "missing required argument 'file'"],
  ['status run:1', `command-argument value 'run:1' is invalid for argument 'run'. ${RUN_ID_FORM}`],
  ['resume 20251028', `command-argument value '20251028' is invalid for argument 'run'. ${RUN_ID_FORM}`],
  ['retry ../run', `command-argument value '../run' is invalid for argument 'run'. ${RUN_ID_FORM}`],
  ['finish run-1', "required option '--without-failed' not specified"],
  [
    'retry run-1 --employee 7,8',
    "option '--employee <id>' argument '7,8' is invalid. An employee id is a positive integer of at most 15 digits.",
  ],
  [
    'worker --concurrency 0',
    "option '--concurrency <n>' argument '0' is invalid. Give a whole number from 1 to 10000.",
  ],
  [
    'worker --concurrency many',
    "option '--concurrency <n>' argument 'many' is invalid. Give a whole number from 1 to 10000.",
  ],
  [
    'worker --only employees',
    "option '--only <queue>' argument 'employees' is invalid. The queues are run-start, catalog-download, assignment, employee-simulation, file-assembly, publish, landing.",
  ],
  ['runs --limit 1e3', "option '--limit <n>' argument '1e3' is invalid. Give a whole number from 1 to 1000."],
  [
    'download yesterday',
    "command-argument value 'yesterday' is invalid for argument 'days'. Give a whole number from 0 to 36500.",
  ],
  ['download -1', "command-argument value '-1' is invalid for argument 'days'. Give a whole number from 0 to 36500."],
  [
    'demo --employees 2.5',
    "option '--employees <n>' argument '2.5' is invalid. Give a whole number from 1 to 1000000.",
  ],
  ['check --limit 5 --all x.csv', "option '--all' cannot be used with option '--limit <n>'"],
])('btc-fake %s is wrong usage', async (args, complaint) => {
  expect(await place.run(args.split(' '))).toMatchObject({
    code: 64,
    stdout: '',
    stderr: `btc-fake: ${complaint}\n${HINT}`,
  });
  await expectUntouched();
});

test('btc-fake run --as-of with an impossible date is wrong usage, whatever else is wrong', async () => {
  const nobody = { REDIS_URL: 'redis://127.0.0.1:1', API_BASE_URL: 'http://127.0.0.1:1' };
  expect(await place.run(['run', '--as-of', '2025-02-31T11:00:00Z'], nobody)).toMatchObject({
    code: 64,
    stdout: '',
    stderr:
      'btc-fake: --as-of "2025-02-31T11:00:00Z" is not an instant (USAGE)\n  Give a date and a time such as 2025-10-28T11:00:00Z.\n',
  });
  await expectUntouched();
});
