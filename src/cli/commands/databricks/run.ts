import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { pathArgument } from '../../arguments.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { printJson, printProgress, printResult } from '../../terminal.ts';

interface RunOptions {
  readonly asOf?: string;
  readonly seed?: string;
  readonly employees?: string;
  readonly output?: string;
  readonly skipInvalidEmployees?: boolean;
  readonly withoutFailed?: boolean;
  readonly trainingRecords?: string;
  readonly task: string;
  readonly removeEnvironment?: boolean;
  readonly json?: boolean;
}

/** `btc-fake databricks run --local`: the notebook on a Spark of this machine. Needs Python, Java and Maven, no Redis and no workspace. */
export function addDatabricksRun(databricks: Command, done: (code: ExitCode) => void): void {
  databricks
    .command('run')
    .description('simulate a week with the notebook, on a Spark of this machine; sets it up on first use')
    .requiredOption('--local', 'on this machine')
    .option('--as-of <iso>', 'the instant that the run simulates (default: now)')
    .option('--seed <text>', 'where all chance comes from (default: the run id)', '')
    .option('--employees <file>', 'the employees file (default: EMPLOYEES_FILE)', pathArgument)
    .option('--output <dir>', 'the folder for the files (default: OUTPUT_DIR)', pathArgument)
    .option('--skip-invalid-employees', 'leave out the rows of the employees file that are wrong')
    .option('--without-failed', 'write the files without employees whose call failed for good')
    .option(
      '--training-records <dir>',
      'content_assignments and content_completion as CSV or Parquet (default: the SQL warehouse)',
      pathArgument,
    )
    .addOption(new Option('--task <name>', 'the task of the job').default('simulation'))
    .option('--remove-environment', 'remove what was set up, and do nothing else')
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake databricks run --local --seed monday --as-of 2025-10-28T11:00:00Z')
    .action(async (options: RunOptions) => {
      if (options.removeEnvironment) await removeLocalSpark();
      else await run(options);
      done(EXIT.ok);
    });
}

async function removeLocalSpark(): Promise<void> {
  const { environmentFolder, removeEnvironment } = await import('../../../databricks-tools/local/environment.ts');
  printResult(removeEnvironment() ? `Removed ${environmentFolder()}` : `There is no ${environmentFolder()}`);
}

async function run({ task, asOf, employees, output, json, ...choice }: RunOptions): Promise<void> {
  const { asOfInstant } = await import('../../../domain/run/as-of.ts');
  const { notebookOf } = await import('../../../databricks-tools/local/tasks.ts');
  const { runNatively } = await import('../../../databricks-tools/local/native-run.ts');
  const { openCommandContext } = await import('../../session.ts');
  const { withStopSignal } = await import('../../stop-signal.ts');
  const { settings, logger } = openCommandContext({ overrides: { EMPLOYEES_FILE: employees, OUTPUT_DIR: output } });
  const notebook = notebookOf(task);
  const report = await withStopSignal((stop) =>
    runNatively(
      settings,
      {
        notebook,
        seed: choice.seed ?? '',
        asOf: asOf === undefined ? Date.now() : asOfInstant(asOf, settings.run.timeZone),
        skipInvalidEmployees: choice.skipInvalidEmployees === true,
        withoutFailed: choice.withoutFailed === true,
        ...(choice.trainingRecords === undefined ? {} : { trainingRecords: choice.trainingRecords }),
      },
      { logger, say: printProgress, stop, verbose: settings.log.level === 'debug' },
    ),
  );
  if (json) {
    printJson(report);
    return;
  }
  for (const notice of report.notices) printProgress(`  ${notice}`);
  for (const name of report.files) printResult(join(settings.files.outputDir, name));
  printProgress(`The drop and the ground truth are in ${report.drop}`);
}
