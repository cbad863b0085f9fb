import type { Command } from 'commander';
import { printable } from '../../../domain/quoted-value.ts';
import { plural } from '../../../domain/wording.ts';
import { pathArgument } from '../../arguments.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { printJson, printProgress, printResult } from '../../terminal.ts';

/** `btc-fake databricks validate-findings`: checks edited findings. Needs no Redis and no workspace. */
export function addDatabricksValidateFindings(databricks: Command, done: (code: ExitCode) => void): void {
  databricks
    .command('validate-findings')
    .description('check findings that were edited: names, columns, types, recommendations and their order')
    .argument('[file]', 'multi_dataset_findings.yaml, or the findings of one dataset', pathArgument, DEFAULT_FILE)
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', `\nExample:\n  btc-fake databricks validate-findings ${DEFAULT_FILE}`)
    .action(async (file: string, { json }: { json?: boolean }) => {
      const { loadAnyFindings } = await import('../../../databricks-tools/findings/multi-dataset-findings.ts');
      const { datasets, recommendations, notices } = await loadAnyFindings(file);
      for (const notice of notices) printProgress(printable(notice));
      if (json) printJson({ file, datasets, recommendations, notices });
      else
        printResult(
          `${file} is right: ${plural(datasets.length, 'dataset')} (${printable(datasets.join(', '))}), ${plural(recommendations, 'recommendation')}`,
        );
      done(EXIT.ok);
    });
}

const DEFAULT_FILE = 'findings/multi_dataset_findings.yaml';
