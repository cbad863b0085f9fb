import { type Command, Option } from 'commander';
import { TARGET_NAMES, type TargetName } from '../../../domain/description/description.ts';
import { pathArgument } from '../../arguments.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { printJson, printProgress, printResult } from '../../terminal.ts';

interface StatusOptions {
  readonly file: string;
  readonly env?: TargetName;
  readonly state?: string;
  readonly json?: boolean;
}

/** `btc-fake workspace status`: where description, Terraform's state and workspace differ. Exit code 1 when they do. */
export function addWorkspaceStatus(workspace: Command, done: (code: ExitCode) => void): void {
  workspace
    .command('status')
    .description('compare lakehouse.yaml with the workspace, and with the state of Terraform')
    .option('--file <file>', 'the description', pathArgument, 'lakehouse.yaml')
    .addOption(
      new Option('--env <target>', 'the target whose workspace is read (default: the first)').choices(TARGET_NAMES),
    )
    .option('--state <file>', 'output of terraform show -json, or of terraform state pull', pathArgument)
    .option('--json', 'print one JSON object: {drift, compared, vanished}')
    .addHelpText('after', '\nExample:\n  btc-fake workspace status --env dev --state state.json')
    .action(async ({ file, env, state, json }: StatusOptions) => {
      const { workspaceStatus } = await import('../../../databricks-tools/workspace/workspace-status.ts');
      const status = await workspaceStatus(file, env, state);
      for (const name of status.vanished) printProgress(`${name} went away while the workspace was read`);
      if (json) printJson(status);
      else {
        for (const { kind, where, object, what } of status.drift) printResult(`${kind}  ${where}  ${object}: ${what}`);
        const { people, groups, objects } = status.compared;
        const compared = `compared ${people} people, ${groups} groups, ${objects} catalogs and schemas`;
        printProgress(
          status.drift.length === 0 ? `No drift; ${compared}` : `${status.drift.length} differ; ${compared}`,
        );
      }
      done(status.drift.length === 0 ? EXIT.ok : EXIT.error);
    });
}
