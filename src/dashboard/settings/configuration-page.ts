import type { FastifyInstance } from 'fastify';
import { describeSettings, type SettingDescription } from '../../../config/describe.ts';
import { SETTING_GROUPS } from '../../../config/schema.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import { type Html, html } from '../page/html.ts';
import { layout } from '../page/layout.ts';

/** The settings that this process works with, and where each comes from. Of a secret, only whether it is set. */
export function configurationRoutes(app: FastifyInstance, { loaded }: DashboardContext): void {
  app.get('/configuration', (_request, reply) => {
    const byName = new Map(describeSettings(loaded).map((setting) => [setting.name, setting]));
    const body = html`<p>The settings of this dashboard. A worker on another machine has its own settings.
Order: command line, environment, <code>.env</code>, default.</p>
${
  loaded.warnings.length > 0 &&
  html`<div class="notice warn"><p><strong>Allowed, but perhaps a mistake</strong></p>
<ul>${loaded.warnings.map((warning) => html`<li>${warning}</li>`)}</ul></div>`
}
${SETTING_GROUPS.map(({ title, names }, i) =>
  group(
    `group-${i}`,
    title,
    names.map((name) => byName.get(name)!),
  ),
)}`;
    return reply
      .type('text/html; charset=utf-8')
      .send(layout({ title: 'Configuration', section: '/configuration', body }));
  });
}

function group(id: string, title: string, settings: readonly SettingDescription[]): Html {
  return html`<section class="panel" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
<table class="cards settings">
<thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">From</th><th scope="col">Meaning</th></tr></thead>
<tbody>${settings.map(
    ({ name, value, source, doc }) => html`<tr><th scope="row" data-label="Setting"><code>${name}</code></th>
<td data-label="Value"><code>${value}</code></td>
<td data-label="From">${source === 'default' ? html`<span class="muted">default</span>` : html`<span class="state busy">${source}</span>`}</td>
<td data-label="Meaning">${doc}</td></tr>`,
  )}</tbody></table></section>
`;
}
