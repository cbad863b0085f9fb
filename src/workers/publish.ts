import { join } from 'node:path';
import { fileSha256 } from '../adapters/feed-files.ts';
import type { StageJobData } from '../adapters/queues.ts';
import { withSftp } from '../adapters/sftp.ts';
import { BtcFakeError } from '../domain/errors.ts';
import { feedNames } from '../domain/run-plan.ts';
import type { JobHandler } from './job-handler.ts';
import { jobLogger } from './job-log.ts';
import type { WorkerContext } from './worker-context.ts';

/**
 * Uploads a run's files and the two catalog files that it was made from (contract section 6), the manifest last. Safe to
 * repeat: what is there with the same bytes is left alone.
 * @throws BtcFakeError CONFIG_INVALID without SFTP_OUTBOUND_ credentials, FILE_UNREADABLE when a file is not here or is not
 *   the one that the manifest names, and as `withSftp`.
 */
export function publishHandler({ settings, store, logger, now }: WorkerContext): JobHandler<StageJobData> {
  return async (job, signal) => {
    const { runId } = job.data;
    await store.startStage(runId, 'publish', now());
    const server = settings.sftpOutbound;
    if (!server) {
      throw new BtcFakeError('CONFIG_INVALID', 'This worker has no SFTP_OUTBOUND_ settings, so it cannot publish', {
        remedy: 'Set them, or leave the publish queue to a worker that has them (--only).',
      });
    }
    const { manifest, plan } = await store.getRun(runId);
    const { outputDir, downloadDir } = settings.files;
    const files = [
      ...manifest!.inputs.catalogs.map(({ name, sha256 }) => ({ path: join(downloadDir, name), sha256 })),
      ...manifest!.outputs.map(({ name, sha256 }) => ({ path: join(outputDir, name), sha256 })),
    ];
    for (const { path, sha256 } of files) await assertUnchanged(path, sha256);
    const paths = [...files.map(({ path }) => path), join(outputDir, feedNames(plan).manifest)];
    const log = jobLogger(logger, job);
    await withSftp(
      server,
      log,
      async (session) => {
        for (const path of paths) {
          signal.throwIfAborted();
          const { uploaded, bytes } = await session.upload(path, server.remotePath);
          log.info({ file: path, bytes }, uploaded ? 'Published' : 'Already published with the same bytes');
        }
      },
      { stallMs: server.stallMs },
    );
    await store.finishStage(runId, 'publish', now());
    await store.setPublished(runId, now());
  };
}

async function assertUnchanged(path: string, sha256: string): Promise<void> {
  if ((await fileSha256(path)) === sha256) return;
  throw new BtcFakeError('FILE_UNREADABLE', `${path}: the file is not the one that the run's manifest names`, {
    remedy: 'Let the file-assembly and publish workers share OUTPUT_DIR and SFTP_LOCAL_DIR, or start the run anew.',
  });
}
