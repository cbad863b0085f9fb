import type { OutageNote } from '../../adapters/shared-state/outage-note.ts';
import type { WarehouseWait } from '../../adapters/shared-state/warehouse-wait.ts';
import { cancelledText } from '../../domain/run/cancelled-text.ts';
import type { Pace } from '../../domain/run/pace.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import { type UnservedStage, unservedText } from '../../domain/run/unserved-stage.ts';
import { lateMs } from '../../domain/schedule/slot.ts';
import { count, duration, plural } from '../../domain/wording.ts';
import { isEnded, isFinished, lastDoneAt, type RunState, type RunStatus } from '../../queries/run-status.ts';
import { type Html, html } from '../page/html.ts';
import { localTime } from '../page/local-time.ts';
import { runPath } from './address.ts';
import type { RunView } from './views.ts';

/** What each state means for the reader. */
const MEANINGS: Readonly<Record<RunState, string>> = {
  queued: 'No worker has started the run yet.',
  running: 'Workers are on it, or the run waits for a worker.',
  failed: 'A stage failed. Re-queue the stage to continue the run.',
  incomplete: 'All other employees are done. Re-queue the failed employees, or finish without them.',
  finished: 'The files are there.',
  cancelled: 'Somebody stopped the run. Nothing more of it is done or published.',
};

/**
 * How a run stands: its state, what it means, what workers wait for, and what can be done about a stage that failed.
 */
export function runState({ run, status }: RunView): Html {
  const { state, stage, reason, outage, unserved, warehouse } = status;
  return html`<p><span class="state ${state}">${state}</span> ${MEANINGS[state]}</p>
${
  state === 'failed' &&
  html`<div class="notice bad">
<p><strong>The stage ${stage} failed</strong></p>
<p class="reason">${reason}</p>
<form method="post" action="${runPath(run.plan.id)}/requeue"><input type="hidden" name="what" value="stage">
<button>Re-queue the stage</button></form>
</div>`
}${run.cancelled && html`<p class="notice warn">It ${cancelledText(run.cancelled)}.</p>`}${outage && paused(outage, run.plan.timeZone)}${unserved && waiting(unserved)}${warehouse && starting(warehouse, run.plan.timeZone)}${
  !isEnded(run) && html`<p><a class="button quiet" href="${runPath(run.plan.id)}/cancel">Cancel the run</a></p>`
}`;
}

/** Why the run stands still: no worker has what the stage needs. */
function waiting(unserved: UnservedStage): Html {
  const { what, workers, remedy } = unservedText(unserved);
  return html`<div class="notice warn">
<p><strong>${what}</strong></p>
${workers.length > 0 && html`<ul>${workers.map((line) => html`<li>${line}</li>`)}</ul>`}
<p>${remedy}</p>
</div>`;
}

/** Why no assignments are made: the SQL warehouse is starting. */
function starting({ since, reason, until }: WarehouseWait, timeZone: string): Html {
  return html`<div class="notice warn">
<p><strong>Waiting for the SQL warehouse since ${localTime(since, timeZone)}</strong></p>
<p class="reason">${reason}</p>
<p>The warehouse is asked again until ${localTime(until, timeZone)}. No attempt is used up, and nothing is lost meanwhile.</p>
</div>`;
}

/** Why nobody is being done: the recommender fails for everybody. */
function paused({ since, reason, nextTryAt }: OutageNote, timeZone: string): Html {
  return html`<div class="notice warn">
<p><strong>Workers have paused since ${localTime(since, timeZone)}: the recommender fails for everybody</strong></p>
<p class="reason">${reason}</p>
<p>They probe again at ${localTime(nextTryAt, timeZone)}, and continue by themselves. Nothing is lost meanwhile.</p>
</div>`;
}

/** How far a run is: the bar, the counts, the pace and the times. */
export function runProgress({ run, status, pace, now }: RunView): Html {
  const { counts } = status;
  const { timeZone } = run.plan;
  const over = counts.done + counts.failed;
  return html`<progress max="${counts.employees}" value="${counts.done}" aria-label="Employees done">${percent(counts)}</progress>
<dl class="facts">
<div><dt>Done</dt><dd>${count(counts.done)} of ${plural(counts.employees, 'employee')} (${percent(counts)})</dd></div>
<div><dt>${isFinished(run) ? 'Left out' : 'Failed'}</dt><dd>${count(counts.failed)}</dd></div>
${pace && paceFacts(pace, counts.employees - over)}
<div><dt>${run.slot === undefined ? 'Started' : 'Slot'}</dt><dd>${slotOf(run)}</dd></div>
${run.finishedAt !== undefined && html`<div><dt>Finished</dt><dd>${localTime(run.finishedAt, timeZone)}</dd></div>`}
<div><dt>Duration</dt><dd>${durationOf(run, now)}</dd></div>
</dl>`;
}

function paceFacts({ perSecond, leftMs }: Pace, left: number): Html {
  const rate = perSecond >= 10 ? count(Math.round(perSecond)) : perSecond.toFixed(1);
  return html`<div><dt>Rate</dt><dd>${rate} a second</dd></div>
<div><dt>Time left</dt><dd>${left <= 0 ? 'none' : leftMs === undefined ? 'unknown: no employee is being done' : `about ${duration(leftMs)}`}</dd></div>`;
}

/** When a run was started, or the slot that it is for, and by how much it was late. */
export function slotOf(run: Pick<RunRecord, 'slot' | 'createdAt' | 'plan'>): Html {
  const { slot, createdAt, plan } = run;
  const late = lateMs({ createdAt, ...(slot === undefined ? {} : { slot }) });
  return html`${localTime(slot ?? createdAt, plan.timeZone)}${late > 0 && html` <span class="state warn">${duration(late)} late</span>`}`;
}

/** How long a run took, or has taken so far. */
export function durationOf(run: RunRecord, now: number): string {
  const endedAt = run.cancelled?.at ?? (isEnded(run) ? lastDoneAt(run) : undefined);
  return endedAt === undefined
    ? `${duration(Math.max(0, now - run.createdAt))} so far`
    : duration(Math.max(0, endedAt - run.createdAt));
}

/** Rounded down, so that 100 % means all. */
function percent({ done, employees }: RunStatus['counts']): string {
  return `${employees === 0 ? 0 : Math.floor((done / employees) * 100)} %`;
}
