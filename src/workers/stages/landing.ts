import { packageVersion } from '../../adapters/disk/package-root.ts';
import type { StageJobData } from '../../adapters/redis/queues.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { landRun } from '../../lakehouse/land-run.ts';
import type { JobHandler } from '../runtime/job-handler.ts';
import { jobLogger } from '../runtime/job-log.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';

/**
 * Lands a run: its drop and its ground truth (contract section 7). Safe to repeat.
 * @throws BtcFakeError CONFIG_INVALID without LAKEHOUSE_URL, and as `landRun`.
 */
export function landingHandler({ settings, store, logger, now }: WorkerContext): JobHandler<StageJobData> {
  return async (job, signal) => {
    const { runId } = job.data;
    await store.startStage(runId, 'landing', now());
    const run = await store.getRun(runId);
    const root = run.sources?.lakehouse ?? settings.lakehouseUrl;
    if (root === undefined) {
      throw new BtcFakeError('CONFIG_INVALID', 'This worker has no LAKEHOUSE_URL, so it cannot land a run', {
        remedy: 'Set it, or leave the landing queue to a worker that has it (--only).',
      });
    }
    const log = jobLogger(logger, job);
    await landRun(run, {
      store,
      root,
      workspace: settings.workspace,
      outputDir: settings.files.outputDir,
      downloadDir: settings.files.downloadDir,
      softwareVersion: packageVersion(),
      signal,
      told: (file, isNew) => log.info({ file }, isNew ? 'Landed' : 'Already landed with the same content'),
    });
    await store.finishStage(runId, 'landing', now());
    await store.noteDone(runId, 'landedAt', now());
  };
}
