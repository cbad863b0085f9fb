import type { Command } from 'commander';
import { BtcFakeError } from '../../domain/errors.ts';
import type { RunId } from '../../domain/ids.ts';
import type { RunName } from '../../domain/run/name.ts';
import { RUN_ARGUMENT, runArgument } from '../arguments.ts';
import type { ExitCode } from '../exit-codes.ts';
import { type FollowOptions, followOptions } from '../run/follow-options.ts';
import type { Session } from '../session.ts';
import { printProgress } from '../terminal.ts';

const LOOKED_AT = 100;

/** `btc-fake resume`: continues an interrupted run. */
export function resumeCommand(program: Command, done: (code: ExitCode) => void): void {
  followOptions(
    program.command('resume').description('continue an interrupted run (default: the newest that has not ended)'),
  )
    .argument('[run]', RUN_ARGUMENT, runArgument)
    .addHelpText('after', '\nExample:\n  btc-fake resume run-20251028T110000Z-ab12cd')
    .action(async (given: RunName | undefined, options: FollowOptions) => {
      const { findRunId } = await import('../../queries/find-run.ts');
      const { enqueueRunStart } = await import('../../producers/create-run.ts');
      const { assertNotCancelled, requeueFailedStages } = await import('../../producers/requeue.ts');
      const { runStatusById } = await import('../../queries/unstarted-runs.ts');
      const { followRun } = await import('../run/follow-run.ts');
      const { openCommandContext, withSession } = await import('../session.ts');
      done(
        await withSession(openCommandContext(), async (session) => {
          const runId = given ? await findRunId(session.queues, session.store, given) : await newestUnfinished(session);
          await runStatusById(session.queues, session.store, runId);
          const run = await session.store.findRun(runId);
          if (run) assertNotCancelled(run, 'nothing more is done for it');
          printProgress(`Continuing ${runId}`);
          // A run that was interrupted before it was on a queue is put there now; otherwise this changes nothing.
          await enqueueRunStart(session.queues, runId, session.settings.queues.jobAttempts);
          await requeueFailedStages(session.queues, runId);
          return followRun(session, runId, options);
        }),
      );
    });
}

async function newestUnfinished({ store, queues }: Session): Promise<RunId> {
  const { isEnded } = await import('../../queries/run-status.ts');
  const { unstartedRuns } = await import('../../queries/unstarted-runs.ts');
  const run = (await store.listRuns(LOOKED_AT)).find((candidate) => !isEnded(candidate));
  const [unstarted] = await unstartedRuns(queues, store);
  if (unstarted && unstarted.queuedAt > (run?.createdAt ?? 0)) return unstarted.runId;
  if (run) return run.plan.id;
  throw new BtcFakeError('RUN_NOT_FOUND', 'There is no run to continue', {
    remedy: 'Start one with "btc-fake run".',
  });
}
