import type { QueueName, StageJobData } from '../../adapters/redis/queues.ts';
import type { RunStore } from '../../adapters/run-store/store.ts';
import type { JobHandler } from './job-handler.ts';
import type { ServedRuns } from './served-runs.ts';

/** A stage that is done only for runs which this process serves; see `ServedRuns.take` for what it throws besides. */
export function onlyServed<Data extends StageJobData>(
  stage: QueueName,
  handler: JobHandler<Data>,
  store: RunStore,
  served: ServedRuns,
): JobHandler<Data> {
  return async (job, signal, token) => {
    // What a run that has expired is answered is the handler's to say.
    const run = await store.findRun(job.data.runId);
    if (run) await served.take(run, stage);
    return handler(job, signal, token);
  };
}
