import type { StageJobData } from '../adapters/queues.ts';
import { addRunFlow } from '../producers/run-flow.ts';
import type { JobHandler } from './job-handler.ts';
import type { WorkerContext } from './worker-context.ts';

/** Starts a run: adds its flow, once, however often the job is repeated. */
export function runStartHandler({ store, queues, settings, now }: WorkerContext): JobHandler<StageJobData> {
  return async ({ data: { runId } }) => {
    await store.startStage(runId, 'run-start', now());
    await addRunFlow(queues, await store.getRun(runId), settings.queues.jobAttempts);
    await store.finishStage(runId, 'run-start', now());
  };
}
