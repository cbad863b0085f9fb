// Proves that a command line of any words is understood or refused in plain words, before anything is done.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Command, CommanderError } from 'commander';
import fc from 'fast-check';
import { checkCommand } from '../../src/cli/commands/check.ts';
import { dashboardCommand } from '../../src/cli/commands/dashboard.ts';
import { doctorCommand } from '../../src/cli/commands/doctor.ts';
import { downloadCommand } from '../../src/cli/commands/download.ts';
import { finishCommand } from '../../src/cli/commands/finish.ts';
import { resumeCommand } from '../../src/cli/commands/resume.ts';
import { retryCommand } from '../../src/cli/commands/retry.ts';
import { runCommand } from '../../src/cli/commands/run.ts';
import { runsCommand } from '../../src/cli/commands/runs.ts';
import { sandboxCommand } from '../../src/cli/commands/sandbox.ts';
import { statusCommand } from '../../src/cli/commands/status.ts';
import { workerCommand } from '../../src/cli/commands/worker.ts';
import { runBtcFake } from '../support/btc-fake.ts';
import { expectPlain, fuzz } from '../support/fuzz.ts';

const COMMANDS = [
  runCommand,
  resumeCommand,
  workerCommand,
  dashboardCommand,
  runsCommand,
  statusCommand,
  retryCommand,
  finishCommand,
  downloadCommand,
  checkCommand,
  doctorCommand,
  sandboxCommand,
];

/** The commands without what they do. */
function parser(say: (text: string) => void): Command {
  const program = new Command('btc-fake').exitOverride().configureOutput({ writeOut: say, writeErr: say });
  for (const command of COMMANDS) command(program, () => {});
  for (const command of program.commands) command.action(() => {});
  return program;
}

const words = parser(() => {}).commands.flatMap((command) => [
  command.name(),
  ...command.options.flatMap(({ long, short }) => [long, short].filter((word) => word !== undefined && word !== null)),
]);
const anyWord = fc.oneof(
  fc.constantFrom(...words),
  fc.constantFrom(...words).map((word) => `${word}=x`),
  fc.constantFrom(
    '',
    ' ',
    '-',
    '--',
    '---',
    '__proto__',
    '--__proto__',
    '--constructor=1',
    'run-20251028T110000Z-ab12cd',
    '-1',
    '0',
    '1e3',
    '9'.repeat(20),
    '😀',
    '\0',
    'a\nb',
    '\u001B[31m',
    'x'.repeat(2_000),
  ),
  fc.string({ unit: 'binary' }),
);

test('any words are parsed or refused, with the exit code of wrong usage', () =>
  fuzz(fc.array(anyWord, { maxLength: 6 }), (argv) => {
    try {
      parser(() => {}).parse(argv, { from: 'user' });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      expect([0, 1]).toContain(error.exitCode);
    }
  }));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'btc-fake-command-line-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each<[words: readonly string[], says: RegExp]>([
  [['run', '--seed'], /argument missing/],
  [['run', '--employees', ''], /'--employees <file>' argument '' is invalid\. It is empty\./],
  [['run', '--output', ' '], /'--output <dir>' argument ' ' is invalid\. It is empty\./],
  [['run', '--as-of', ''], /--as-of/],
  [['run', '--as-of', '2025-02-30T00:00:00Z'], /--as-of/],
  [['status', '__proto__'], /Give a run's id/],
  [['status', '../../etc/passwd'], /Give a run's id/],
  [['retry', 'run-1', '--employee', '1e3'], /An employee id is a positive integer/],
  [['worker', '--concurrency', '0'], /Give a whole number from 1 to/],
  [['worker', '--only', 'constructor'], /The queues are/],
  [['rum'], /Did you mean run/],
  [['__proto__'], /unknown command/],
  [['--constructor'], /unknown option/],
])('the built command refuses %j with exit code 64, in plain words, and touches nothing', async (argv, says) => {
  const env = { REDIS_URL: 'redis://127.0.0.1:1', API_BASE_URL: 'http://127.0.0.1:1' };
  const { code, stdout, stderr } = await runBtcFake(argv, { cwd: folder, env });
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  expect(stderr).toMatch(says);
  expect(stderr).not.toMatch(/^\s+at |node:internal/m);
  for (const line of stderr.trimEnd().split('\n')) expectPlain(line);
  expect(await readdir(folder)).toEqual([]);
});
