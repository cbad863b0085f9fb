import { secretCutter } from '../../adapters/process/secret-cutter.ts';
import { CLOCK_TOLERANCE_MS, type WorkerEntry } from '../../adapters/shared-state/worker-registry.ts';
import { formatInstant } from '../../domain/feeds/rows.ts';
import { localSlot } from '../../domain/schedule/slot.ts';
import type { SlotDecision } from '../../domain/schedule/slot-decision.ts';
import { count, duration } from '../../domain/wording.ts';
import { whyWithoutRun } from '../../producers/slot-without-run.ts';
import type { ReportedSlot, ScheduleReport } from '../../queries/schedule-report.ts';
import { type Html, html } from '../page/html.ts';
import { localTime, slotTime } from '../page/local-time.ts';
import { runPath } from '../runs/address.ts';

const STANDING: Readonly<Record<ScheduleReport['standing'], Html>> = {
  applied: html`<span class="state good">applied</span>`,
  different: html`<span class="state warn">another one is applied</span>`,
  removed: html`<span class="state warn">removed</span>`,
  'not applied': html`<span class="state warn">not applied yet</span>`,
};

const OUTCOME: Readonly<Record<SlotDecision['outcome'], string>> = {
  starting: 'is being started',
  started: 'started',
  skipped: 'skipped',
  missed: 'missed',
};

/**
 * What a view of the schedule needs besides the report: the time of day, epoch milliseconds, and what must not be seen.
 */
interface ViewOptions {
  readonly now: number;
  readonly secrets: readonly string[];
}

/** How the schedule stands, as the body of a page. */
export function scheduleView(report: ScheduleReport, options: ViewOptions): Html {
  return html`${missed(report)}
${whatCounts(report, options)}
${slots(report, secretCutter(options.secrets))}
${workers(report, options)}`;
}

function missed({ toMakeUp, state, wanted, slots: past }: ScheduleReport): Html | false {
  if (toMakeUp === undefined) return false;
  const { timeZone } = state.applied ?? wanted;
  const decision = past.find(({ slot }) => slot === toMakeUp);
  return html`<div class="notice warn"><p><strong>The last slot, ${slotTime(toMakeUp, timeZone)}, has no run.</strong>
It was ${decision === undefined ? 'not started by anybody' : becameOf(decision, timeZone)}.</p>
<form method="post" action="/schedule/make-up"><input type="hidden" name="slot" value="${toMakeUp}"><button>Start it now, late</button></form></div>`;
}

function whatCounts({ standing, state, wanted, next }: ScheduleReport, { now }: ViewOptions): Html {
  const counts = state.applied ?? wanted;
  const isOn = state.applied !== undefined;
  return html`<section class="panel" aria-labelledby="counts"><h2 id="counts">When runs start by themselves</h2>
<dl class="facts">
<div><dt>State</dt><dd>${STANDING[standing]}</dd></div>
<div><dt>Cron</dt><dd><code>${counts.cron}</code></dd></div>
<div><dt>Time zone</dt><dd>${counts.timeZone}</dd></div>
${isOn && html`<div><dt>Applied</dt><dd>${localTime(state.applied.appliedAt, counts.timeZone)}</dd></div>`}
${state.removedAt !== undefined && html`<div><dt>Removed</dt><dd>${localTime(state.removedAt, counts.timeZone)}</dd></div>`}
</dl>
${standing === 'different' && html`<p class="notice warn">The settings of this dashboard say <code>${wanted.cron}</code> in ${wanted.timeZone}.</p>`}
<h3>${isOn ? 'Next slots' : 'Slots that it would have'}</h3>
<ol>${next.map(
    (slot) =>
      html`<li>${slotTime(slot, counts.timeZone)} <span class="muted">(${formatInstant(slot)}, in ${duration(slot - now)})</span></li>`,
  )}</ol>
<div class="actions">
${standing !== 'applied' && html`<form method="post" action="/schedule/apply"><button>Apply ${wanted.cron} in ${wanted.timeZone}</button></form>`}
${
  isOn &&
  html`<details><summary>Remove the schedule …</summary>
<form method="post" action="/schedule/remove" data-confirm="Remove the schedule? Nothing starts by itself until it is applied again.">
<p>Nothing starts by itself until it is applied again. Runs that have begun continue.</p>
<button class="danger">Remove the schedule</button></form></details>`
}
</div></section>`;
}

