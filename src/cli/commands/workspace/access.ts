import { type Command, Option } from 'commander';
import { TARGET_NAMES, type TargetName } from '../../../domain/description/description.ts';
import { pathArgument } from '../../arguments.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { printJson, printResult } from '../../terminal.ts';

interface AccessOptions {
  readonly file: string;
  readonly live?: boolean;
  readonly env?: TargetName;
  readonly json?: boolean;
}

/** `btc-fake workspace access`: what a person may do, and why. */
export function addWorkspaceAccess(workspace: Command, done: (code: ExitCode) => void): void {
  workspace
    .command('access')
    .argument('<who>', 'the address or the key of a person')
    .argument('[object]', 'a catalog, or catalog.schema (default: all)')
    .description('show what a person may do according to lakehouse.yaml, or to the workspace, and why')
    .option('--file <file>', 'the description', pathArgument, 'lakehouse.yaml')
    .option('--live', 'ask the workspace instead')
    .addOption(
      new Option('--env <target>', 'with --live: the target that is asked (default: the first)').choices(TARGET_NAMES),
    )
    .option('--json', 'print one JSON list of {object, privilege, why}')
    .addHelpText('after', '\nExample:\n  btc-fake workspace access ada@team.example people.ada --live')
    .action(async (who: string, object: string | undefined, { file, live, env, json }: AccessOptions) => {
      const rights = live ? await askLive(file, env, who, object) : await askFile(file, who, object);
      if (json) printJson(rights);
      else if (rights.length === 0) printResult(`${who} may do nothing${object === undefined ? '' : ` on ${object}`}`);
      else for (const { object: name, privilege, why } of rights) printResult(`${name}  ${privilege}  (${why})`);
      done(EXIT.ok);
    });
}

async function askFile(file: string, who: string, object: string | undefined) {
  const { describedAccess } = await import('../../../databricks-tools/workspace/described-access.ts');
  return await describedAccess(file, who, object);
}

async function askLive(file: string, env: TargetName | undefined, who: string, object: string | undefined) {
  const { liveAccess } = await import('../../../databricks-tools/workspace/live-access.ts');
  return await liveAccess(file, env, who, object);
}
