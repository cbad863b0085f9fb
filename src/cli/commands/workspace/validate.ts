import type { Command } from 'commander';
import { plural } from '../../../domain/wording.ts';
import { pathArgument } from '../../arguments.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { printJson, printResult } from '../../terminal.ts';

interface ValidateOptions {
  readonly file: string;
  readonly json?: boolean;
}

/** `btc-fake workspace validate`: structure, names, people, notebooks and grants of the description. */
export function addWorkspaceValidate(workspace: Command, done: (code: ExitCode) => void): void {
  workspace
    .command('validate')
    .description('check the workspace in lakehouse.yaml: structure, names, people, notebooks, grants')
    .option('--file <file>', 'the description', pathArgument, 'lakehouse.yaml')
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake workspace validate')
    .action(async ({ file, json }: ValidateOptions) => {
      const { validWorkspace } = await import('../../../databricks-tools/workspace/valid-workspace.ts');
      const { people, departed, shared_catalogs, notebooks } = await validWorkspace(file);
      const counts = {
        people: Object.keys(people).length,
        departed: Object.keys(departed).length,
        catalogs: Object.keys(shared_catalogs).length + 1,
        notebooks: Object.keys(notebooks).length,
      };
      if (json) printJson({ file, ...counts });
      else {
        const nobody = counts.people === 1 ? 'person' : 'people';
        printResult(
          `${file} is right: ${counts.people} ${nobody}, ${plural(counts.catalogs, 'catalog')}, ${plural(counts.notebooks, 'notebook')}`,
        );
      }
      done(EXIT.ok);
    });
}
