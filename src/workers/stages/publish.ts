import { basename, join } from 'node:path';
import { fileSha256 } from '../../adapters/disk/feed-files.ts';
import { outputFolder } from '../../adapters/disk/output-folder.ts';
import { assertUnchanged } from '../../adapters/disk/unchanged-file.ts';
import { reachMilestone } from '../../adapters/process/milestones.ts';
import type { StageJobData } from '../../adapters/redis/queues.ts';
import { DeliveryStore } from '../../adapters/run-store/deliveries.ts';
import { findCatalog } from '../../adapters/sftp/kept-catalogs.ts';
import { type SftpSession, withSftp } from '../../adapters/sftp/session.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import type { RunId } from '../../domain/ids.ts';
import { feedNames, runToken } from '../../domain/run/plan.ts';
import type { JobHandler } from '../runtime/job-handler.ts';
import { jobLogger } from '../runtime/job-log.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';

/**
 * Uploads a run's files and the two catalog files that it was made from (contract section 6), the manifest last. Safe
 * to repeat: what was delivered is on record and is not sent again, even if a receiver has taken it away since.
 * @throws BtcFakeError CONFIG_INVALID without SFTP_OUTBOUND_ credentials, FILE_UNREADABLE when a file is missing or
 * differs from the manifest, and as `withSftp`.
 */
export function publishHandler({ settings, store, queues, logger, now }: WorkerContext): JobHandler<StageJobData> {
  const deliveries = new DeliveryStore(queues.redis, settings.run.retentionMs);
  return async (job, signal) => {
    const { runId } = job.data;
    await store.startStage(runId, 'publish', now());
    const server = settings.sftpOutbound;
    if (!server) {
      throw new BtcFakeError('CONFIG_INVALID', 'This worker has no SFTP_OUTBOUND_ settings, so it cannot publish', {
        remedy: 'Set them, or leave the publish queue to a worker that has them (--only).',
      });
    }
    const run = await store.getRun(runId);
    const { manifest, plan } = run;
    const { downloadDir } = settings.files;
    const outputDir = outputFolder(run, settings.files.outputDir);
    const catalogs = manifest!.inputs.catalogs.map(async ({ name, sha256 }) => ({
      path: await findCatalog(downloadDir, name, sha256),
      sha256,
    }));
    const files: PublishedFile[] = [
      ...(await Promise.all(catalogs)),
      ...manifest!.outputs.map(({ name, sha256 }) => ({ path: join(outputDir, name), sha256 })),
    ];
    const log = jobLogger(logger, job);
    const earlier = await deliveries.read(runId);
    const isOpen = ({ path, sha256 }: PublishedFile) => {
      const known = earlier.get(basename(path));
      const isDone = known?.sha256 === sha256 && known.deliveredAt !== undefined;
      if (isDone) log.info({ file: path }, 'Already published');
      return !isDone;
    };
    const open = files.filter(isOpen);
    for (const { path, sha256 } of open) await assertUnchanged(path, sha256);
    const manifestPath = join(outputDir, feedNames(plan).manifest);
    open.push(...[{ path: manifestPath, sha256: await fileSha256(manifestPath) }].filter(isOpen));
    const publish = async (session: SftpSession, { path, sha256 }: PublishedFile) => {
      signal.throwIfAborted();
      const name = basename(path);
      const { uploaded, bytes } = await session.upload(path, server.remotePath, {
        owner: runToken(runId),
        renameWasAsked: earlier.get(name)?.sha256 === sha256,
        signal,
        beforeRename: async () => {
          if (!(await deliveries.begin(runId, name, sha256, now()))) throw cancelledError(runId);
          reachMilestone('rename-to-be-asked');
        },
        afterRefusal: () => deliveries.takeBack(runId, name),
      });
      reachMilestone('file-renamed-there');
      await deliveries.end(runId, name, sha256, now());
      log.info({ file: path, bytes }, uploaded ? 'Published' : 'Already published with the same bytes');
    };
    const publishAll = async (session: SftpSession) => {
      for (const file of open) await publish(session, file);
    };
    if (open.length > 0)
      await withSftp(server, log, publishAll, { stallMs: server.stallMs, transferMs: server.transferMs });
    await store.finishStage(runId, 'publish', now());
    await store.noteDone(runId, 'publishedAt', now());
  };
}

/** A file that a run delivers. */
interface PublishedFile {
  readonly path: string;
  readonly sha256: string;
}

function cancelledError(runId: RunId): BtcFakeError {
  return new BtcFakeError('RUN_STATE', `Run ${runId} was cancelled; nothing more of it is published`);
}
