import { BtcFakeError } from '../../src/domain/errors.ts';

/** The BtcFakeError that something fails with; fails itself when there is none, or one of another kind. */
export async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<BtcFakeError> {
  let outcome: unknown;
  try {
    outcome = await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof BtcFakeError) return error;
    throw new Error('It failed, but not with a BtcFakeError', { cause: error });
  }
  throw new Error('It did not fail', { cause: outcome });
}
