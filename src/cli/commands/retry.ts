import type { Command } from 'commander';
import type { EmployeeId } from '../../domain/ids.ts';
import type { RunName } from '../../domain/run/name.ts';
import { plural } from '../../domain/wording.ts';
import { employeeIdsArgument, RUN_ARGUMENT, runArgument } from '../arguments.ts';
import type { ExitCode } from '../exit-codes.ts';
import { type FollowOptions, followOptions } from '../run/follow-options.ts';
import { printProgress } from '../terminal.ts';

interface RetryOptions extends FollowOptions {
  readonly employee?: readonly EmployeeId[];
}

/** `btc-fake retry`: re-queues what failed; the run then finishes by itself. */
export function retryCommand(program: Command, done: (code: ExitCode) => void): void {
  followOptions(program.command('retry').description('re-queue the failed employees of a run, and follow it'))
    .argument('<run>', RUN_ARGUMENT, runArgument)
    .option('--employee <id>', 'only this employee; can be repeated', employeeIdsArgument)
    .addHelpText(
      'after',
      '\nExample:\n  btc-fake retry run-20251028T110000Z-ab12cd --employee 104829 --employee 104830',
    )
    .action(async (name: RunName, options: RetryOptions) => {
      const { findRunId } = await import('../../queries/find-run.ts');
      const { requeueFailed } = await import('../../producers/requeue.ts');
      const { followRun } = await import('../run/follow-run.ts');
      const { openCommandContext, withSession } = await import('../session.ts');
      done(
        await withSession(openCommandContext(), async (session) => {
          const { queues, store, settings } = session;
          const runId = await findRunId(queues, store, name);
          const requeued = await requeueFailed(queues, store, runId, settings.queues.jobAttempts, options.employee);
          for (const stage of requeued.stages) printProgress(`Re-queued the stage ${stage}`);
          printProgress(`Re-queued ${plural(requeued.employees, 'employee')}`);
          return followRun(session, runId, options);
        }),
      );
    });
}
