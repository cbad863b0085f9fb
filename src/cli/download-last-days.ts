import type { SftpSession } from '../adapters/sftp/session.ts';
import { assertNotTooLarge, catalogListing } from '../domain/catalog/choice.ts';
import type { CatalogFile } from '../domain/catalog/file-name.ts';
import { BtcFakeError } from '../domain/errors.ts';
import { localDate } from '../domain/simulation/business-week.ts';
import { downloadCatalogFile, withInboundSftp } from '../queries/newest-catalogs.ts';
import { openCommandContext } from './session.ts';
import { withStopSignal } from './stop-signal.ts';

const DAY_MS = 86_400_000;

/** A catalog file that is in the folder now. */
export interface DownloadedCatalog extends CatalogFile {
  /** False: it was there already. */
  readonly fetched: boolean;
}

/**
 * Fetches the catalog files whose names have the dates of the last `days` days, and today's, into a folder. The
 * business time zone decides what today is.
 * @returns undefined when the process was told to stop before; nothing half-downloaded is left then.
 * @throws BtcFakeError CONFIG_INVALID, CATALOG_TOO_LARGE, and what `withSftp` and its session throw.
 */
export async function downloadLastDays(days: number, folder: string): Promise<DownloadedCatalog[] | undefined> {
  const { settings, logger } = openCommandContext();
  const server = settings.sftpInbound;
  if (!server) {
    throw new BtcFakeError('CONFIG_INVALID', 'SFTP_INBOUND_HOST and its credentials are not set', {
      remedy: 'Set the SFTP_INBOUND_ variables; docs/configuration.md explains them.',
    });
  }
  const { timeZone } = settings.run;
  const today = localDate(Date.now(), timeZone);
  const first = new Date(Date.parse(today) - days * DAY_MS).toISOString().slice(0, 10);
  const work = async (session: SftpSession) => {
    const { files: remote } = catalogListing(await session.listEntries(server.remotePath));
    const wanted = remote.filter(({ date }) => date >= first && date <= today);
    const files = [];
    for (const file of wanted.sort((a, b) => (a.date + a.name < b.date + b.name ? -1 : 1))) {
      assertNotTooLarge(file, settings.files.catalogMaxBytes);
      const { fetched } = await downloadCatalogFile(session, server, { file, folder }, logger);
      files.push({ ...file, fetched });
    }
    return files;
  };
  return withStopSignal((signal) =>
    withInboundSftp(server, { logger, signal }, work).catch((error) => {
      if (signal.aborted) return undefined;
      throw error;
    }),
  );
}
