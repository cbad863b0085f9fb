import type { Command } from 'commander';
import { pathArgument } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printProgress, printResult } from '../terminal.ts';

/** `btc-fake lakehouse init|check`: the description of the Databricks side. Needs no Redis. */
export function lakehouseCommand(program: Command, done: (code: ExitCode) => void): void {
  const lakehouse = program
    .command('lakehouse')
    .description('the description of the Databricks side, lakehouse.yaml: write a new one, or check it');
  lakehouse
    .command('init')
    .description('write lakehouse.yaml with every setting explained, and copy the settings that you have')
    .option('--file <file>', 'another file', pathArgument, 'lakehouse.yaml')
    .addHelpText('after', '\nExample:\n  btc-fake lakehouse init')
    .action(async ({ file }: { file: string }) => {
      await init(file);
      done(EXIT.ok);
    });
  lakehouse
    .command('check')
    .description('check lakehouse.yaml; every command does so before it uses the file')
    .option('--file <file>', 'another file', pathArgument, 'lakehouse.yaml')
    .addHelpText('after', '\nExample:\n  btc-fake lakehouse check')
    .action(async ({ file }: { file: string }) => {
      await check(file);
      done(EXIT.ok);
    });
}

async function init(file: string): Promise<void> {
  const { loadSettings } = await import('../../../config/load.ts');
  const { newDescription } = await import('../../databricks-tools/new-description.ts');
  const { writeLakehouseFile } = await import('../../adapters/disk/lakehouse-file.ts');
  await writeLakehouseFile(newDescription(loadSettings()), file);
  printResult(`Wrote ${file}`);
  printProgress('Edit it, then: btc-fake databricks export');
}

async function check(file: string): Promise<void> {
  const { readLakehouseFile } = await import('../../adapters/disk/lakehouse-file.ts');
  const { scheduleNotes } = await import('../../databricks-tools/schedule-notes.ts');
  const description = await readLakehouseFile(file);
  const { differences, warnings } = scheduleNotes(description, Date.now());
  for (const note of [...differences, ...warnings]) printProgress(note);
  printResult(`${file} is right: ${description.targets.map(({ name }) => name).join(', ')}`);
}
