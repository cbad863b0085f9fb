import type { RunId } from '../../domain/ids.ts';
import { count, plural } from '../../domain/wording.ts';
import type { FailureGroup } from '../../queries/failure-groups.ts';
import { isEnded } from '../../queries/run-status.ts';
import { type Html, html } from '../page/html.ts';
import { runPath } from '../runs/address.ts';
import type { RunView } from '../runs/views.ts';
import { employeePath } from './search.ts';

/** So that a page stays small whatever has failed; the page of all failed employees has the rest. */
const GROUPS_SHOWN = 12;
const EMPLOYEES_SHOWN = 10;
const LONGEST_REASON = 600;

/** The failed employees of a run by reason, with what can be done; nothing when nobody has failed. */
export function failedGroups(view: RunView): Html {
  const { run, status, failures } = view;
  if (failures.total === 0) return html``;
  const { id } = run.plan;
  const ended = isEnded(run);
  const shown = failures.groups.slice(0, GROUPS_SHOWN);
  const title = ended ? 'Finished without' : 'Failed';
  return html`<section class="panel" aria-labelledby="failed-title">
<h2 id="failed-title">${title}: ${plural(failures.total, 'employee')}</h2>
${
  failures.grouped < failures.total &&
  html`<p>By reason, of the newest ${count(failures.grouped)}; each button re-queues all of its reason.</p>`
}
${!ended && actions(id, failures.total, status.state === 'incomplete')}
${shown.map((group) => groupPart(id, group, !ended))}
${failures.groups.length > shown.length && html`<p>And ${plural(failures.groups.length - shown.length, 'other reason')}.</p>`}
<p><a href="${runPath(id)}/failed">All ${ended ? 'who were left out' : 'failed employees'}, one by one</a></p>
</section>`;
}

function actions(runId: RunId, total: number, canFinish: boolean): Html {
  return html`<div class="actions">
<form method="post" action="${runPath(runId)}/requeue"><input type="hidden" name="what" value="all">
<button>Re-queue all ${count(total)}</button></form>
${
  canFinish
    ? html`<a class="button quiet" href="${runPath(runId)}/finish">Finish without them…</a>`
    : html`<span class="muted">Finishing without them is possible when all others are done.</span>`
}
</div>`;
}

function groupPart(runId: RunId, { id, reason, employeeIds }: FailureGroup, canRequeue: boolean): Html {
  const rest = employeeIds.length - EMPLOYEES_SHOWN;
  const text = reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason;
  return html`<article class="failure-group">
<h3>${plural(employeeIds.length, 'employee')}</h3>
<p class="reason">${text}</p>
<form method="post" action="${runPath(runId)}/requeue">
${canRequeue && html`<p class="actions"><button class="small" name="group" value="${id}">Re-queue these ${count(employeeIds.length)}</button></p>`}
<ul class="people">${employeeIds
    .slice(0, EMPLOYEES_SHOWN)
    .map(
      (employeeId) =>
        html`<li><a href="${employeePath(runId, employeeId)}">${employeeId}</a>${canRequeue && requeueButton(employeeId)}</li>`,
    )}</ul>
${rest > 0 && html`<p class="muted">and ${count(rest)} more</p>`}
</form>
</article>`;
}

/** Re-queues one employee, in a form that leads to the run's `requeue`. */
export function requeueButton(employeeId: number): Html {
  return html` <button class="quiet small" name="employee" value="${employeeId}" aria-label="Re-queue employee ${employeeId}">Re-queue</button>`;
}
