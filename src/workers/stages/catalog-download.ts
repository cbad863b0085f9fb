import { join } from 'node:path';
import { readCatalogFile } from '../../adapters/disk/catalog-files.ts';
import { lostByRedis } from '../../adapters/redis/lost.ts';
import type { StageJobData } from '../../adapters/redis/queues.ts';
import type { RunStore } from '../../adapters/run-store/store.ts';
import { removeKept } from '../../adapters/sftp/kept-catalogs.ts';
import type { CatalogContent } from '../../domain/catalog/content.ts';
import { catalogNotices } from '../../domain/catalog/faults.ts';
import type { CatalogFile, CatalogKind } from '../../domain/catalog/file-name.ts';
import type { CatalogInput } from '../../domain/run/manifest.ts';
import type { Notice } from '../../domain/run/notice.ts';
import { localDate } from '../../domain/simulation/business-week.ts';
import { newestCatalogs } from '../../queries/newest-catalogs.ts';
import { isEnded } from '../../queries/run-status.ts';
import type { JobHandler } from '../runtime/job-handler.ts';
import { jobLogger } from '../runtime/job-log.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';
import { logNotices } from './notice-log.ts';

const RUNS_AT_ONCE = 100;

/**
 * Brings the newest catalog file of each kind here and keeps their contents for the run (contract section 1, "Vendor
 * catalog files"). Safe to repeat: a file that is here is not fetched again.
 */
export function catalogDownloadHandler({ settings, store, logger, now }: WorkerContext): JobHandler<StageJobData> {
  return async (job, signal) => {
    const { runId } = job.data;
    await store.startStage(runId, 'catalog-download', now());
    const { plan } = await store.getRun(runId);
    const log = jobLogger(logger, job);
    const day = localDate(plan.asOf, plan.timeZone);
    const { files, notices: ofFiles } = await newestCatalogs(settings, day, { logger: log, signal });
    const contents: Record<CatalogKind, readonly CatalogContent[]> = { CourseCatalog: [], StandAloneContent: [] };
    const inputs: CatalogInput[] = [];
    const notices: Notice[] = [];
    const { downloadDir, catalogDateFormats: dateFormats } = settings.files;
    const formats = dateFormats.length > 0 ? { dateFormats: dateFormats.map(({ pattern }) => pattern) } : {};
    if (!settings.sftpInbound) notices.push(sftpNotice(files));
    notices.push(...ofFiles);
    for (const { kind, name, bytes } of files) {
      const reading = await readCatalogFile(join(downloadDir, name), { kind, timeZone: plan.timeZone, dateFormats });
      contents[kind] = reading.contents;
      const { skippedRows, sha256 } = reading;
      const from = settings.sftpInbound ? 'sftp' : 'local folder';
      inputs.push({ kind, name, bytes, sha256, contents: reading.contents.length, skippedRows, from, ...formats });
      notices.push(...catalogNotices(name, reading.faults));
    }
    logNotices(log, notices);
    await store.putCatalogs(runId, contents, { inputs, notices });
    await removeKept(settings.files.downloadDir, () => catalogsOfUnendedRuns(store));
    await store.finishStage(runId, 'catalog-download', now());
    if (!(await store.getRun(runId)).catalogs) throw lostByRedis(`the catalogs of run ${runId}`);
  };
}

/** The SHA-256 of every catalog file that a run still has to publish or to land. */
async function catalogsOfUnendedRuns(store: RunStore): Promise<ReadonlySet<string>> {
  const needed = new Set<string>();
  for (let seen = 0; ; ) {
    const runs = await store.listRuns(RUNS_AT_ONCE, seen);
    if (runs.length === 0) return needed;
    seen += runs.length;
    for (const run of runs) if (!isEnded(run)) for (const { sha256 } of run.catalogs?.inputs ?? []) needed.add(sha256);
  }
}

function sftpNotice(files: readonly CatalogFile[]): Notice {
  const names = files.map(({ name }) => name).join(' and ');
  return {
    code: 'sftp-not-configured',
    text: `SFTP is not configured: the newest files that are here were used (${names})`,
  };
}
