import type { Command } from 'commander';
import { pathArgument } from '../arguments.ts';
import type { ExitCode } from '../exit-codes.ts';
import { followOptions } from '../run/follow-options.ts';
import type { RunOptions } from '../run/start-run.ts';

/** `btc-fake run`: starts a run and follows it. */
export function runCommand(program: Command, done: (code: ExitCode) => void): void {
  followOptions(program.command('run').description('start a run and follow it to its files'))
    .option('--as-of <iso>', 'the instant that the run simulates (default: now)')
    .option('--seed <text>', 'seed of all random choices; the same seed, --as-of and inputs give the same bytes')
    .option('--employees <file>', 'the employees file (default: EMPLOYEES_FILE)', pathArgument)
    .option('--output <dir>', 'the folder for the files (default: OUTPUT_DIR of the worker)', pathArgument)
    .option('--skip-invalid-employees', 'leave out invalid rows of the employees file')
    .addHelpText(
      'after',
      '\nExample:\n  btc-fake run --as-of 2025-10-28T11:00:00Z --seed monday --employees input/employees.csv',
    )
    .action(async (options: RunOptions & { employees?: string; output?: string }) => {
      const { startRun } = await import('../run/start-run.ts');
      done(await startRun(options, { overrides: { EMPLOYEES_FILE: options.employees, OUTPUT_DIR: options.output } }));
    });
}
