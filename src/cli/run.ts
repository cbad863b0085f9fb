import type { Command } from 'commander';
import { requireRecommender } from '../../config/load.ts';
import { createRun } from '../producers/create-run.ts';
import { asOfInstant } from './arguments.ts';
import type { ExitCode } from './exit-codes.ts';
import { type FollowOptions, followRun } from './follow-run.ts';
import { withSession } from './session.ts';
import { plural, printProgress } from './terminal.ts';

interface RunOptions extends FollowOptions {
  readonly asOf?: string;
  readonly seed?: string;
  readonly employees?: string;
  readonly output?: string;
  readonly skipInvalidEmployees?: boolean;
}

/** `btc-fake run`: starts a run and follows it. */
export function runCommand(program: Command, done: (code: ExitCode) => void): void {
  followOptions(program.command('run').description('start a run and follow it to its files'))
    .option('--as-of <iso>', 'the instant that the run simulates (default: now)')
    .option('--seed <text>', 'where all chance comes from; the same seed, --as-of and inputs give the same bytes')
    .option('--employees <file>', 'the employees file (default: EMPLOYEES_FILE)')
    .option('--output <dir>', 'the folder for the files (default: OUTPUT_DIR)')
    .option('--skip-invalid-employees', 'go on without the rows of the employees file that are wrong')
    .addHelpText(
      'after',
      '\nExample:\n  btc-fake run --as-of 2025-10-28T11:00:00Z --seed monday --employees input/employees.csv',
    )
    .action(async (options: RunOptions) => {
      const overrides = { EMPLOYEES_FILE: options.employees, OUTPUT_DIR: options.output };
      done(await withSession((session) => startAndFollow(session, options), { overrides }));
    });
}

/** The options of every command that goes on with a run. */
export function followOptions(command: Command): Command {
  return command
    .option('--detach', 'do not wait for the run')
    .option('--with-workers', 'work the run in this process (the default without REDIS_URL)')
    .option('--json', 'print one JSON object as the result');
}

/** Starts a run with the settings of a session, and follows it. */
export async function startAndFollow(session: Parameters<typeof followRun>[0], options: RunOptions): Promise<ExitCode> {
  const { settings, store, queues } = session;
  const { timeZone, feedDateFormat } = settings.run;
  const asOf = options.asOf === undefined ? undefined : asOfInstant(options.asOf, timeZone);
  requireRecommender(settings);
  const plan = await createRun(store, queues, {
    employeesFile: settings.files.employeesFile,
    skipInvalidEmployees: options.skipInvalidEmployees === true,
    ...(asOf === undefined ? {} : { asOf }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    timeZone,
    feedDateFormat,
    publish: settings.publish.enabled,
    attempts: settings.queues.jobAttempts,
    now: Date.now(),
  });
  const { population, employees } = await store.getRun(plan.id);
  printProgress(`Run ${plan.id}: ${plural(population.count, 'employee')} from ${settings.files.employeesFile}`);
  for (const line of employees.invalid.first) printProgress(`  skipped ${line}`);
  return followRun(session, plan.id, options);
}
