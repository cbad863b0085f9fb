import type { Command } from 'commander';
import { pathArgument } from '../../arguments.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { printJson, printResult } from '../../terminal.ts';

interface AccessOptions {
  readonly file: string;
  readonly json?: boolean;
}

/** `btc-fake workspace access`: what a person may do, and why. */
export function addWorkspaceAccess(workspace: Command, done: (code: ExitCode) => void): void {
  workspace
    .command('access')
    .argument('<who>', 'the address or the key of a person')
    .argument('[object]', 'a catalog, or catalog.schema (default: all)')
    .description('show what a person may do according to lakehouse.yaml, and why')
    .option('--file <file>', 'the description', pathArgument, 'lakehouse.yaml')
    .option('--json', 'print one JSON list of {object, privilege, why}')
    .addHelpText('after', '\nExample:\n  btc-fake workspace access ada@team.example people.ada')
    .action(async (who: string, object: string | undefined, { file, json }: AccessOptions) => {
      const { describedAccess } = await import('../../../databricks-tools/workspace/described-access.ts');
      const rights = await describedAccess(file, who, object);
      if (json) printJson(rights);
      else if (rights.length === 0) printResult(`${who} may do nothing${object === undefined ? '' : ` on ${object}`}`);
      else for (const { object: name, privilege, why } of rights) printResult(`${name}  ${privilege}  (${why})`);
      done(EXIT.ok);
    });
}
