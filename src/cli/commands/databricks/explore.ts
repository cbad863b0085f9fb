import { type Command, InvalidArgumentError } from 'commander';
import type { DatabricksSettings } from '../../../../config/databricks.ts';
import { printable } from '../../../domain/quoted-value.ts';
import { plural } from '../../../domain/wording.ts';
import { pathArgument } from '../../arguments.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { withStepLine } from '../../step-line.ts';
import { printJson, printProgress, printResult } from '../../terminal.ts';

interface ExploreArguments {
  readonly label?: string;
  readonly out: string;
  readonly exact?: boolean;
  readonly sample?: number;
  readonly values: boolean;
  readonly json?: boolean;
}

/** `btc-fake databricks explore`: looks at datasets and writes findings. Needs no Redis and no workspace. */
export function addDatabricksExplore(databricks: Command, done: (code: ExitCode) => void): void {
  databricks
    .command('explore')
    .description(
      'look at datasets of any kind and write findings: types, keys, quality, relationships, recommendations',
    )
    .argument(
      '<source...>',
      'CSV, Parquet, JSON lines or SQLite files (FILE#TABLE), Delta folders, or databricks:CATALOG.SCHEMA.TABLE',
    )
    .option('--label <column>', 'the column to predict: what alone tells it is reported')
    .option('--out <folder>', 'where to write findings and report', pathArgument, 'findings')
    .option('--exact', 'exact distinct counts of every column (keys are always checked exactly)')
    .option('--sample <rows>', 'look at so many rows of each dataset; the findings say so', rowsArgument)
    .option('--no-values', 'keep every value of the data out of findings and report')
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake databricks explore customers.csv orders.parquet --label churned')
    .action(async (sources: string[], options: ExploreArguments) => {
      await exploreSources(sources, options);
      done(EXIT.ok);
    });
}

async function exploreSources(sources: readonly string[], options: ExploreArguments): Promise<void> {
  const { explore } = await import('../../../databricks-tools/explore/explore.ts');
  const { label, out, exact, sample, values, json } = options;
  const choice = {
    ...(label === undefined ? {} : { label }),
    ...(exact ? { exact } : {}),
    ...(sample === undefined ? {} : { sample }),
    keepValues: values,
  };
  const warehouse = sources.some((source) => source.startsWith('databricks:')) ? await configuredWarehouse() : {};
  const report = await withStepLine((line) =>
    explore(
      sources,
      out,
      { ...choice, ...warehouse },
      (what) => line.step(printable(what)),
      (percent) => line.tick(percent),
    ),
  );
  for (const notice of report.notices) printProgress(printable(`Note: ${notice}`));
  if (json) {
    const datasets = report.datasets.map(({ name, row_count: rows, overall_quality_score: quality }) => ({
      name,
      rows,
      quality,
    }));
    printJson({
      datasets,
      relationships: report.multi.relationships.length,
      files: report.files,
      notices: report.notices,
    });
    return;
  }
  for (const one of report.datasets) {
    const leaks = one.leakage_suspects.map(({ column }) => column);
    printProgress(
      printable(
        `${one.name}: ${plural(one.row_count, 'row')}, ${plural(one.column_count, 'column')}, quality ${one.overall_quality_score}, ${plural(one.recommendations.length, 'recommendation')}${leaks.length > 0 ? `; leakage suspects: ${leaks.join(', ')}` : ''}`,
      ),
    );
  }
  for (const file of report.files) printResult(file);
}

/** The warehouse of the settings, if there is one. */
async function configuredWarehouse(): Promise<{ readonly warehouse?: DatabricksSettings }> {
  const { loadSettings } = await import('../../../../config/load.ts');
  const { databricks } = loadSettings().settings;
  return databricks === undefined ? {} : { warehouse: databricks };
}

function rowsArgument(text: string): number {
  if (!/^[1-9]\d{0,11}$/.test(text)) throw new InvalidArgumentError('It is not a number of rows from 1.');
  return Number(text);
}