function slots({ slots: past, state, wanted }: ScheduleReport, cutSecrets: (text: string) => string): Html {
  const { timeZone } = state.applied ?? wanted;
  return html`<section class="panel" aria-labelledby="slots"><h2 id="slots">Last slots</h2>
${
  past.length === 0
    ? html`<p>No slot has come yet.</p>`
    : html`<table class="cards">
<thead><tr><th scope="col">Slot (${timeZone})</th><th scope="col">Outcome</th><th scope="col">Run</th></tr></thead>
<tbody>${past.map(
        (slot) => html`<tr><th scope="row" data-label="Slot">${slotTime(slot.slot, timeZone)}</th>
<td data-label="Outcome">${becameOf(slot, timeZone)}</td>
<td data-label="Run"><span>${runOf(slot, cutSecrets)}</span></td></tr>`,
      )}</tbody></table>`
}</section>`;
}

/** What became of a slot, and why, when it has no run. */
function becameOf(decision: SlotDecision, timeZone: string): Html {
  const { outcome, inTheWay } = decision;
  if (outcome !== 'missed' && outcome !== 'skipped') return html`${OUTCOME[outcome]}`;
  const why = whyWithoutRun(decision, (slot) => localSlot(slot, timeZone));
  if (inTheWay === undefined) return html`${OUTCOME[outcome]}: ${why}`;
  const [before, after] = why.split(inTheWay);
  return html`${OUTCOME[outcome]}: ${before}<a href="${runPath(inTheWay)}">${inTheWay}</a>${after}`;
}

function runOf({ runId, run, lateMs }: ReportedSlot, cutSecrets: (text: string) => string): Html {
  if (!run) return html`none`;
  return html`<a href="${runPath(runId)}">${runId}</a> <span class="state ${run.state}">${run.state}</span>${
    lateMs > 0 && html` <span class="state warn">${duration(lateMs)} late</span>`
  }${run.reason !== undefined && html`<br>${cutSecrets(run.reason)}`}`;
}

function workers({ workers: alive, isServed, state }: ScheduleReport, { now }: ViewOptions): Html {
  return html`<section class="panel" aria-labelledby="workers"><h2 id="workers">Live workers</h2>
${
  !isServed &&
  html`<p class="notice ${state.applied ? 'bad' : 'warn'}"><strong>No worker would start the next run.</strong> Start a worker: <code>btc-fake worker</code></p>`
}
${
  alive.length > 0 &&
  html`<table class="cards">
<thead><tr><th scope="col">Host</th><th scope="col">Version</th><th scope="col">Queues</th><th scope="col" class="number">Employees at once</th><th scope="col">Since</th><th scope="col">Clock</th></tr></thead>
<tbody>${alive.map(
    (
      worker,
    ) => html`<tr><th scope="row" data-label="Host">${worker.host} (${worker.pid})</th><td data-label="Version">${worker.version}</td>
<td data-label="Queues">${worker.queues.join(', ')}</td><td class="number" data-label="Employees at once">${count(worker.concurrency)}</td>
<td data-label="Since">${duration(Math.max(0, now - worker.startedAt))}</td><td data-label="Clock">${clock(worker)}</td></tr>`,
  )}</tbody></table>`
}</section>`;
}

function clock({ clockDifferenceMs: difference }: WorkerEntry): Html {
  if (difference === null) return html`not measured yet`;
  const side = difference < 0 ? 'behind' : 'ahead';
  const text = `${duration(Math.abs(difference))} ${side}`;
  return Math.abs(difference) > CLOCK_TOLERANCE_MS
    ? html`<span class="state bad">${text}</span> Set the clock of this host.`
    : html`${text}`;
}
