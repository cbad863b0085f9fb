import type { Command } from 'commander';
import type { RunName } from '../../domain/run/name.ts';
import { plural } from '../../domain/wording.ts';
import { RUN_ARGUMENT, runArgument } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type FollowOptions, followOptions } from '../run/follow-options.ts';
import { printProgress } from '../terminal.ts';

/** `btc-fake finish`: lets a run continue to its files without its failed employees. */
export function finishCommand(program: Command, done: (code: ExitCode) => void): void {
  followOptions(
    program
      .command('finish')
      .description('write the files of a run without its failed employees; the manifest names them'),
  )
    .argument('<run>', RUN_ARGUMENT, runArgument)
    .requiredOption('--without-failed', 'confirm that the failed employees are left out')
    .addHelpText('after', '\nExample:\n  btc-fake finish run-20251028T110000Z-ab12cd --without-failed')
    .action(async (name: RunName, options: FollowOptions) => {
      const { findRunId } = await import('../../queries/find-run.ts');
      const { finishWithoutFailed } = await import('../../producers/requeue.ts');
      const { followRun } = await import('../run/follow-run.ts');
      const { openCommandContext, withSession } = await import('../session.ts');
      done(
        await withSession(openCommandContext(), async (session) => {
          const runId = await findRunId(session.queues, session.store, name);
          const failed = await finishWithoutFailed(session.queues, session.store, runId);
          printProgress(`Continuing without ${plural(failed.length, 'employee')}`);
          const code = await followRun(session, runId, options);
          // That employees are missing was asked for.
          return code === EXIT.failedEmployees ? EXIT.ok : code;
        }),
      );
    });
}
