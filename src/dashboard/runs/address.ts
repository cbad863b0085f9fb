import { BtcFakeError } from '../../domain/errors.ts';
import { parseRunId, type RunId } from '../../domain/ids.ts';
import { quotedValue } from '../../domain/quoted-value.ts';
import { parseRunName } from '../../domain/run/name.ts';
import { findRunId } from '../../queries/find-run.ts';
import type { DashboardContext } from '../dashboard-context.ts';

/** A run id from an address. @throws BtcFakeError RUN_NOT_FOUND when the text cannot be one. */
export function runIdFrom(text: string): RunId {
  const runId = parseRunId(text);
  if (runId !== undefined) return runId;
  throw new BtcFakeError('RUN_NOT_FOUND', `There is no run ${quotedValue(text)}`);
}

/**
 * The run that somebody means by an id, a file of a run, or the six characters in its files' names.
 * @throws BtcFakeError RUN_NOT_FOUND, USAGE when several runs are called so.
 */
export async function findRunFrom(
  { queues, store }: Pick<DashboardContext, 'queues' | 'store'>,
  text: string,
): Promise<RunId> {
  const name = parseRunName(text);
  if (name === undefined) throw new BtcFakeError('RUN_NOT_FOUND', `There is no run ${quotedValue(text)}`);
  return findRunId(queues, store, name);
}

/** Where a run has its page. */
export function runPath(runId: RunId): string {
  return `/runs/${runId}`;
}
