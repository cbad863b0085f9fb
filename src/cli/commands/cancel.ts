import { hostname, userInfo } from 'node:os';
import type { Command } from 'commander';
import type { RunName } from '../../domain/run/name.ts';
import { count, plural } from '../../domain/wording.ts';
import { RUN_ARGUMENT, runArgument } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printProgress } from '../terminal.ts';

/**
 * A call to the recommender takes this long at the most, unless API_TIMEOUT says more; a lock of a worker that is gone
 * as long.
 */
const WAIT_MS = 35_000;

/** `btc-fake cancel`: stops a run for good. */
export function cancelCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('cancel')
    .description('stop a run for good: nothing more is done for it, and nothing of it is published')
    .argument('<run>', RUN_ARGUMENT, runArgument)
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake cancel run-20251028T110000Z-ab12cd')
    .action(async (name: RunName, { json }: { json?: boolean }) => {
      const { cancelRun, takeOffUntil } = await import('../../producers/cancel-run.ts');
      const { removeEarlyFiles } = await import('../../workers/stages/early-files.ts');
      const { cancelledLine, reportRun } = await import('../run/report.ts');
      const { findRunId } = await import('../../queries/find-run.ts');
      const { openCommandContext, withSession } = await import('../session.ts');
      await withSession(openCommandContext(), async (session) => {
        const { queues, store, settings } = session;
        const runId = await findRunId(queues, store, name);
        const by = `${userInfo().username} on ${hostname()}`;
        const { retentionMs } = settings.run;
        const isNew = await cancelRun(queues, store, runId, { by, now: Date.now(), retentionMs });
        if (!isNew) printProgress(`Run ${runId} was cancelled before`);
        const { removed, inHand } = await takeOffUntil(queues, runId, WAIT_MS);
        const run = await store.getRun(runId);
        const files = await removeEarlyFiles(run, settings.files.outputDir);
        const report = await reportRun(session, run);
        if (json) {
          printJson({ ...report, jobsRemoved: removed, jobsInHand: inHand, filesRemoved: files });
          return;
        }
        printProgress(cancelledLine(report));
        printProgress(`Jobs taken off the queues: ${count(removed)}`);
        if (inHand > 0) printProgress(`Workers still hold ${plural(inHand, 'job')}; they end within a minute`);
        for (const file of files) printProgress(`Removed ${file}`);
        printProgress(`To remove what is kept of it: btc-fake delete ${runId}`);
      });
      done(EXIT.ok);
    });
}
