import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { TARGET_NAMES, type TargetName } from '../../../domain/description/description.ts';
import { BtcFakeError } from '../../../domain/errors.ts';
import { printable } from '../../../domain/quoted-value.ts';
import { pathArgument } from '../../arguments.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { reportError } from '../../report-error.ts';
import { printJson, printProgress, printResult } from '../../terminal.ts';

interface RunOptions {
  readonly local?: boolean;
  readonly env?: TargetName;
  readonly file?: string;
  readonly asOf?: string;
  readonly seed?: string;
  readonly employees?: string;
  readonly output?: string;
  readonly skipInvalidEmployees?: boolean;
  readonly withoutFailed?: boolean;
  readonly trainingRecords?: string;
  readonly recommendations?: string;
  readonly task?: string;
  readonly removeEnvironment?: boolean;
  readonly json?: boolean;
}

const LOCAL_TASK = 'simulation';

/**
 * `btc-fake databricks run`: the deployed job, or with `--local` the notebook on a Spark of this machine (needs Python,
 * Java and Maven, and no workspace). Needs no Redis.
 */
export function addDatabricksRun(databricks: Command, done: (code: ExitCode) => void): void {
  databricks
    .command('run')
    .description('start the deployed job and follow it; with --local, run the notebook on a Spark of this machine')
    .option('--local', 'on this machine, without a workspace; sets up Python and Spark on first use')
    .addOption(
      new Option('--env <target>', 'the target whose job is started (default: the first in lakehouse.yaml)').choices(
        TARGET_NAMES,
      ),
    )
    .option('--file <file>', 'the description (default: lakehouse.yaml)', pathArgument)
    .option('--as-of <iso>', 'the instant that the run simulates (default: now)')
    .option('--seed <text>', 'seed of all random choices (default: the run id)')
    .option('--employees <file>', 'the employees file; without --local a path in the volume', pathArgument)
    .option('--output <dir>', 'the folder for the files; without --local the root of the drops', pathArgument)
    .option('--skip-invalid-employees', 'leave out invalid rows of the employees file')
    .option('--without-failed', 'write the files without employees whose call failed for good')
    .option(
      '--training-records <dir>',
      'with --local: content_assignments and content_completion as CSV or Parquet (default: the SQL warehouse)',
      pathArgument,
    )
    .option(
      '--recommendations <path>',
      'answers instead of calls: Parquet, without --local also a table; employee_id with recommendations, or with rank and content_id',
      pathArgument,
    )
    .option('--task <name>', 'one task of the job alone (with --local, default: simulation)')
    .option('--remove-environment', 'with --local: remove what was set up, and do nothing else')
    .option('--json', 'print one JSON object as the result')
    .addHelpText(
      'after',
      '\nExamples:\n  btc-fake databricks run --env dev\n  btc-fake databricks run --local --seed monday --as-of 2025-10-28T11:00:00Z',
    )
    .action(async (options: RunOptions) => {
      if (options.local && options.removeEnvironment) await removeLocalSpark();
      else done(await exitOf(options.local ? runLocally(options) : runDeployedJob(options)));
    });
}

/** Exit code 2 when employees failed, as for `run`. */
async function exitOf(work: Promise<void>): Promise<ExitCode> {
  try {
    await work;
    return EXIT.ok;
  } catch (error) {
    const code = reportError(error);
    return error instanceof BtcFakeError && error.code === 'RUN_INCOMPLETE' ? EXIT.failedEmployees : code;
  }
}

async function runDeployedJob({
  env,
  file = 'lakehouse.yaml',
  trainingRecords,
  removeEnvironment,
  local: _,
  json,
  ...choice
}: RunOptions): Promise<void> {
  if (trainingRecords !== undefined || removeEnvironment) {
    const option = removeEnvironment ? '--remove-environment' : '--training-records';
    throw new BtcFakeError('USAGE', `${option} is only possible with --local`);
  }
  const { runDeployed } = await import('../../../databricks-tools/remote/deployed-run.ts');
  const { withStopSignal } = await import('../../stop-signal.ts');
  const { openCommandContext } = await import('../../session.ts');
  openCommandContext();
  const report = await withStopSignal((stop) =>
    runDeployed({ ...choice, file, target: env }, { say: printProgress, stop }),
  );
  if (json) printJson(report);
  else for (const line of resultLines(report.results)) printResult(line);
}

/** The drop of a simulation, and what any other notebook ended with. */
function resultLines(results: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(results).map(([task, value]) => {
    const { drop } = (typeof value === 'object' && value !== null ? value : {}) as { drop?: unknown };
    return typeof drop === 'string' ? printable(drop) : `${task}: ${printable(JSON.stringify(value))}`;
  });
}

async function removeLocalSpark(): Promise<void> {
  const { environmentFolder, removeEnvironment } = await import('../../../databricks-tools/local/environment.ts');
  printResult(removeEnvironment() ? `Removed ${environmentFolder()}` : `There is no ${environmentFolder()}`);
}

async function runLocally({ env, file, ...options }: RunOptions): Promise<void> {
  if (env !== undefined || file !== undefined) {
    throw new BtcFakeError(
      'USAGE',
      `${env === undefined ? '--file' : '--env'} names a deployed job, and --local runs none`,
    );
  }
  await runOnThisMachine(options);
}

async function runOnThisMachine({
  task = LOCAL_TASK,
  asOf,
  employees,
  output,
  json,
  ...choice
}: RunOptions): Promise<void> {
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
        ...(choice.recommendations === undefined ? {} : { recommendations: choice.recommendations }),
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
