import { type Command, Option } from 'commander';
import type { Target, TargetName } from '../../../domain/description/description.ts';
import { pathArgument } from '../../arguments.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { printJson, printProgress, printResult } from '../../terminal.ts';

interface ExportOptions {
  readonly out: string;
  readonly env?: TargetName;
  readonly format: 'py' | 'ipynb';
  readonly wheel?: boolean;
  readonly diff?: boolean;
  readonly force?: boolean;
  readonly file: string;
  readonly json?: boolean;
}

/**
 * `btc-fake databricks export`: everything that a workspace needs for the native job, as files. Needs no Redis and no
 * workspace.
 */
export function addDatabricksExport(databricks: Command, done: (code: ExitCode) => void): void {
  databricks
    .command('export')
    .description('write notebooks, modules, workflow.json, databricks.yml and a README that says how to deploy them')
    .option('--out <folder>', 'where to write them', pathArgument, 'databricks_export')
    .addOption(
      new Option('--env <target>', 'the target of workflow.json (default: the first in lakehouse.yaml)').choices([
        'dev',
        'qa',
        'prod',
      ]),
    )
    .addOption(new Option('--format <format>', 'of the notebooks').choices(['py', 'ipynb']).default('py'))
    .option('--wheel', 'the modules as a wheel that the job installs from the volume')
    .option('--diff', 'write nothing; show what would change')
    .option('--force', 'overwrite files that were edited after the last export')
    .option('--file <file>', 'the description', pathArgument, 'lakehouse.yaml')
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake databricks export --env prod --diff')
    .action(async (options: ExportOptions) => {
      await exportJob(options);
      done(EXIT.ok);
    });
}

async function exportJob(options: ExportOptions): Promise<void> {
  const { out, format, wheel = false, diff, force = false, json } = options;
  const { describedTarget } = await import('../../../databricks-tools/described-target.ts');
  const { exportedFiles } = await import('../../../databricks-tools/export/exported-files.ts');
  const { diffText, planExport, writeExport } = await import('../../../databricks-tools/export/export-folder.ts');
  const { description, target } = await describedTarget(options.file, options.env);
  const plan = await planExport(out, await exportedFiles({ description, target, format, asWheel: wheel }));
  const changes = plan.changes.map(({ path, kind, edited }) => ({ path, kind, edited }));
  if (diff) {
    if (json) printJson({ folder: out, target: target.name, changes, diff: diffText(plan) });
    else if (changes.length === 0) printResult(`${out} is up to date`);
    else process.stdout.write(diffText(plan));
    return;
  }
  await writeExport(plan, force);
  await printNotes(out, target);
  if (json) printJson({ folder: out, target: target.name, changes });
  else printOutcome(out, changes, plan.earlierVersion);
}

async function printNotes(out: string, target: Target): Promise<void> {
  const { isIgnoredByGit } = await import('../../../databricks-tools/export/git-ignored.ts');
  const { scheduleNotes } = await import('../../../databricks-tools/schedule-notes.ts');
  const { differences, warnings } = scheduleNotes({ targets: [target] }, Date.now());
  for (const note of [...differences, ...warnings]) printProgress(note);
  if (await isIgnoredByGit(out))
    printProgress(`Warning: git ignores ${out}; a bundle copies no ignored files to the workspace`);
}

function printOutcome(
  out: string,
  changes: readonly { readonly path: string; readonly kind: string }[],
  earlierVersion: string | undefined,
): void {
  for (const { path, kind } of changes) printResult(`${kind.padEnd(7)}  ${out}/${path}`);
  const last = earlierVersion === undefined ? '' : ` (the last export was made by ${earlierVersion})`;
  printResult(
    changes.length === 0
      ? `${out} is up to date${last}`
      : `Wrote ${out}${last}; ${out}/README.md says how to deploy it`,
  );
}
