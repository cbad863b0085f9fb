import { hostname } from 'node:os';
import { join } from 'node:path';
import { writtenFolder } from '../../adapters/disk/output-folder.ts';
import { DeliveryStore } from '../../adapters/run-store/deliveries.ts';
import { formatInstant } from '../../domain/feeds/rows.ts';
import type { RunId } from '../../domain/ids.ts';
import { cancelledText, publishedText } from '../../domain/run/cancelled-text.ts';
import type { FailedEmployee, OutputFile } from '../../domain/run/manifest.ts';
import { feedNames, runToken } from '../../domain/run/plan.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import { STAGES, type Stage } from '../../domain/run/stages.ts';
import { summaryLine, summaryTail } from '../../domain/run/summary.ts';
import { lateMs } from '../../domain/schedule/slot.ts';
import { count, plural } from '../../domain/wording.ts';
import { failedEmployeeJobs, type RunStatus, runStatus } from '../../queries/run-status.ts';
import { findUnstarted, type UnstartedRun, unstartedStatus } from '../../queries/unstarted-runs.ts';
import type { Session } from '../session.ts';
import { printResult } from '../terminal.ts';
import { failureLines } from './failure-lines.ts';

const WHOLE_LIST_UP_TO = 50;

/** A run as `--json` gives it. */
export interface RunReport extends RunStatus {
  readonly runId: string;
  readonly seed: string;
  /** The six characters in the names of its files (RAND). */
  readonly token: string;
  readonly asOf: string;
  /** The slot of the schedule that the run is for; null when somebody asked for it. */
  readonly slot: string | null;
  /** By how much it was made too late for its slot; 0 when it was in time. */
  readonly lateMs: number;
  /** Null while the run of a slot could not be made. */
  readonly createdAt: string | null;
  readonly finishedAt: string | null;
  /** When each stage began and ended; null for what has not happened. */
  readonly stages: Readonly<Record<Stage, { readonly startedAt: string | null; readonly finishedAt: string | null }>>;
  readonly failedEmployees: readonly FailedEmployee[];
  readonly files: readonly (OutputFile & { readonly path: string })[];
  readonly manifest: string | null;
  /** The machine that wrote the files; null before there are any, and for a run of an earlier build. */
  readonly filesHost: string | null;
  /** The files of a cancelled run that had been published before. */
  readonly publishedFiles?: readonly string[];
}

/** Gathers everything there is to say about a run. */
export async function reportRun({ queues, store, settings }: Session, run: RunRecord): Promise<RunReport> {
  const status = await runStatus(queues, store, run);
  const failedEmployees: FailedEmployee[] = [...run.without];
  for await (const job of failedEmployeeJobs(queues, run.plan.id)) {
    failedEmployees.push({ employeeId: job.data.employeeId, reason: job.failedReason ?? 'unknown' });
  }
  const folder = writtenFolder(run, settings.files.outputDir);
  const pathOf = (name: string) => join(folder, name);
  return {
    runId: run.plan.id,
    ...status,
    seed: run.plan.seed,
    token: runToken(run.plan.id),
    asOf: formatInstant(run.plan.asOf),
    slot: run.slot === undefined ? null : formatInstant(run.slot),
    lateMs: lateMs(run),
    createdAt: formatInstant(run.createdAt),
    finishedAt: run.finishedAt === undefined ? null : formatInstant(run.finishedAt),
    stages: stageTimes(run),
    failedEmployees,
    files: run.manifest?.outputs.map((file) => ({ ...file, path: pathOf(file.name) })) ?? [],
    manifest: run.manifest ? pathOf(feedNames(run.plan).manifest) : null,
    filesHost: run.manifest ? (run.written?.host ?? null) : null,
    ...(run.cancelled ? { publishedFiles: await publishedFiles(queues, settings, run) } : {}),
  };
}

/**
 * The same about a run by its id, also one of a slot that could not be made yet.
 * @throws BtcFakeError RUN_NOT_FOUND.
 */
export async function reportRunById(session: Session, runId: RunId): Promise<RunReport> {
  const unstarted = await findUnstarted(session.queues, session.store, runId);
  return unstarted ? reportUnstarted(unstarted) : reportRun(session, await session.store.getRun(runId));
}

