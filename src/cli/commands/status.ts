import { hostname } from 'node:os';
import type { Command } from 'commander';
import { cancelledText, publishedText } from '../../domain/run/cancelled-text.ts';
import type { RunName } from '../../domain/run/name.ts';
import { unservedText } from '../../domain/run/unserved-stage.ts';
import { count, duration, plural } from '../../domain/wording.ts';
import { RUN_ARGUMENT, runArgument } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { RunReport } from '../run/report.ts';
import { printJson, printResult } from '../terminal.ts';

/** `btc-fake status`: how one run stands. */
export function statusCommand(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('status')
    .description('show how a run stands: counts, failed employees with their reasons, files')
    .argument('<run>', RUN_ARGUMENT, runArgument)
    .option('--json', 'print one JSON object as the result')
    .addHelpText('after', '\nExample:\n  btc-fake status run-20251028T110000Z-ab12cd --json')
    .action(async (name: RunName, { json }: { json?: boolean }) => {
      const { printFailed, reportRunById } = await import('../run/report.ts');
      const { findRunId } = await import('../../queries/find-run.ts');
      const { openCommandContext, withSession } = await import('../session.ts');
      const report = await withSession(openCommandContext(), async (session) =>
        reportRunById(session, await findRunId(session.queues, session.store, name)),
      );
      if (json) printJson(report);
      else {
        printStatus(report);
        printFailed(report);
      }
      done(exitCodeOf(report));
    });
}

function printStatus(report: RunReport): void {
  const { counts, files, filesHost, outage, unserved, warehouse } = report;
  printResult(`Run      ${report.runId}`);
  printResult(`State    ${report.state} (${report.stage})`);
  if (report.slot !== null) {
    printResult(`Slot     ${report.slot}${report.lateMs > 0 ? `, made ${duration(report.lateMs)} late` : ''}`);
  }
  printResult(`Started  ${report.createdAt ?? 'not yet'}${report.finishedAt ? `, finished ${report.finishedAt}` : ''}`);
  printResult(`Seed     ${report.seed}`);
  printResult(`As of    ${report.asOf}`);
  printResult(`Files    *_${report.token}.*`);
  printResult(
    `Done     ${count(counts.done)} of ${plural(counts.employees, 'employee')}, ${count(counts.failed)} failed`,
  );
  if (report.cancelled) {
    printResult(`Stopped  ${cancelledText(report.cancelled)}`);
    printResult(`         ${publishedText(report.publishedFiles ?? [])}`);
  }
  if (outage) {
    printResult(`Paused   since ${new Date(outage.since).toISOString()}: the recommender fails for everybody`);
    printResult(`         ${outage.reason}`);
    printResult(`         next probe at ${new Date(outage.nextTryAt).toISOString()}; nothing is lost meanwhile`);
  }
  if (unserved) {
    const { what, workers, remedy } = unservedText(unserved);
    printResult(`Waiting  ${what}`);
    for (const line of [...workers, remedy]) printResult(`         ${line}`);
  }
  if (warehouse) {
    printResult(`Waiting  since ${new Date(warehouse.since).toISOString()} for the SQL warehouse`);
    printResult(`         ${warehouse.reason}`);
    printResult(`         it is asked again until ${new Date(warehouse.until).toISOString()}; no attempt is used up`);
  }
  for (const { path, rows } of files) printResult(`File     ${path} (${count(rows)})`);
  if (filesHost !== null && filesHost !== hostname()) printResult(`On       ${filesHost}`);
}

function exitCodeOf({ state, failedEmployees }: RunReport): ExitCode {
  if (state === 'failed' || state === 'cancelled') return EXIT.error;
  return (state === 'finished' || state === 'incomplete') && failedEmployees.length > 0
    ? EXIT.failedEmployees
    : EXIT.ok;
}
