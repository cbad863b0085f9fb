import type { Logger } from 'pino';
import type { Settings, SftpServerSettings } from '../../config/settings.ts';
import { listLocalFolder } from '../adapters/disk/catalog-files.ts';
import { type SftpSession, withSftp } from '../adapters/sftp/session.ts';
import { catalogListing, chooseCatalogs } from '../domain/catalog/choice.ts';
import type { CatalogFile } from '../domain/catalog/file-name.ts';
import type { Notice } from '../domain/run/notice.ts';

/** What listing and downloading report to, and what stops them. */
export interface CatalogDependencies {
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The newest catalog file of each kind for a day (`YYYY-MM-DD`), in the download folder when this returns, and what is
 * to be said of them (contract section 1, "Vendor catalog files").
 * @throws BtcFakeError CATALOG_MISSING, CATALOG_TOO_LARGE, and as `withSftp` and `downloadFile`.
 */
export async function newestCatalogs(
  settings: Settings,
  day: string,
  dependencies: CatalogDependencies,
): Promise<{ files: CatalogFile[]; notices: Notice[] }> {
  const { downloadDir } = settings.files;
  const server = settings.sftpInbound;
  if (!server) return chooseLocal(settings, day);
  return withInboundSftp(server, dependencies, async (session) => {
    const choice = await chooseRemote(session, server, settings, day);
    for (const file of choice.files) {
      if (choice.here.has(file.name)) continue;
      await downloadCatalogFile(
        session,
        server,
        { file, folder: downloadDir, keepReplaced: true },
        dependencies.logger,
      );
    }
    return choice;
  });
}

/**
 * The same for files that are in the download folder already.
 * @throws BtcFakeError CATALOG_MISSING, CATALOG_TOO_LARGE.
 */
export async function chooseLocal({ files }: Settings, day: string) {
  const { downloadDir: place, catalogMaxAgeDays: maxAgeDays, catalogMaxBytes: maxBytes } = files;
  return chooseCatalogs(catalogListing(await listLocalFolder(place)), { day, maxAgeDays, maxBytes, place });
}

/**
 * The same for files on the vendor's server, without downloading them. What the server let be downloaded once, and does
 * not list any more, is still its file: `here` are the names of those, which are in the download folder.
 */
export async function chooseRemote(session: SftpSession, server: SftpServerSettings, { files }: Settings, day: string) {
  const { catalogMaxAgeDays: maxAgeDays, catalogMaxBytes: maxBytes, downloadDir } = files;
  const place = `${server.host}:${server.remotePath}`;
  const entries = await session.listEntries(server.remotePath);
  const taken = await session.takenBefore(server.remotePath, downloadDir);
  const isListed = new Set(entries.map(({ name }) => name));
  const copies = taken.size === 0 ? [] : await listLocalFolder(downloadDir);
  const gone = copies.filter(({ name, kind }) => kind === 'file' && taken.has(name) && !isListed.has(name));
  const here = new Set(gone.map(({ name }) => name));
  const listing = catalogListing([...entries, ...gone]);
  const choice = chooseCatalogs(listing, { day, maxAgeDays, maxBytes, place });
  const notices = choice.files.filter(({ name }) => here.has(name)).map(({ name }) => takenNotice(name));
  return { files: choice.files, notices: [...notices, ...choice.notices], listing, here };
}

function takenNotice(name: string): Notice {
  const text = `${name}: the server gave it once and does not list it any more; the copy of then was used`;
  return { code: 'catalog-downloaded-before', text };
}

/** Logs in to the vendor's server. @throws as `withSftp` does. */
export function withInboundSftp<T>(
  server: SftpServerSettings,
  { logger, signal }: CatalogDependencies,
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
