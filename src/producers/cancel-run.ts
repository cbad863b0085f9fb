import { setTimeout as delay } from 'node:timers/promises';
import type { Queues } from '../adapters/redis/queues.ts';
import { CancellationStore, type CancelOutcome } from '../adapters/run-store/cancellations.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { RunId } from '../domain/ids.ts';
import { runStatus } from '../queries/run-status.ts';
import { findUnstarted } from '../queries/unstarted-runs.ts';
import { type TakenOff, takeOffQueues } from './take-off-queues.ts';

/** Who cancels a run, and how long what is kept of it stays. */
export interface CancelRequest {
  /** As people are to read it: `anna on build-7`. */
  readonly by: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly retentionMs: number;
}

const LOOK_EVERY_MS = 200;

/**
 * Cancels a run: from then on nobody works on it, nothing of it is published, and it gets no files. What is on the
 * queues and in progress is for `takeOffQueues`, which workers do too, and for the workers that hold it.
 * @returns whether this call did it, not an earlier one.
 * @throws BtcFakeError RUN_STATE when the run has ended, or is a scheduled run that has not begun; RUN_NOT_FOUND.
 */
export async function cancelRun(
  queues: Queues,
  store: RunStore,
  runId: RunId,
  { by, now, retentionMs }: CancelRequest,
): Promise<boolean> {
  if (await findUnstarted(queues, store, runId)) {
    throw new BtcFakeError('RUN_STATE', `Run ${runId} has not begun; there is nothing to cancel`, {
      remedy: 'Cancel it when it has begun, or leave it: a run that could not start blocks nothing.',
    });
  }
  const run = await store.getRun(runId);
  const { stage, counts } = await runStatus(queues, store, run);
  const cancellation = { at: now, by, stage, ...counts };
  const outcome = await new CancellationStore(queues.redis).cancel(runId, cancellation, retentionMs);
  return isDone(outcome, runId);
}

/**
 * Takes the jobs of a cancelled run off the queues until none is left, or the time is over.
 * @returns how many it removed, and how many workers still hold.
 */
export async function takeOffUntil(queues: Queues, runId: RunId, deadlineMs: number): Promise<TakenOff> {
  let removed = 0;
  for (const deadline = performance.now() + deadlineMs; ; await delay(LOOK_EVERY_MS)) {
    const now = await takeOffQueues(queues, runId);
    removed += now.removed;
    const isOver = (now.removed === 0 && now.inHand === 0) || performance.now() > deadline;
    if (isOver) return { removed, inHand: now.inHand };
  }
}

function isDone(outcome: CancelOutcome, runId: RunId): boolean {
  if (outcome === 'now' || outcome === 'before') return outcome === 'now';
  if (outcome === 'ended') {
    throw new BtcFakeError('RUN_STATE', `Run ${runId} has ended; there is nothing to cancel`, {
      remedy: `To remove what is kept of it: btc-fake delete ${runId}`,
    });
  }
  throw new BtcFakeError('RUN_NOT_FOUND', `There is no run ${runId} any more`, { remedy: 'See "btc-fake runs".' });
}
