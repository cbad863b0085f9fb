import type { FastifyInstance } from 'fastify';
import { secretCutter } from '../../adapters/process/secret-cutter.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { parseEmployeeId } from '../../domain/ids.ts';
import { quotedValue } from '../../domain/quoted-value.ts';
import { nameOf } from '../../domain/run/explanation-text.ts';
import { duration, plural } from '../../domain/wording.ts';
import type { Finding } from '../../queries/connections/finding.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import type { KnownCatalogs } from '../live/known-catalogs.ts';
import { type Fill, type Html, html } from '../page/html.ts';
import { layout } from '../page/layout.ts';
import { localTime } from '../page/local-time.ts';
import { runPath } from '../runs/address.ts';
import { type ConnectionRound, ConnectionRounds } from './connection-round.ts';
import { type RecommenderTestCall, tryRecommenderFor } from './recommender-test-call.ts';

const STATE_CLASS: Readonly<Record<Finding['state'], string>> = {
  fine: 'fine',
  'not configured': 'warn',
  wrong: 'wrong',
};

/** Tries what runs depend on, as `btc-fake doctor` does, and the recommender for one employee. */
export function connectionRoutes(app: FastifyInstance, context: DashboardContext, catalogs: KnownCatalogs): void {
  const { loaded, store, secrets } = context;
  const { settings } = loaded;
  const rounds = new ConnectionRounds(context);
  const cutSecrets = secretCutter(secrets);
  const page = (recommender: Fill, employee = '') =>
    layout({
      title: 'Connections',
      section: '/connections',
      body: html`${everything(rounds, settings.run.timeZone)}${oneCall(recommender, employee)}`,
    });

  app.get('/connections', (_request, reply) => reply.type('text/html; charset=utf-8').send(page(undefined)));

  app.post('/connections', async (_request, reply) => {
    await rounds.try();
    return reply.redirect('/connections', 303);
  });

  app.post<{ Body: { employee?: string } | undefined }>('/connections/recommender', async ({ body }, reply) => {
    const text = String(body?.employee ?? '').trim();
    reply.type('text/html; charset=utf-8');
    const employeeId = parseEmployeeId(text);
    if (employeeId === undefined) {
      const wrong = new BtcFakeError('USAGE', `${quotedValue(text)} is no employee id`, {
        remedy: 'It is a positive integer of at most 15 digits.',
      });
      return reply.code(422).send(page(problem(wrong, cutSecrets), text));
    }
    try {
      return reply.send(page(answer(await tryRecommenderFor(employeeId, settings, store, catalogs), cutSecrets), text));
    } catch (error) {
      if (!(error instanceof BtcFakeError)) throw error;
      return reply.code(422).send(page(problem(error, cutSecrets), text));
    }
  });
}

function everything({ last, isRunning }: ConnectionRounds, timeZone: string): Html {
  return html`<section class="panel" aria-labelledby="all"><h2 id="all">Everything that is configured</h2>
<form class="actions" method="post" action="/connections"><button>Check everything</button>
${isRunning && html`<span class="state busy">A round is under way; to press joins it.</span>`}
<span class="muted">All at once, from this machine. It takes a few seconds.</span></form>
${last ? findings(last, timeZone) : html`<p>Nothing was checked yet.</p>`}
</section>`;
}

function findings({ startedAt, tookMs, findings: found }: ConnectionRound, timeZone: string): Html {
  return html`<p>Checked ${localTime(startedAt, timeZone)}, in ${duration(tookMs)}.</p>
<table class="cards">
<thead><tr><th scope="col">What</th><th scope="col">State</th><th scope="col">What was found</th></tr></thead>
<tbody>${found.map(
    ({ what, state, detail, remedy }) => html`<tr><th scope="row" data-label="What">${what}</th>
<td data-label="State"><span class="state ${STATE_CLASS[state]}">${state}</span></td>
<td data-label="Found"><span>${detail}${remedy && html`<br><strong>${remedy}</strong>`}</span></td></tr>`,
  )}</tbody></table>`;
}

function oneCall(result: Fill, employee: string): Html {
  return html`<section class="panel" aria-labelledby="one"><h2 id="one">The recommender, for one employee</h2>
<form class="actions" method="post" action="/connections/recommender">
<label for="employee">Employee id</label>
<input id="employee" name="employee" value="${employee}" inputmode="numeric" autocomplete="off" required class="short">
<button>Call it once</button></form>
${result}
</section>`;
}

function answer(call: RecommenderTestCall, cutSecrets: (text: string) => string): Html {
  const { employeeId, outcome, tookMs, recommendations, titlesFrom, error } = call;
  return html`<dl class="facts">
<div><dt>Employee</dt><dd>${employeeId}</dd></div>
<div><dt>Answer</dt><dd>${typeof outcome === 'number' ? `HTTP ${outcome}` : (outcome ?? 'none')}</dd></div>
<div><dt>Time</dt><dd>${duration(tookMs)}</dd></div>
${!error && html`<div><dt>Recommended</dt><dd>${plural(recommendations.length, 'content')}</dd></div>`}
</dl>
${error && problem(error, cutSecrets)}
${recommendations.length > 0 && html`<ol>${recommendations.map((content) => html`<li>${titlesFrom ? nameOf(content) : content.contentId}</li>`)}</ol>`}
${recommendations.length > 0 && html`<p class="muted">${titlesFrom ? html`Titles from the catalog files of <a href="${runPath(titlesFrom)}">${titlesFrom}</a>.` : 'No run has read catalog files yet, so there are no titles.'}</p>`}`;
}

function problem({ message, code, remedy, lines }: BtcFakeError, cutSecrets: (text: string) => string): Html {
  return html`<div class="notice bad" role="alert"><p><strong>${cutSecrets(message)}</strong> <code>${code}</code></p>
${lines.length > 0 && html`<ul>${lines.map((line) => html`<li>${cutSecrets(line)}</li>`)}</ul>`}
${remedy && html`<p>${remedy}</p>`}</div>`;
}
