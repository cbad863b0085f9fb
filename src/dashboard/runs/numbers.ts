import { formatContentId } from '../../domain/ids.ts';
import { SKIP_TEXT } from '../../domain/run/summary.ts';
import { SKIP_REASONS } from '../../domain/simulation/assignment-tally.ts';
import { EMPLOYEE_TYPES, type EmployeeType } from '../../domain/simulation/employees.ts';
import { count, plural } from '../../domain/wording.ts';
import { tallied } from '../live/tally.ts';
import { type Html, html } from '../page/html.ts';
import type { RunView } from './views.ts';

const TYPES: Readonly<Record<EmployeeType, string>> = {
  a: 'a: completes all',
  b: 'b: completes one',
  f: 'f: completes none',
};

/** What a run has come to, by employee type and by source. */
export function runCounts({ run, tally, status }: RunView): Html {
  const unknown = run.manifest?.counts.unknownRecommendations ?? 0;
  return html`<section class="panel" aria-labelledby="counts-title">
<h2 id="counts-title">By employee type and source</h2>
${
  tally
    ? html`<table class="cards">
<thead><tr><th scope="col">Type</th><th scope="col" class="number">Employees</th><th scope="col" class="number">Done</th><th scope="col" class="number">Completions</th></tr></thead>
<tbody>${EMPLOYEE_TYPES.map((type) => {
        const { employees, done, completions } = tally.byType[type];
        return html`<tr><th scope="row">${TYPES[type]}</th>
<td class="number" data-label="Employees">${count(employees)}</td><td class="number" data-label="Done">${count(done)}</td>
<td class="number" data-label="Completions">${count(completions)}</td></tr>`;
      })}</tbody>
</table>
${!tally.isFresh && html`<p class="muted">${count(tallied(tally))} of the ${count(status.counts.done)} who are done are counted so far.</p>`}
${run.cancelled && afterwards(tallied(tally) - run.cancelled.done)}
<p>Completions of what the manager assigned: <strong>${count(tally.completionsBySource.manager)}</strong>;
of what the recommender suggested: <strong>${count(tally.completionsBySource.ai)}</strong>.
Recommendations: <strong>${count(tally.recommendations)}</strong>${unknown > 0 && `, of which ${count(unknown)} are in neither catalog file`}.</p>`
    : html`<p class="muted">The employees are being counted.</p>`
}
</section>`;
}

/**
 * Employees in progress when the run was cancelled may still be done: the other numbers of the page are those of that
 * moment.
 */
function afterwards(more: number): Html | false {
  return more > 0 && html`<p class="muted">${count(more)} of these became done while the run was being cancelled.</p>`;
}

/** What the manager chose to give, to how many, and who was skipped for what. */
export function managerChoices({ run, titles }: RunView): Html {
  const { assignments, plan } = run;
  return html`<section class="panel" aria-labelledby="choices-title">
<h2 id="choices-title">The manager’s choices</h2>
${
  assignments
    ? html`${
        assignments.tally.dailyDose.length > 0
          ? html`<table class="cards">
<thead><tr><th scope="col">Daily Dose</th><th scope="col" class="number">Assigned to</th><th scope="col">Skipped for</th></tr></thead>
<tbody>${assignments.tally.dailyDose.map(
              ({ contentId, assigned, skipped }) => html`<tr>
<th scope="row">${formatContentId(contentId)} ${titles.get(contentId)}</th>
<td class="number" data-label="Assigned to">${count(assigned)}</td>
<td data-label="Skipped for">${skips(skipped)}</td></tr>`,
            )}</tbody>
</table>`
          : html`<p>No Daily Dose: the StandAloneContent file has none.</p>`
      }
<p>Random content: assigned to <strong>${count(assignments.tally.random.assigned)}</strong>,
nothing left for <strong>${count(assignments.tally.random.nothingLeft)}</strong>.
Open assignments before: <strong>${count(assignments.tally.openAssignments)}</strong>.</p>`
    : html`<p class="muted">The manager has not assigned yet (seed ${plan.seed}).</p>`
}
</section>`;
}

function skips(skipped: Readonly<Record<(typeof SKIP_REASONS)[number], number>>): Html {
  const reasons = SKIP_REASONS.filter((reason) => skipped[reason] > 0);
  if (reasons.length === 0) return html`<span>nobody</span>`;
  return html`<ul class="plain">${reasons.map((reason) => html`<li>${plural(skipped[reason], 'employee')}: ${SKIP_TEXT[reason]}</li>`)}</ul>`;
}
