import type { Command } from 'commander';
import { duration } from '../domain/wording.ts';
import type { RunState } from '../producers/run-status.ts';
import { wholeNumberArgument } from './arguments.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { printJson, printProgress, printResult, table } from './terminal.ts';

/** `btc-fake runs`: what ran, when and how it stands. */
export function runsCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('runs')
    .description('list the runs, newest first')
    .option('--limit <n>', 'how many', wholeNumberArgument(1, 1000), 20)
    .option('--json', 'print one JSON array as the result')
    .addHelpText('after', '\nExample:\n  btc-fake runs --limit 5')
    .action(async ({ limit, json }: { limit: number; json?: boolean }) => {
      const { formatInstant } = await import('../domain/feed-rows.ts');
      const { runStatus } = await import('../producers/run-status.ts');
      const { openBasics, withSession } = await import('./session.ts');
      await withSession(openBasics(), async ({ store, queues }) => {
        const rows: {
          runId: string;
          state: RunState;
          createdAt: string;
          took: number | null;
          employees: number;
          done: number;
          failed: number;
        }[] = [];
        for (const run of await store.listRuns(limit)) {
          const { state, counts } = await runStatus(queues, store, run);
          const took = run.finishedAt === undefined ? null : run.finishedAt - run.createdAt;
          rows.push({ runId: run.plan.id, state, createdAt: formatInstant(run.createdAt), took, ...counts });
        }
        if (json) printJson(rows.map(({ took, ...row }) => ({ ...row, durationMs: took })));
        else if (rows.length === 0) printProgress('There are no runs yet; start one with: btc-fake run');
        else {
          const cells = rows.map((r) => [
            r.runId,
            r.state,
            r.createdAt,
            r.took === null ? '-' : duration(r.took),
            r.employees,
            r.done,
            r.failed,
          ]);
          for (const line of table(['RUN', 'STATE', 'STARTED', 'TOOK', 'EMPLOYEES', 'DONE', 'FAILED'], cells))
            printResult(line);
        }
      });
      done(EXIT.ok);
    });
}
