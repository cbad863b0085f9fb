import { type Command, Option } from 'commander';
import type { CheckedFile } from '../../adapters/check/file.ts';
import type { FileProblem } from '../../adapters/check/problem.ts';
import { count, plural } from '../../domain/wording.ts';
import { wholeNumberArgument } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printResult } from '../terminal.ts';

const SHOWN_PROBLEMS = 20;
const MAX_LIMIT = 1_000_000;

interface CheckOptions {
  readonly limit: number;
  readonly all?: boolean;
  readonly json?: boolean;
}

/**
 * `btc-fake check`: checks files against the feed contract. Needs no Redis. Of the settings it uses those that say how
 * a run reads dates.
 */
export function checkCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('check')
    .description(
      'check feed files against the contract: ContentUserCompletion, Non_Completed_Assignments, CourseCatalog, StandAloneContent, employees',
    )
    .argument(
      '<file...>',
      'the files; both feeds of one run are also compared with each other, and with the manifest beside them',
    )
    .option('--limit <n>', 'show this many problems of each file', wholeNumberArgument(1, MAX_LIMIT), SHOWN_PROBLEMS)
    .addOption(new Option('--all', 'show all problems').conflicts('limit'))
    .option('--json', 'print one JSON array as the result')
    .addHelpText('after', '\nExample:\n  btc-fake check generated_files/*')
    .action(async (files: string[], options: CheckOptions) => done(await check(files, options)));
}

async function check(files: readonly string[], { limit, all, json }: CheckOptions): Promise<ExitCode> {
  const { checkFiles } = await import('../../adapters/check/file.ts');
  const { loadSettings } = await import('../../../config/load.ts');
  const { settings } = loadSettings();
  const dates = { timeZone: settings.run.timeZone, dateFormats: settings.files.catalogDateFormats };
  const most = all ? Number.POSITIVE_INFINITY : limit;
  const results: (CheckedFile & { first: readonly FileProblem[] })[] = [];
  let shown = 0;
  let first: FileProblem[] = [];
  let errors = 0;
  const onProblem = (file: string, { line, problem }: FileProblem): void => {
    if (shown >= most) return;
    shown += 1;
    if (json) first.push({ line, problem });
    else printResult(`${line === null ? file : `${file}:${line}`}: ${problem}`);
  };
  for await (const checked of checkFiles(files, dates, onProblem)) {
    if (json) results.push({ ...checked, first });
    else printOutcome(checked, shown);
    errors += checked.errors;
    shown = 0;
    first = [];
  }
  if (json) printJson(results);
  return errors > 0 ? EXIT.error : EXIT.ok;
}

function printOutcome(outcome: CheckedFile, shown: number): void {
  const { file, kind, checked, rows, errors } = outcome;
  if (!checked && errors === 0) printResult(`${file}: not checked; ${whyNotChecked(outcome)}`);
  else if (errors === 0) printResult(`${file}: ${whatIsRight(outcome)} (${kind})`);
  else if (checked) {
    const hidden =
      errors > shown ? `; the first ${shown === 1 ? 'is' : `${count(shown)} are`} shown (--all shows every one)` : '';
    printResult(
      `${file}: ${plural(errors, 'problem')} in ${plural(rows, kind === 'manifest' ? 'file' : 'row')} (${kind})${hidden}`,
    );
  }
}

function whyNotChecked({ kind }: CheckedFile): string {
  return kind === 'summary'
    ? 'its manifest is not beside it'
    : `a ${kind} file is a placeholder, a copy of your template, and the contract has no rules for its rows`;
}

function whatIsRight({ kind, rows, manifest }: CheckedFile): string {
  if (kind === 'manifest')
    return `${plural(rows, 'file')} ${rows === 1 ? 'is' : 'are'} there, as the run wrote ${rows === 1 ? 'it' : 'them'}`;
  if (kind === 'summary' || kind === 'UserCompletion') return 'it is as the run wrote it';
  const right = `${plural(rows, 'row')} ${rows === 1 ? 'is' : 'are'} right`;
  return manifest === null ? right : `${right}, as the run wrote ${rows === 1 ? 'it' : 'them'}`;
}