function reportUnstarted(unstarted: UnstartedRun): RunReport {
  const { runId, slot } = unstarted;
  return {
    runId,
    ...unstartedStatus(unstarted),
    seed: runId,
    token: runToken(runId),
    asOf: formatInstant(slot),
    slot: formatInstant(slot),
    lateMs: 0,
    createdAt: null,
    finishedAt: null,
    stages: stageTimes({ stageStartedAt: {}, stageFinishedAt: {} }),
    failedEmployees: [],
    files: [],
    manifest: null,
    filesHost: null,
  };
}

function stageTimes({
  stageStartedAt,
  stageFinishedAt,
}: Pick<RunRecord, 'stageStartedAt' | 'stageFinishedAt'>): RunReport['stages'] {
  const iso = (instant: number | undefined) => (instant === undefined ? null : new Date(instant).toISOString());
  const times = STAGES.map((stage) => [
    stage,
    { startedAt: iso(stageStartedAt[stage]), finishedAt: iso(stageFinishedAt[stage]) },
  ]);
  return Object.fromEntries(times);
}

/** Prints how a run ended, for a person: the employees (all of a small run), what was done without, and the files. */
export async function printRunEnd(session: Session, run: RunRecord | undefined, report: RunReport): Promise<void> {
  if (run?.manifest && run.population.count <= WHOLE_LIST_UP_TO) await printEmployees(session, run);
  else if (run?.manifest) printTotals(run);
  printResult('');
  if (report.cancelled) printResult(cancelledLine(report));
  if (report.files.length > 0) {
    printResult(`Files${elsewhere(report)}`);
    for (const { path, rows } of report.files)
      printResult(`  ${path} (${plural(rows, path.endsWith('.txt') ? 'line' : 'row')})`);
    printResult(`  ${report.manifest}`);
  }
  printFailed(report);
}

/** ` on worker-2` for files that another machine wrote; nothing for those of this one. */
function elsewhere({ filesHost }: RunReport): string {
  return filesHost === null || filesHost === hostname() ? '' : ` on ${filesHost}`;
}

async function publishedFiles({ redis }: Session['queues'], settings: Session['settings'], { plan }: RunRecord) {
  return new DeliveryStore(redis, settings.run.retentionMs).delivered(plan.id);
}

/** Who cancelled a run, when, how far it was, and what of it had been published. */
export function cancelledLine({ runId, cancelled, publishedFiles: names = [] }: RunReport): string {
  return `Run ${runId} ${cancelledText(cancelled!)}; ${publishedText(names)}`;
}

/** Prints the failed employees and what can be done about them. */
export function printFailed({ runId, state, reason, failedEmployees, stage }: RunReport): void {
  if (state === 'failed') {
    printResult(`The stage ${stage} failed: ${reason}`);
    printResult(`When the cause is fixed: btc-fake retry ${runId}`);
  }
  if (failedEmployees.length === 0 || state === 'cancelled') return;
  const title = state === 'finished' ? 'Finished without' : 'Failed';
  printResult(`${title}: ${plural(failedEmployees.length, 'employee')}`);
  for (const line of failureLines(failedEmployees)) printResult(`  ${line}`);
  if (state === 'finished') return;
  printResult(`Re-queue them:         btc-fake retry ${runId}`);
  printResult(`Or finish without them: btc-fake finish ${runId} --without-failed`);
}

async function printEmployees({ store }: Session, run: RunRecord): Promise<void> {
  for await (const employees of store.readEmployees(run.plan)) {
    for (const { employee, result } of employees) if (result) printResult(summaryLine(employee.id, result.completions));
  }
  const { assignments, notices } = run.manifest!;
  const contents = await store.readCatalog(run.plan.id, 'StandAloneContent');
  const titles = new Map(contents.map(({ id, title }) => [id, title]));
  const tail = summaryTail({ assignments, titles, notices, failedEmployees: [], fileNames: [] });
  // The files follow with their folder and their rows.
  for (const line of tail.slice(0, tail.lastIndexOf('Files') - 1)) printResult(line);
}

function printTotals(run: RunRecord): void {
  const { counts, notices } = run.manifest!;
  for (const [type, { employees, completions }] of Object.entries(counts.byType)) {
    printResult(`Type ${type}: ${plural(employees, 'employee')}, ${plural(completions, 'completion')}`);
  }
  const { manager, ai } = counts.completionsBySource;
  printResult(`Completions: ${count(manager)} of the manager's, ${count(ai)} of the recommender's`);
  if (notices.length > 0) printResult('Notices');
  for (const { text } of notices) printResult(`  ${text}`);
}
