import type { Command } from 'commander';
import { duration } from '../../domain/wording.ts';
import type { RunState } from '../../queries/run-status.ts';
import { wholeNumberArgument } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printProgress, printResult, table } from '../terminal.ts';

/** A table is for a screen. */
const LONGEST_SEED = 30;

interface RunRow {
  readonly runId: string;
  readonly state: RunState;
  /** The six characters in the names of its files (RAND). */
  readonly token: string;
  readonly asOf: string;
  readonly seed: string;
  /** Why a stage failed. */
  readonly reason: string | null;
  readonly slot: string | null;
  readonly lateMs: number;
  /** Null: the run of a slot that could not be made. */
  readonly createdAt: string | null;
  readonly took: number | null;
  readonly employees: number;
  readonly done: number;
  readonly failed: number;
}

/** `btc-fake runs`: what ran, when and how it stands. */
export function runsCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('runs')
    .description('list the runs, newest first')
    .option('--limit <n>', 'how many', wholeNumberArgument(1, 1000), 20)
    .option('--json', 'print one JSON array as the result')
    .addHelpText('after', '\nExample:\n  btc-fake runs --limit 5')
    .action(async ({ limit, json }: { limit: number; json?: boolean }) => {
      const { formatInstant } = await import('../../domain/feeds/rows.ts');
      const { runToken } = await import('../../domain/run/plan.ts');
      const { lateMs } = await import('../../domain/schedule/slot.ts');
      const { runStatus } = await import('../../queries/run-status.ts');
      const { unstartedRuns, unstartedStatus } = await import('../../queries/unstarted-runs.ts');
      const { openCommandContext, withSession } = await import('../session.ts');
      await withSession(openCommandContext(), async ({ store, queues }) => {
        const begun = await store.listRuns(limit);
        const unstarted = await unstartedRuns(queues, store);
        const rows: (RunRow & { readonly at: number })[] = unstarted.map((run) => {
          const { state, counts } = unstartedStatus(run);
          const slot = formatInstant(run.slot);
          const reason = run.reason ?? null;
          return {
            runId: run.runId,
            state,
            token: runToken(run.runId),
            asOf: slot,
            seed: run.runId,
            reason,
            slot,
            lateMs: 0,
            createdAt: null,
            took: null,
            ...counts,
            at: run.queuedAt,
          };
        });
        for (const run of begun) {
          const { state, counts, reason = null } = await runStatus(queues, store, run);
          rows.push({
            runId: run.plan.id,
            state,
            token: runToken(run.plan.id),
            asOf: formatInstant(run.plan.asOf),
            seed: run.plan.seed,
            reason,
            slot: run.slot === undefined ? null : formatInstant(run.slot),
            lateMs: lateMs(run),
            createdAt: formatInstant(run.createdAt),
            took: run.finishedAt === undefined ? null : run.finishedAt - run.createdAt,
            ...counts,
            at: run.createdAt,
          });
        }
        const shown = rows.sort((a, b) => b.at - a.at).slice(0, limit);
        if (json) printJson(shown.map(({ took, at: _, ...row }) => ({ ...row, durationMs: took })));
        else if (shown.length === 0) printProgress('There are no runs yet; start one with: btc-fake run');
        else for (const line of runTable(shown)) printResult(line);
      });
      done(EXIT.ok);
    });
}

function runTable(rows: readonly RunRow[]): string[] {
  const cells = rows.map((row) => [
    row.runId,
    row.lateMs > 0 ? `${row.state}, ${duration(row.lateMs)} late` : row.state,
    row.createdAt ?? 'not yet',
    row.took === null ? '-' : duration(row.took),
    row.employees,
    row.done,
    row.failed,
    row.token,
    row.asOf,
    seedText(row),
  ]);
  const reasons = rows.filter(({ createdAt, reason }) => createdAt === null && reason !== null);
  return [
    ...table(['RUN', 'STATE', 'STARTED', 'TOOK', 'EMPLOYEES', 'DONE', 'FAILED', 'FILES', 'AS OF', 'SEED'], cells),
    ...reasons.flatMap(({ runId, reason }) => [
      `Run ${runId} could not start: ${reason}`,
      `When the cause is fixed: btc-fake retry ${runId}`,
    ]),
  ];
}

/** The whole seed is in `--json` and `status`. */
function seedText({ seed, runId }: RunRow): string {
  if (seed === runId) return 'its id';
  return seed.length > LONGEST_SEED ? `${seed.slice(0, LONGEST_SEED)}…` : seed;
}
