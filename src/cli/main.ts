#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../adapters/disk/package-root.ts';
import { cancelCommand } from './commands/cancel.ts';
import { checkCommand } from './commands/check.ts';
import { dashboardCommand } from './commands/dashboard.ts';
import { databricksCommand } from './commands/databricks/command.ts';
import { deleteCommand } from './commands/delete.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { downloadCommand } from './commands/download.ts';
import { explainCommand } from './commands/explain.ts';
import { finishCommand } from './commands/finish.ts';
import { lakehouseCommand } from './commands/lakehouse.ts';
import { landCommand } from './commands/land.ts';
import { resumeCommand } from './commands/resume.ts';
import { retryCommand } from './commands/retry.ts';
import { runCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { sandboxCommand } from './commands/sandbox.ts';
import { scheduleCommand } from './commands/schedule.ts';
import { statusCommand } from './commands/status.ts';
import { workerCommand } from './commands/worker.ts';
import { workspaceCommand } from './commands/workspace/command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { reportError } from './report-error.ts';
import { outliveReaders } from './terminal.ts';

const COMMANDS = [
  runCommand,
  resumeCommand,
  workerCommand,
  dashboardCommand,
  scheduleCommand,
  runsCommand,
  statusCommand,
  explainCommand,
  retryCommand,
  finishCommand,
  landCommand,
  cancelCommand,
  deleteCommand,
  downloadCommand,
  checkCommand,
  doctorCommand,
  demoCommand,
  sandboxCommand,
  lakehouseCommand,
  databricksCommand,
  workspaceCommand,
];

const EXIT_LIMIT_MS = 3_000;

/**
 * The heap is cleared when it has grown by half, not to four times of what is alive: a third less memory at the same
 * speed (docs/performance.md).
 */
const EARLY_GARBAGE_COLLECTION = '--heap-growing-percent=50';

/** Runs one command line. @returns what the process tells the shell; never throws. */
async function main(argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = new Command('btc-fake')
    .description(
      "makes the learning-management vendor's CSV files: simulated employees, assigned, recommended and completed training",
    )
    .version(packageVersion())
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, 'btc-fake:')) })
    .showHelpAfterError('(add --help to see what there is)')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText(
      'after',
      '\nExamples:\n  btc-fake demo\n  btc-fake run --seed monday\n\nExit codes: 0 all is well, 1 an error, 2 employees failed, 64 wrong usage',
    )
    .exitOverride();
  for (const command of COMMANDS) command(program, (result) => (code = result));
  try {
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportError(error);
  }
}

setFlagsFromString(EARLY_GARBAGE_COLLECTION);
outliveReaders();
const code = await main(process.argv);
// It is set already when results could not be written.
process.exitCode ||= code;
// A job that would not stop may still hold a socket or a file; that must not keep the process.
setTimeout(() => process.exit(), EXIT_LIMIT_MS).unref();
