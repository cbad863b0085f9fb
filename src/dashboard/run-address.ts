import { BtcFakeError } from '../domain/errors.ts';
import { parseRunId, type RunId } from '../domain/ids.ts';
import { quotedValue } from '../domain/quoted-value.ts';

/** A run id from an address. @throws BtcFakeError RUN_NOT_FOUND when the text cannot be one. */
export function runIdFrom(text: string): RunId {
  const runId = parseRunId(text);
  if (runId !== undefined) return runId;
  throw new BtcFakeError('RUN_NOT_FOUND', `There is no run ${quotedValue(text)}`);
}

/** Where a run has its page. */
export function runPath(runId: RunId): string {
  return `/runs/${runId}`;
}
