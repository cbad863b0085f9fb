import type { Command } from 'commander';
import { pathArgument } from '../../arguments.ts';
import { confirm } from '../../confirm.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { printJson, printProgress, printResult } from '../../terminal.ts';

interface FileOptions {
  readonly file: string;
  readonly json?: boolean;
}

interface AddOptions extends FileOptions {
  readonly name: string;
  readonly role: readonly string[];
}

/**
 * `btc-fake workspace add-user|remove-user|plan-names`: who works in the workspace, and what the personal schemas are
 * called.
 */
export function addWorkspacePeople(workspace: Command, done: (code: ExitCode) => void): void {
  const list = (text: string, earlier: readonly string[] = []) => [...earlier, text];
  workspace
    .command('add-user')
    .argument('<email>', 'the address of the account')
    .description('add a person to lakehouse.yaml, with a personal schema whose name never changes')
    .requiredOption('--name <name>', 'the name as it is shown')
    .option('--role <role>', 'a role of the description; may be repeated (default: member)', list)
    .option('--file <file>', 'the description', pathArgument, 'lakehouse.yaml')
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake workspace add-user ada@team.example --name "Ada Example"')
    .action(async (email: string, { name, role = ['member'], file, json }: AddOptions) => {
      const { addPerson } = await import('../../../databricks-tools/workspace/change-people.ts');
      const { key, person, returned } = await addPerson(file, { email, name, roles: role });
      if (json) printJson({ key, ...person, returned });
      else printResult(`Added ${key} with the personal schema ${person.schema}${returned ? ', which was kept' : ''}`);
      printProgress(`Commit ${file}; the next apply of Terraform adds the person.`);
      done(EXIT.ok);
    });
  workspace
    .command('remove-user')
    .argument('<who>', 'the address or the key')
    .description('move a person to those who have left; the personal schema stays, with another owner')
    .option('--yes', 'do not ask')
    .option('--file <file>', 'the description', pathArgument, 'lakehouse.yaml')
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake workspace remove-user ada@team.example')
    .action(async (who: string, { yes, file, json }: FileOptions & { readonly yes?: boolean }) => {
      if (!yes && !(await confirm(`Move ${who} to those who have left?`))) {
        printProgress('Nothing was changed.');
        done(EXIT.error);
        return;
      }
      const { removePerson } = await import('../../../databricks-tools/workspace/change-people.ts');
      const departed = await removePerson(file, who);
      if (json) printJson(departed);
      else printResult(`Moved ${departed.key} to departed; the schema ${departed.schema} stays`);
      done(EXIT.ok);
    });
  workspace
    .command('plan-names')
    .description('list the personal schemas, one for each person')
    .option('--file <file>', 'the description', pathArgument, 'lakehouse.yaml')
    .option('--write <file>', 'write the file that the notebook helper reads, too', pathArgument)
    .option('--json', 'print one JSON list of {email, schema}')
    .addHelpText('after', '\nExample:\n  btc-fake workspace plan-names --write notebooks/workspace_names.json')
    .action(async ({ file, write, json }: FileOptions & { readonly write?: string }) => {
      const { describedWorkspace } = await import('../../../databricks-tools/workspace/described-workspace.ts');
      const { schemaNames } = await import('../../../domain/workspace/people.ts');
      const { workspace: described } = await describedWorkspace(file);
      const names = schemaNames(described);
      if (write !== undefined) {
        const { writeNamesFile } = await import('../../../databricks-tools/workspace/names-file.ts');
        await writeNamesFile(write, described);
        printProgress(`Wrote ${write}`);
      }
      if (json) printJson(names);
      else for (const { email, schema } of names) printResult(`${email}  ${schema}`);
      done(EXIT.ok);
    });
}
