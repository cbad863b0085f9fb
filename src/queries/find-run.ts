import type { Queues } from '../adapters/redis/queues.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { RunId } from '../domain/ids.ts';
import type { RunName } from '../domain/run/name.ts';
import { runToken } from '../domain/run/plan.ts';
import { findUnstarted, unstartedRuns } from './unstarted-runs.ts';

const REMEDY = 'See "btc-fake runs" for those that there are; it shows the six characters of their files too.';

/**
 * The run that a name means, also a scheduled run that does not exist yet.
 * @throws BtcFakeError RUN_NOT_FOUND when there is none, USAGE when files of several runs are called so.
 */
export async function findRunId(queues: Queues, store: RunStore, { runId, token }: RunName): Promise<RunId> {
  if (runId !== undefined && (await isThere(queues, store, runId))) return runId;
  const found = token === undefined ? [] : await withToken(queues, store, token);
  if (found.length === 1) return found[0]!;
  if (found.length === 0) {
    const which = runId ?? `whose files have ${token} in their names`;
    throw new BtcFakeError('RUN_NOT_FOUND', `There is no run ${which}`, { remedy: REMEDY });
  }
  throw new BtcFakeError('USAGE', `${found.length} runs have files with ${token} in their names: ${found.join(', ')}`, {
    remedy: 'Give the id of one of them.',
  });
}

async function isThere(queues: Queues, store: RunStore, runId: RunId): Promise<boolean> {
  // In this order: a run that is made in between is found by one of the two.
  return (await findUnstarted(queues, store, runId)) !== undefined || (await store.findRun(runId)) !== undefined;
}

async function withToken(queues: Queues, store: RunStore, token: string): Promise<RunId[]> {
  const unstarted = (await unstartedRuns(queues, store)).map(({ runId }) => runId);
  const all = new Set([...unstarted, ...(await store.runIds())]);
  const called = [...all].filter((id) => runToken(id) === token);
  // The list may hold runs that have expired.
  const there = await Promise.all(called.map((id) => isThere(queues, store, id)));
  return called.filter((_, i) => there[i]);
}
