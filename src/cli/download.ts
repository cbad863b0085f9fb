import { TZDate } from '@date-fns/tz';
import type { Command } from 'commander';
import { subDays } from 'date-fns';
import { localDate } from '../domain/business-week.ts';
import type { CatalogFile } from '../domain/catalog-file-name.ts';
import { BtcFakeError } from '../domain/errors.ts';
import { downloadCatalogFile, listRemoteCatalogFiles, withInboundSftp } from '../workers/catalog-download.ts';
import { wholeNumberArgument } from './arguments.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { openBasics } from './session.ts';
import { count, plural, printJson, printProgress, printResult, table } from './terminal.ts';

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
      const files = await download(days);
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

async function download(days: number): Promise<(CatalogFile & { fetched: boolean })[]> {
  const { settings, logger } = openBasics();
  const server = settings.sftpInbound;
  if (!server) {
    throw new BtcFakeError('CONFIG_INVALID', 'SFTP_INBOUND_HOST and its credentials are not set', {
      remedy: 'Set the SFTP_INBOUND_ variables; docs/configuration.md explains them.',
    });
  }
  const { timeZone } = settings.run;
  const now = Date.now();
  const first = localDate(subDays(new TZDate(now, timeZone), days).getTime(), timeZone);
  const today = localDate(now, timeZone);
  return withInboundSftp(server, logger, async (session) => {
    const remote = await listRemoteCatalogFiles(session, server.remotePath);
    const wanted = remote.filter(({ date }) => date >= first && date <= today);
    const files = [];
    for (const file of wanted.sort((a, b) => (a.date + a.name < b.date + b.name ? -1 : 1))) {
      const { fetched } = await downloadCatalogFile(session, server, file, FOLDER, logger);
      files.push({ ...file, fetched });
    }
    return files;
  });
}
