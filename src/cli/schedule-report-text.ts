import { clockIsOff, type WorkerEntry } from '../adapters/shared-state/worker-registry.ts';
import { formatInstant } from '../domain/feeds/rows.ts';
import { localSlot } from '../domain/schedule/slot.ts';
import type { SlotDecision } from '../domain/schedule/slot-decision.ts';
import { duration, plural } from '../domain/wording.ts';
import { whyWithoutRun } from '../producers/slot-without-run.ts';
import type { ReportedSlot, ScheduleReport } from '../queries/schedule-report.ts';
import { table } from './terminal.ts';

const SHOWN_WORKERS = 10;
/** Half a year of weeks. */
const WITHOUT_RUN = 26;

/** What `btc-fake schedule show` says to a person. */
export function scheduleLines(report: ScheduleReport): string[] {
  const { state, wanted, next } = report;
  const { timeZone } = state.applied ?? wanted;
  return [
    ...headLines(report),
    '',
    state.applied ? 'Next runs' : 'Next runs, were it applied',
    ...indented(next.map((slot) => slotText(slot, timeZone))),
    ...section('Last runs', runLines(report, timeZone)),
    ...section(
      'Slots without a run',
      slotsWithoutRun(report).map(
        (decision) => `${slotText(decision.slot, timeZone)}   ${whyWithout(decision, timeZone)}`,
      ),
    ),
    ...section('Workers that start runs', workerLines(report)),
  ];
}

/** The last slots that were skipped or missed, newest first. */
export function slotsWithoutRun({ state }: ScheduleReport): SlotDecision[] {
  return state.decisions.filter(({ outcome }) => outcome === 'skipped' || outcome === 'missed').slice(0, WITHOUT_RUN);
}

function headLines({ standing, state, wanted }: ScheduleReport): string[] {
  const { cron, timeZone } = state.applied ?? wanted;
  const applied = `applied ${formatInstant(state.applied?.appliedAt ?? 0)}`;
  const how = {
    applied,
    different: applied,
    removed: 'removed; put it back with: btc-fake schedule apply',
    'not applied': 'not applied; a worker does so when it starts, or: btc-fake schedule apply',
  }[standing];
  const lines = [`Schedule  ${cron} in ${timeZone}, ${how}`];
  if (standing === 'different') {
    lines.push(
      `          The settings here say ${wanted.cron} in ${wanted.timeZone}; make that count with: btc-fake schedule apply`,
    );
  }
  return lines;
}

function slotText(slot: number, timeZone: string): string {
  return `${localSlot(slot, timeZone)}   ${formatInstant(slot)}`;
}

function runLines({ slots }: ScheduleReport, timeZone: string): string[] {
  const started = slots.filter(({ outcome }) => outcome === 'started' || outcome === 'starting');
  if (started.length === 0) return ['none yet'];
  const rows = started.map((slot) => [slot.runId, stateText(slot), slotText(slot.slot, timeZone)]);
  const stuck = started.filter(couldNotStart);
  return [
    ...table(['RUN', 'STATE', 'SLOT'], rows),
    ...stuck.flatMap(({ runId, run }) => [
      `Run ${runId} could not start: ${run?.reason}`,
      `When the cause is fixed: btc-fake retry ${runId}`,
    ]),
  ];
}

function couldNotStart({ run }: ReportedSlot): boolean {
  return run?.state === 'failed' && run.stage === 'run-start';
}

function stateText(slot: ReportedSlot): string {
  const state = couldNotStart(slot) ? 'could not start' : (slot.run?.state ?? 'expired');
  return slot.lateMs > 0 ? `${state}, made ${duration(slot.lateMs)} late` : state;
}

function whyWithout(decision: SlotDecision, timeZone: string): string {
  return `${decision.outcome}: ${whyWithoutRun(decision, (slot) => localSlot(slot, timeZone))}`;
}

function workerLines({ workers, isServed }: ScheduleReport): string[] {
  const starters = workers.filter(({ queues }) => queues.includes('run-start'));
  const rows = starters
    .slice(0, SHOWN_WORKERS)
    .map(({ host, pid, version, startedAt }) => [host, String(pid), version, formatInstant(startedAt)]);
  return [
    ...(isServed
      ? table(['HOST', 'PROCESS', 'VERSION', 'SINCE'], rows)
      : ['none is alive, so nobody would start the next run. Start one with: btc-fake worker']),
    ...(starters.length > rows.length ? [`and ${plural(starters.length - rows.length, 'more worker')}`] : []),
    ...workers.filter(clockIsOff).map(clockText),
  ];
}

function clockText({ host, pid, clockDifferenceMs }: WorkerEntry): string {
  const by = duration(Math.abs(clockDifferenceMs ?? 0));
  const side = (clockDifferenceMs ?? 0) > 0 ? 'ahead of' : 'behind';
  return `The clock of ${host} (process ${pid}) is ${by} ${side} Redis'; set it right (NTP)`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...indented(lines)];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
