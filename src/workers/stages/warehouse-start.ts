import { DelayedError, type Job } from 'bullmq';
import type { WarehouseListener } from '../../adapters/databricks/training-records.ts';
import type { StageJobData } from '../../adapters/redis/queues.ts';
import { endWarehouseWait, noteWarehouseWait } from '../../adapters/shared-state/warehouse-wait.ts';
import { warehouseWaitMs } from '../../domain/connections/warehouse-wait.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { duration } from '../../domain/wording.ts';
import { failureReason } from '../runtime/job-handler.ts';
import { jobLogger } from '../runtime/job-log.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';

type Dependencies = Pick<WorkerContext, 'settings' | 'queues' | 'logger' | 'now'>;

/**
 * Does work that reads from the SQL warehouse. While the warehouse starts, the job goes back to the queue without using
 * up an attempt, for DATABRICKS_TIMEOUT in all (contract section 1, "Training records").
 * @throws DelayedError of BullMQ when the job has gone back; BtcFakeError DATABRICKS_NOT_STARTED when the time is over;
 * and what `work` throws.
 */
export async function onceWarehouseRuns(
  dependencies: Dependencies,
  job: Job<StageJobData>,
  token: string,
  work: (listener: WarehouseListener) => Promise<void>,
): Promise<void> {
  const { settings, queues, now } = dependencies;
  const { runId } = job.data;
  const logger = jobLogger(dependencies.logger, job);
  const patienceMs = settings.databricks?.queryTimeoutMs ?? 0;
  const note = async (error: BtcFakeError) => {
    const reason = failureReason(error);
    const wait = await noteWarehouseWait(queues.redis, runId, { reason, now: now(), patienceMs });
    if (wait.isNew) logger.warn({ reason, patienceMs }, 'Waiting for the SQL warehouse; no attempt is used up');
    return wait;
  };
  const listener: WarehouseListener = {
    // For people only: everything works without it.
    slow: (error) => void note(error).catch(() => {}),
    answered: () => {
      const end = async () => {
        const since = await endWarehouseWait(queues.redis, runId);
        if (since !== undefined) logger.warn(`The SQL warehouse answers, after ${duration(now() - since)}`);
      };
      end().catch(() => {});
    },
  };
  try {
    await work(listener);
  } catch (error) {
    if (!(error instanceof BtcFakeError)) throw error;
    if (error.code !== 'DATABRICKS_STARTING') {
      // It waits for something else now, or for nobody.
      await endWarehouseWait(queues.redis, runId);
      throw error;
    }
    const { since } = await note(error);
    const pauseMs = warehouseWaitMs({ now: now(), since, patienceMs, retryAfterMs: error.retryAfterMs });
    if (pauseMs === undefined) {
      await endWarehouseWait(queues.redis, runId);
      throw notStarted(patienceMs, error);
    }
    await job.moveToDelayed(Date.now() + pauseMs, token);
    throw new DelayedError();
  }
}

function notStarted(patienceMs: number, cause: BtcFakeError): BtcFakeError {
  const within = `${patienceMs / 1000} s (DATABRICKS_TIMEOUT)`;
  return new BtcFakeError('DATABRICKS_NOT_STARTED', `Nothing was read within ${within}: ${cause.message}`, {
    remedy: 'Start the warehouse in Databricks and re-queue the stage, or raise DATABRICKS_TIMEOUT.',
    cause,
  });
}
