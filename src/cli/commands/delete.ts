import type { Command } from 'commander';
import type { RunName } from '../../domain/run/name.ts';
import { RUN_ARGUMENT, runArgument } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printProgress } from '../terminal.ts';

/** `btc-fake delete`: removes what is kept of a run that has ended. */
export function deleteCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('delete')
    .description('remove what Redis keeps of a run that has ended; its files stay')
    .argument('<run>', RUN_ARGUMENT, runArgument)
    .addHelpText('after', '\nExample:\n  btc-fake delete run-20251028T110000Z-ab12cd')
    .action(async (name: RunName) => {
      const { deleteRun } = await import('../../producers/delete-run.ts');
      const { findRunId } = await import('../../queries/find-run.ts');
      const { openCommandContext, withSession } = await import('../session.ts');
      const { runId, landedIn } = await withSession(openCommandContext(), async ({ queues, store }) => {
        const found = await findRunId(queues, store, name);
        const run = await store.findRun(found);
        await deleteRun(queues, store, found);
        return { runId: found, landedIn: run?.landedAt === undefined ? undefined : run.sources?.lakehouse };
      });
      const landed = landedIn ? `, and what has landed in ${landedIn}` : '';
      printProgress(`Removed what was kept of run ${runId}; its files stay${landed}`);
      done(EXIT.ok);
    });
}
