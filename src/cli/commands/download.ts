import type { Command } from 'commander';
import { count, plural } from '../../domain/wording.ts';
import { wholeNumberArgument } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printProgress, printResult, table } from '../terminal.ts';

const FOLDER = 'temp_files';
const MAX_DAYS = 36_500;

/** `btc-fake download`: the vendor's catalog files of the last days, to look at. */
export function downloadCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('download')
    .description(`fetch all catalog files of the last DAYS days into ${FOLDER}/ (default 0: today's only)`)
    .argument('[days]', 'how many days back', wholeNumberArgument(0, MAX_DAYS), 0)
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake download 7')
    .action(async (days: number, { json }: { json?: boolean }) => {
      const { downloadLastDays } = await import('../download-last-days.ts');
      const files = await downloadLastDays(days, FOLDER);
      if (files === undefined) {
        printProgress('Interrupted. Files that were not whole are not kept.');
        return done(EXIT.error);
      }
      if (json) printJson({ folder: FOLDER, files });
      else if (files.length === 0)
        printProgress(`The vendor has no catalog file of ${days === 0 ? 'today' : `the last ${plural(days, 'day')}`}`);
      else {
        const rows = files.map(({ kind, date, name, bytes, fetched }) => [
          kind,
          date,
          name,
          bytes,
          fetched ? 'fetched' : 'already here',
        ]);
        for (const line of table(['KIND', 'DATE', 'FILE', 'BYTES', ''], rows)) printResult(line);
        printResult(
          `${plural(files.length, 'file')}, ${count(files.reduce((sum, { bytes }) => sum + bytes, 0))} bytes, in ${FOLDER}/`,
        );
      }
      done(EXIT.ok);
    });
}
