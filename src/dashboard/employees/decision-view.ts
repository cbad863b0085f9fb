import { formatContentId } from '../../domain/ids.ts';
import {
  completionRule,
  doseOutcomeText,
  doseText,
  progressText,
  randomText,
  typeText,
} from '../../domain/run/explanation-text.ts';
import type {
  EmployeeExplanation,
  EmployeeProgress,
  ExplainedRemaining,
  NamedContent,
} from '../../domain/simulation/employee-decision.ts';
import { count } from '../../domain/wording.ts';
import { type Fill, type Html, html } from '../page/html.ts';
import { localTime } from '../page/local-time.ts';
import { runPath } from '../runs/address.ts';
import { employeePath, employeeSearch } from './search.ts';

const STATE_CLASS: Readonly<Record<EmployeeProgress, string>> = {
  'not queued': '',
  waiting: 'busy',
  working: 'busy',
  retrying: 'warn',
  failed: 'bad',
  done: 'good',
  'left out': 'warn',
  lost: 'bad',
};

/** The whole decision about one employee, as the body of a page. */
export function employeeDecision(explained: EmployeeExplanation): Html {
  const { runId, employeeId, progress, reason, open } = explained;
  return html`<section class="panel" aria-labelledby="who"><h2 id="who">Of <a href="${runPath(runId)}">${runId}</a></h2>
<dl class="facts">
<div><dt>Type</dt><dd>${typeText(explained.employeeType)}</dd></div>
<div><dt>Position</dt><dd>${count(explained.position)} of ${count(explained.employees)}</dd></div>
<div><dt>As of (${explained.timeZone})</dt><dd>${localTime(explained.asOf, explained.timeZone)}</dd></div>
<div><dt>State</dt><dd><span class="state ${STATE_CLASS[progress]}">${progress}</span></dd></div>
</dl>
${progress !== 'done' && html`<p>${sentence(progressText(explained))}</p>`}
${reason !== null && html`<p class="notice ${progress === 'retrying' ? 'warn' : 'bad'}">${reason}</p>`}
${
  progress === 'failed' &&
  html`<form method="post" action="${employeePath(runId, employeeId)}/requeue"><button>Re-queue this employee</button></form>`
}
</section>
${open === null ? html`<p class="muted">The manager has not assigned anything yet.</p>` : decided(explained)}
<section class="panel" aria-labelledby="others"><h2 id="others">Another employee of this run</h2>${employeeSearch(runId)}</section>`;
}

function decided(explained: EmployeeExplanation): Html {
  const { timeZone, random, dailyDose, recommendations, completions, left } = explained;
  return html`${openBefore(explained)}
<div class="panels">
${panel(
  'Daily Dose',
  html`<p>${sentence(doseText(explained))}</p>${list(dailyDose!, ({ outcome }) => html`: ${doseOutcomeText(outcome)}`, 'There is none this week.')}`,
)}
${panel(
  'Random content',
  list(random === null ? [] : [random], () => undefined, sentence(randomText(explained))),
)}
${
  recommendations !== null &&
  panel(
    'Recommended, in this order',
    list(recommendations, ({ alreadyAssigned }) => alreadyAssigned && ', already assigned', 'Nothing.', 'ol'),
  )
}
</div>
${
  completions !== null &&
  panel(
    'Completed',
    html`<p>${sentence(completionRule(explained))}</p>
${
  completions.length > 0 &&
  html`<table class="cards">
<thead><tr><th scope="col">Content</th><th scope="col">Given by</th><th scope="col">Started</th><th scope="col">Completed</th></tr></thead>
<tbody>${completions.map(
    (
      c,
    ) => html`<tr><th scope="row" data-label="Content">${name(c)}</th><td data-label="Given by">${c.source === 'manager' ? 'the manager' : 'the recommender (ai)'}</td>
<td data-label="Started">${localTime(c.startedAt, timeZone)}</td><td data-label="Completed">${localTime(c.completedAt, timeZone)}</td></tr>`,
  )}</tbody></table>`
}`,
  )
}
${panel(
  'Left open',
  list(left!, ({ from }) => html`, ${ORIGIN[from]}`, 'Nothing.'),
)}`;
}

const ORIGIN: Readonly<Record<ExplainedRemaining['from'], string>> = {
  databricks: 'open before',
  'daily-dose': 'newly assigned as Daily Dose',
  random: 'newly assigned at random',
};

function openBefore({ open, timeZone }: EmployeeExplanation): Html {
  if (open!.length === 0) return panel('Open before (Databricks)', html`<p>Nothing.</p>`);
  const at = (instant: string | null) => (instant === null ? 'no date' : localTime(instant, timeZone));
  return panel(
    'Open before (Databricks)',
    html`<table class="cards">
<thead><tr><th scope="col">Content</th><th scope="col">Type</th><th scope="col">Begins</th><th scope="col">Due</th><th scope="col">Daily Dose</th></tr></thead>
<tbody>${open!.map(
      (
        row,
      ) => html`<tr><th scope="row" data-label="Content">${name(row)}</th><td data-label="Type">${row.contentType ?? 'none'}</td>
<td data-label="Begins">${at(row.begins)}</td><td data-label="Due">${at(row.due)}</td>
<td data-label="Daily Dose">${row.dailyDose ? (row.thisWeek ? 'of this week' : 'of another week') : 'no'}</td></tr>`,
    )}</tbody></table>`,
  );
}

function panel(title: string, body: Fill): Html {
  const id = title.toLowerCase().replace(/[^a-z]+/g, '-');
  return html`<section class="panel" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${body}</section>`;
}

function list<Item extends NamedContent>(
  items: readonly Item[],
  more: (item: Item) => Fill,
  none: string,
  kind: 'ol' | 'ul' = 'ul',
): Html {
  if (items.length === 0) return html`<p>${none}</p>`;
  const entries = items.map((item) => html`<li>${name(item)}${more(item)}</li>`);
  return kind === 'ol' ? html`<ol>${entries}</ol>` : html`<ul>${entries}</ul>`;
}

function name({ contentId, title, catalog }: NamedContent): Html {
  return html`<span class="id">${formatContentId(contentId)}</span>${title !== null && html` ${title}`}${
    catalog === null && html` <span class="state warn">in neither catalog file</span>`
  }`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
