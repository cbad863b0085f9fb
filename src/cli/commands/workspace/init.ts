import { type Command, Option } from 'commander';
import { TARGET_NAMES, type TargetName } from '../../../domain/description/description.ts';
import { pathArgument } from '../../arguments.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { printJson, printProgress, printResult } from '../../terminal.ts';

interface InitOptions {
  readonly file: string;
  readonly peopleCatalog: string;
  readonly adminGroup: string;
  readonly memberGroup: string;
  readonly fromWorkspace?: boolean;
  readonly env?: TargetName;
  readonly importBlocks: string;
  readonly json?: boolean;
}

/** `btc-fake workspace init`: the part `workspace` of the description, in a new file where there is none. */
export function addWorkspaceInit(workspace: Command, done: (code: ExitCode) => void): void {
  workspace
    .command('init')
    .description('add the workspace to lakehouse.yaml, every part explained; writes the file if there is none')
    .option('--people-catalog <name>', 'the catalog with the personal schemas', 'people')
    .option('--admin-group <group>', 'the account group with all rights', 'platform_admins')
    .option('--member-group <group>', 'the account group of everybody else', 'platform_members')
    .option('--from-workspace', 'describe the workspace as its API shows it')
    .addOption(
      new Option('--env <target>', 'with --from-workspace: the target that is read (default: the first)').choices(
        TARGET_NAMES,
      ),
    )
    .option(
      '--import-blocks <file>',
      'with --from-workspace: the import blocks for Terraform',
      pathArgument,
      'imports.tf',
    )
    .option('--file <file>', 'the description', pathArgument, 'lakehouse.yaml')
    .option('--json', 'print one JSON object as the result')
    .addHelpText(
      'after',
      '\nExamples:\n  btc-fake workspace init --people-catalog people_dev\n  btc-fake workspace init --from-workspace --people-catalog people_dev',
    )
    .action(async ({ file, json, fromWorkspace, ...start }: InitOptions) => {
      if (fromWorkspace) await initFromWorkspace(file, start, json);
      else await initFromNothing(file, start, json);
      done(EXIT.ok);
    });
}

type Start = Omit<InitOptions, 'file' | 'fromWorkspace' | 'json'>;

async function initFromNothing(file: string, start: Start, json: boolean | undefined): Promise<void> {
  const { addWorkspace } = await import('../../../databricks-tools/workspace/new-workspace.ts');
  const { loadSettings } = await import('../../../../config/load.ts');
  const { isNewFile } = await addWorkspace(file, start, loadSettings());
  if (json) printJson({ file, isNewFile });
  else printResult(`${isNewFile ? 'Wrote' : 'Added the workspace to'} ${file}`);
  printProgress('Edit it, then: btc-fake workspace add-user EMAIL --name NAME');
}

async function initFromWorkspace(file: string, start: Start, json: boolean | undefined): Promise<void> {
  const { importWorkspace } = await import('../../../databricks-tools/workspace/imported-workspace.ts');
  const { loadSettings } = await import('../../../../config/load.ts');
  const { isNewFile, notices } = await importWorkspace(file, start, loadSettings());
  for (const notice of notices) printProgress(notice);
  if (notices.length > 0) printProgress(`${notices.length} left out; an apply may remove grants among them`);
  if (json) printJson({ file, isNewFile, importBlocks: start.importBlocks, notices });
  else printResult(`${isNewFile ? 'Wrote' : 'Added the workspace to'} ${file}, and wrote ${start.importBlocks}`);
  printProgress('Look through it, then: btc-fake workspace status');
}
