import type { Command } from 'commander';
import { pathArgument } from '../../arguments.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { printJson, printProgress, printResult } from '../../terminal.ts';

interface InitOptions {
  readonly file: string;
  readonly peopleCatalog: string;
  readonly adminGroup: string;
  readonly memberGroup: string;
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
    .option('--file <file>', 'the description', pathArgument, 'lakehouse.yaml')
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake workspace init --people-catalog people_dev')
    .action(async ({ file, json, ...start }: InitOptions) => {
      const { addWorkspace } = await import('../../../databricks-tools/workspace/new-workspace.ts');
      const { loadSettings } = await import('../../../../config/load.ts');
      const { isNewFile } = await addWorkspace(file, start, loadSettings());
      if (json) printJson({ file, isNewFile });
      else printResult(`${isNewFile ? 'Wrote' : 'Added the workspace to'} ${file}`);
      printProgress('Edit it, then: btc-fake workspace add-user EMAIL --name NAME');
      done(EXIT.ok);
    });
}
