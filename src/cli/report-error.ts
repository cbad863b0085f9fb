import { unexplainedWriteFailure } from '../adapters/disk/write-failure.ts';
import { secretCutter } from '../adapters/process/secret-cutter.ts';
import { BtcFakeError } from '../domain/errors.ts';
import { printable } from '../domain/quoted-value.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { printProgress, styled } from './terminal.ts';

/** Cuts out the secrets of the settings that were loaded last. */
let cutSecrets = (text: string): string => text;

/** From now on these values are cut out of every error that is shown. */
export function hideInErrors(secrets: readonly string[]): void {
  cutSecrets = secretCutter(secrets);
}

/**
 * Tells a person what went wrong: what, where and what to do, never a stack trace. An error that BTC Fake did not raise
 * on purpose is shown by its message alone, with the way to see more.
 * @returns the exit code for it.
 */
export function reportError(thrown: unknown): ExitCode {
  const error = unexplainedWriteFailure(thrown) ?? thrown;
  const say = (text: string) => printProgress(cutSecrets(text));
  if (!(error instanceof BtcFakeError)) {
    say(
      `${styled('red', 'btc-fake:')} ${printable(error instanceof Error ? error.message : String(error))} (INTERNAL)`,
    );
    say('  Try again; if it stays, see docs/errors.md and run with LOG_LEVEL=debug.');
    return EXIT.error;
  }
  say(`${styled('red', 'btc-fake:')} ${error.message} (${error.code})`);
  for (const line of error.lines) say(`  ${line}`);
  if (error.remedy) say(`  ${error.remedy}`);
  return error.code === 'USAGE' ? EXIT.usage : EXIT.error;
}
