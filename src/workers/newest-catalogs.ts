import type { Logger } from 'pino';
import type { Settings, SftpServerSettings } from '../../config/settings.ts';
import { listLocalFolder } from '../adapters/catalog-files.ts';
import { type SftpSession, withSftp } from '../adapters/sftp.ts';
import { catalogListing, chooseCatalogs } from '../domain/catalog-choice.ts';
import type { CatalogFile } from '../domain/catalog-file-name.ts';
import type { Notice } from '../domain/notice.ts';

/** What listing and downloading report to, and what stops them. */
export interface CatalogSurroundings {
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The newest catalog file of each kind for a day (`YYYY-MM-DD`), in the download folder when this returns, and what is to be said of
 * them (contract section 1, "Vendor catalog files").
 * @throws BtcFakeError CATALOG_MISSING, CATALOG_TOO_LARGE, and as `withSftp` and `downloadFile`.
 */
export async function newestCatalogs(
  settings: Settings,
  day: string,
  surroundings: CatalogSurroundings,
): Promise<{ files: CatalogFile[]; notices: Notice[] }> {
  const { downloadDir } = settings.files;
  const server = settings.sftpInbound;
  if (!server) return chooseLocal(settings, day);
  return withInboundSftp(server, surroundings, async (session) => {
    const choice = await chooseRemote(session, server, settings, day);
    for (const file of choice.files) {
      await downloadCatalogFile(
        session,
        server,
        { file, folder: downloadDir, keepReplaced: true },
        surroundings.logger,
      );
    }
    return choice;
  });
}

/** The same for files that are in the download folder already. @throws BtcFakeError CATALOG_MISSING, CATALOG_TOO_LARGE. */
export async function chooseLocal({ files }: Settings, day: string) {
  const { downloadDir: place, catalogMaxAgeDays: maxAgeDays, catalogMaxBytes: maxBytes } = files;
  return chooseCatalogs(catalogListing(await listLocalFolder(place)), { day, maxAgeDays, maxBytes, place });
}

/** The same for files on the vendor's server, without downloading them. */
export async function chooseRemote(session: SftpSession, server: SftpServerSettings, { files }: Settings, day: string) {
  const { catalogMaxAgeDays: maxAgeDays, catalogMaxBytes: maxBytes } = files;
  const place = `${server.host}:${server.remotePath}`;
  const listing = catalogListing(await session.listEntries(server.remotePath));
  return { ...chooseCatalogs(listing, { day, maxAgeDays, maxBytes, place }), listing };
}

/** Logs in to the vendor's server. @throws as `withSftp` does. */
export function withInboundSftp<T>(
  server: SftpServerSettings,
  { logger, signal }: CatalogSurroundings,
  work: (session: SftpSession) => Promise<T>,
): Promise<T> {
  return withSftp(server, logger, work, { stallMs: server.stallMs, transferMs: server.transferMs, signal });
}

/** Fetches one catalog file, unless it is here with the same size and time. @throws as `downloadFile` does. */
export async function downloadCatalogFile(
  session: SftpSession,
  server: SftpServerSettings,
  { file, folder, keepReplaced = false }: { file: CatalogFile; folder: string; keepReplaced?: boolean },
  logger: Logger,
): Promise<{ fetched: boolean; sha256: string }> {
  const onWait = () => logger.info({ file: file.name }, 'Another process downloads this file; waiting for it');
  const options = { keepReplaced, onWait };
  const { fetched, bytes, sha256 } = await session.download(server.remotePath, file, folder, options);
  logger.info({ file: file.name, bytes }, fetched ? 'Downloaded' : 'Already here with the same size and time');
  return { fetched, sha256 };
}
