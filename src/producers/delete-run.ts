import type { Queues } from '../adapters/redis/queues.ts';
import { alertsKey } from '../adapters/run-store/keys.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { RunId } from '../domain/ids.ts';
import { isEnded } from '../queries/run-status.ts';
import { takeOffQueues } from './take-off-queues.ts';

/**
 * Removes all that Redis keeps of a run that has ended: its record, population, assignments and results, and its jobs.
 * Its files stay. The weekly schedule still knows that the run's slot had its run.
 * @throws BtcFakeError RUN_STATE when the run has not ended, or workers still hold jobs of it; RUN_NOT_FOUND.
 */
export async function deleteRun(queues: Queues, store: RunStore, runId: RunId): Promise<void> {
  const run = await store.getRun(runId);
  if (!isEnded(run)) {
    throw new BtcFakeError('RUN_STATE', `Run ${runId} has not ended`, {
      remedy: `Cancel it first: btc-fake cancel ${runId}`,
    });
  }
  const { inHand } = await takeOffQueues(queues, runId);
  if (inHand > 0) {
    throw new BtcFakeError('RUN_STATE', `Workers still hold ${inHand} jobs of run ${runId}`, {
      remedy: 'Delete it when they are done: within a minute, even if a worker was killed.',
    });
  }
  await queues.redis.unlink(alertsKey(runId));
  await store.discardRun(runId);
}
