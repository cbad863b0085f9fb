import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Settings, SftpServerSettings } from '../../config/settings.ts';
import { listLocalCatalogFiles, readCatalogFile } from '../adapters/catalog-files.ts';
import type { StageJobData } from '../adapters/queues.ts';
import { type SftpSession, withSftp } from '../adapters/sftp.ts';
import type { CatalogContent } from '../domain/catalog.ts';
import {
  CATALOG_KINDS,
  type CatalogFile,
  type CatalogKind,
  newestCatalogFile,
  parseCatalogFileName,
} from '../domain/catalog-file-name.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { CatalogInput } from '../domain/manifest.ts';
import type { Notice } from '../domain/notice.ts';
import type { JobHandler } from './job-handler.ts';
import { jobLogger } from './job-log.ts';
import { logNotices } from './notice-log.ts';
import type { WorkerContext } from './worker-context.ts';

/**
 * Brings the newest catalog file of each kind here and keeps their contents for the run (contract section 1, "Vendor
 * catalog files"). Safe to repeat: a file that is here is not fetched again.
 */
export function catalogDownloadHandler({ settings, store, logger, now }: WorkerContext): JobHandler<StageJobData> {
  return async (job) => {
    const { runId } = job.data;
    await store.startStage(runId, 'catalog-download', now());
    const log = jobLogger(logger, job);
    const files = await newestCatalogFiles(settings, log);
    const contents: Record<CatalogKind, readonly CatalogContent[]> = { CourseCatalog: [], StandAloneContent: [] };
    const inputs: CatalogInput[] = [];
    const notices: Notice[] = [];
    if (!settings.sftpInbound) notices.push(sftpNotice(files));
    for (const { kind, name, bytes } of files) {
      const reading = await readCatalogFile(join(settings.files.downloadDir, name));
      contents[kind] = reading.contents;
      const { skippedRows, sha256 } = reading;
      const from = settings.sftpInbound ? 'sftp' : 'local folder';
      inputs.push({ kind, name, bytes, sha256, contents: reading.contents.length, skippedRows, from });
      if (skippedRows > 0) {
        notices.push({
          code: 'catalog-rows-skipped',
          text: `${name}: skipped rows without a usable id: ${skippedRows}`,
          count: skippedRows,
        });
      }
    }
    logNotices(log, notices);
    await store.putCatalogs(runId, contents, { inputs, notices });
    await store.finishStage(runId, 'catalog-download', now());
  };
}

/** The newest file of each kind, in the download folder when this returns. */
async function newestCatalogFiles(settings: Settings, logger: Logger): Promise<CatalogFile[]> {
  const { downloadDir } = settings.files;
  const server = settings.sftpInbound;
  if (!server) return newestOfEachKind(await listLocalCatalogFiles(downloadDir), downloadDir);
  return withInboundSftp(server, logger, async (session) => {
    const remote = await listRemoteCatalogFiles(session, server.remotePath);
    const newest = newestOfEachKind(remote, `${server.host}:${server.remotePath}`);
    for (const file of newest) await downloadCatalogFile(session, server, file, downloadDir, logger);
    return newest;
  });
}

/** Logs in to the vendor's server. @throws as `withSftp` does. */
export function withInboundSftp<T>(
  server: SftpServerSettings,
  logger: Logger,
  work: (session: SftpSession) => Promise<T>,
): Promise<T> {
  return withSftp(server, logger, work, { stallMs: server.stallMs, transferMs: server.transferMs });
}

/** The catalog files in a remote folder; whatever else is there does not exist for us. */
export async function listRemoteCatalogFiles(session: SftpSession, remotePath: string): Promise<CatalogFile[]> {
  const files = await session.listFiles(remotePath);
  return files.flatMap(({ name, bytes, modifiedAt }) => {
    const parsed = parseCatalogFileName(name);
    return parsed ? [{ ...parsed, bytes, modifiedAt }] : [];
  });
}

/** Fetches one catalog file, unless it is here at the same size. */
export async function downloadCatalogFile(
  session: SftpSession,
  server: SftpServerSettings,
  file: CatalogFile,
  folder: string,
  logger: Logger,
): Promise<{ fetched: boolean; sha256: string }> {
  const { fetched, bytes, sha256 } = await session.download(server.remotePath, file, folder);
  logger.info({ file: file.name, bytes }, fetched ? 'Downloaded' : 'Already here at the same size');
  return { fetched, sha256 };
}

/**
 * The newest file of each kind (contract section 1). `place` is where they were looked for, as a message names it.
 * @throws BtcFakeError CATALOG_MISSING.
 */
export function newestOfEachKind(files: readonly CatalogFile[], place: string): CatalogFile[] {
  const newest = CATALOG_KINDS.map((kind) => newestCatalogFile(files, kind));
  const missing = CATALOG_KINDS.filter((_, i) => newest[i] === undefined);
  if (missing.length > 0) {
    throw new BtcFakeError('CATALOG_MISSING', `${place}: no ${missing.join(' and no ')} file`, {
      remedy: 'Put one there (such as StandAloneContent_v2_2026_1_6_1_77434e.csv), or set the SFTP_INBOUND_ variables.',
    });
  }
  return newest as CatalogFile[];
}

function sftpNotice(files: readonly CatalogFile[]): Notice {
  const names = files.map(({ name }) => name).join(' and ');
  return {
    code: 'sftp-not-configured',
    text: `SFTP is not configured: the newest files that are here were used (${names})`,
  };
}
