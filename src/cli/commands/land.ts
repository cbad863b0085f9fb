import type { Command } from 'commander';
import { BtcFakeError } from '../../domain/errors.ts';
import type { RunName } from '../../domain/run/name.ts';
import { RUN_ARGUMENT, runArgument } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { printJson, printProgress, printResult } from '../terminal.ts';

interface LandOptions {
  readonly json?: boolean;
}

/** `btc-fake land`: lands a run that has its files, also a run that was made without a lakehouse. */
export function landCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('land')
    .description('write the drop and the ground truth of a finished run into the lakehouse (LAKEHOUSE_URL)')
    .argument('<run>', RUN_ARGUMENT, runArgument)
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake land run-20251028T110000Z-ab12cd')
    .action(async (name: RunName, { json }: LandOptions) => {
      const { openCommandContext, withSession } = await import('../session.ts');
      const { withStopSignal } = await import('../stop-signal.ts');
      const landed = await withSession(openCommandContext(), (session) =>
        withStopSignal((stop) => land(session, name, stop)),
      );
      if (json) printJson(landed);
      else printResult(`${landed.root} (${landed.created} new, ${landed.there} there before)`);
      done(EXIT.ok);
    });
}

async function land({ queues, store, settings }: Session, name: RunName, stop: AbortSignal) {
  const { packageVersion } = await import('../../adapters/disk/package-root.ts');
  const { FrozenSourcesStore } = await import('../../adapters/run-store/frozen-sources.ts');
  const { landRun } = await import('../../lakehouse/land-run.ts');
  const { findRunId } = await import('../../queries/find-run.ts');
  const runId = await findRunId(queues, store, name);
  const own = settings.lakehouseUrl;
  if (own !== undefined) await new FrozenSourcesStore(queues.redis).settle(runId, { sources: { lakehouse: own } });
  const run = await store.getRun(runId);
  const root = run.sources?.lakehouse ?? own;
  if (root === undefined) {
    throw new BtcFakeError(
      'CONFIG_INVALID',
      `Run ${runId} was made without a lakehouse, and LAKEHOUSE_URL is not set`,
      {
        remedy: 'Set LAKEHOUSE_URL to the folder or the address that the run is to land in.',
      },
    );
  }
  let [created, there] = [0, 0];
  await landRun(run, {
    store,
    root,
    workspace: settings.workspace,
    outputDir: settings.files.outputDir,
    downloadDir: settings.files.downloadDir,
    softwareVersion: packageVersion(),
    signal: stop,
    told: (file, isNew) => {
      if (isNew) created += 1;
      else there += 1;
      printProgress(`${isNew ? 'landed' : 'there  '}  ${file}`);
    },
  });
  await store.noteDone(runId, 'landedAt', Date.now());
  return { runId, root, created, there };
}
