import { weekOf } from '../../domain/run/plan.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import { SOURCE_NAMES, sourceText } from '../../domain/run/sources.ts';
import { count, plural } from '../../domain/wording.ts';
import { type Html, html } from '../page/html.ts';
import { localTime } from '../page/local-time.ts';

const NAMED_INVALID = 5;

/** What a run is made from: its plan and its inputs, and what it did without. */
export function runFacts(run: RunRecord): Html {
  const { plan, publish, landing } = run;
  const week = weekOf(plan);
  return html`<section class="panel" aria-labelledby="facts-title">
<h2 id="facts-title">What it is made from</h2>
<dl class="facts">
<div><dt>Seed</dt><dd class="id">${plan.seed}</dd></div>
<div><dt>As of</dt><dd>${localTime(plan.asOf, plan.timeZone)}</dd></div>
<div><dt>Week from</dt><dd>${localTime(week.startsAt, plan.timeZone)}</dd></div>
<div><dt>Week until</dt><dd>${localTime(week.dueAt, plan.timeZone)}</dd></div>
<div><dt>Time zone</dt><dd>${plan.timeZone}</dd></div>
<div><dt>Publish</dt><dd>${publish ? 'yes' : 'no'}</dd></div>
<div><dt>Land</dt><dd>${landing ? 'yes' : 'no'}</dd></div>
</dl>
${sourceList(run)}
<h3>Inputs</h3>
<ul>${inputs(run).map((input) => html`<li>${input}</li>`)}</ul>
${notices(run)}
</section>`;
}

/** Where the answers come from, as far as it is settled. */
function sourceList({ sources }: RunRecord): Html | false {
  const settled = SOURCE_NAMES.filter((name) => sources?.[name] !== undefined);
  if (!sources || settled.length === 0) return false;
  return html`<h3>Sources</h3>
<ul>${settled.map((name) => html`<li>${sourceText(name, sources[name]!)}</li>`)}</ul>`;
}

function inputs({ employees, catalogs, assignments, manifest }: RunRecord): Html[] {
  const { count: invalid, first } = employees.invalid;
  const list = [
    html`<strong>${employees.name}</strong>: ${plural(employees.employees, 'employee')}${
      invalid > 0 && `, ${plural(invalid, 'invalid row')} skipped (${first.slice(0, NAMED_INVALID).join('; ')})`
    } ${sha(employees.sha256)}`,
  ];
  for (const { name, contents, skippedRows, from, sha256 } of catalogs?.inputs ?? []) {
    list.push(
      html`<strong>${name}</strong>: ${plural(contents, 'content')}${
        skippedRows > 0 && `, ${plural(skippedRows, 'row')} skipped`
      }, from ${from === 'sftp' ? 'the vendor’s SFTP server' : 'the local folder'} ${sha(sha256)}`,
    );
  }
  const databricks = assignments?.databricks;
  if (databricks) {
    const { catalog, schema, openAssignments, completions } = databricks;
    list.push(
      html`<strong>Databricks</strong> ${catalog}.${schema}: ${plural(openAssignments, 'open assignment')}, ${plural(completions, 'completion')}`,
    );
  }
  const template = manifest?.inputs.template;
  if (template) list.push(html`<strong>${template.name}</strong>: the UserCompletion template ${sha(template.sha256)}`);
  return list;
}

/** A hash that can be copied whole; a click selects it. */
export function sha(sha256: string): Html {
  return html`<code class="hash" title="SHA-256">${sha256}</code>`;
}

function notices({ manifest, catalogs, assignments }: RunRecord): Html | false {
  const list = manifest?.notices ?? [...(catalogs?.notices ?? []), ...(assignments?.notices ?? [])];
  if (list.length === 0) return false;
  return html`<h3>${count(list.length)} ${list.length === 1 ? 'notice' : 'notices'}</h3>
<ul>${list.map(({ text }) => html`<li>${text}</li>`)}</ul>`;
}
