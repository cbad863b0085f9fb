import type { FastifyInstance } from 'fastify';
import type { RunRecord } from '../../domain/run/record.ts';
import { count } from '../../domain/wording.ts';
import { isFinished, type RunStatus } from '../../queries/run-status.ts';
import { type UnstartedRun, unstartedRuns } from '../../queries/unstarted-runs.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import { LIVE_NOTE, type LiveParts, type LiveProgress } from '../live/progress.ts';
import { type Html, html } from '../page/html.ts';
import { layout } from '../page/layout.ts';
import { pageFrom, pageLinks } from '../page/links.ts';
import { localTime } from '../page/local-time.ts';
import { findRunFrom, runPath } from './address.ts';
import { durationOf, slotOf } from './progress.ts';
import type { RunViews } from './views.ts';

/** Half a year of weeks. */
const PER_PAGE = 26;

interface Row {
  readonly run: RunRecord;
  readonly status: RunStatus;
}

/**
 * The list of runs, newest first, kept up to date; and before them scheduled runs that could not begin, or have not
 * yet.
 */
export function runListRoutes(
  app: FastifyInstance,
  context: DashboardContext,
  views: RunViews,
  live: LiveProgress,
): void {
  app.get<{ Querystring: { page?: unknown } }>('/', async ({ query }, reply) => {
    const page = pageFrom(query.page);
    const { list, hasOlder } = await listPart(page);
    const body = html`${runSearch()}
<div${page === 1 && html` data-live="/runs/events"`}>
<p id="${LIVE_NOTE}" class="muted" role="status"></p>
<div id="run-list">${list}</div>
</div>
${pageLinks('/', page, hasOlder)}`;
    return reply.type('text/html; charset=utf-8').send(layout({ title: 'Runs', section: '/', body }));
  });

  app.get<{ Querystring: { run?: unknown } }>('/runs', async ({ query }, reply) => {
    const runId = await findRunFrom(context, String(query.run ?? ''));
    return reply.redirect(runPath(runId), 303);
  });

  app.get('/runs/events', { exposeHeadRoute: false }, (_request, reply) =>
    live.serve(reply, 'runs', async (): Promise<LiveParts> => {
      const { list } = await listPart(1);
      return { parts: new Map([['run-list', list]]), ended: false };
    }),
  );

  async function listPart(page: number): Promise<{ list: Html; hasOlder: boolean }> {
    const { store, queues, loaded } = context;
    const [found, unstarted] = await Promise.all([
      store.listRuns(PER_PAGE + 1, (page - 1) * PER_PAGE),
      page === 1 ? unstartedRuns(queues, store) : [],
    ]);
    const runs = found.slice(0, PER_PAGE);
    const rows = await Promise.all(runs.map(async (run): Promise<Row> => ({ run, status: await views.status(run) })));
    const now = context.now();
    if (rows.length === 0 && unstarted.length === 0)
      return { list: page === 1 ? nothingYet() : noMore(), hasOlder: false };
    const list = html`${unstarted.map((run) => unstartedNotice(run, loaded.settings.run.timeZone))}
${rows.length > 0 && table(rows, now)}`;
    return { list, hasOlder: found.length > PER_PAGE };
  }
}

/** A form that leads to the page of a run. */
function runSearch(): Html {
  return html`<form class="actions search" method="get" action="/runs" role="search">
<label for="run">Run, file of a run, or the six characters in its files’ names</label>
<input id="run" name="run" autocomplete="off" spellcheck="false" required class="short">
<button class="quiet">Show</button>
</form>`;
}

function table(rows: readonly Row[], now: number): Html {
  return html`<div class="panel"><table class="cards">
<thead><tr><th scope="col">Run</th><th scope="col">State</th><th scope="col">Slot or start</th><th scope="col" class="number">Population</th><th scope="col" class="number">Done</th><th scope="col" class="number">Failed</th><th scope="col">Duration</th><th scope="col" class="number">Files</th></tr></thead>
<tbody>${rows.map((row) => tableRow(row, now))}</tbody>
</table></div>`;
}

function tableRow({ run, status }: Row, now: number): Html {
  const { state, counts } = status;
  return html`<tr>
<th scope="row"><a href="${runPath(run.plan.id)}">${run.plan.id}</a></th>
<td data-label="State"><span class="state ${state}">${state}</span></td>
<td data-label="Slot or start"><span>${slotOf(run)}${run.slot !== undefined && html` <span class="muted">weekly</span>`}</span></td>
<td class="number" data-label="Population">${count(counts.employees)}</td>
<td class="number" data-label="Done">${count(counts.done)}</td>
<td class="number" data-label="${isFinished(run) ? 'Left out' : 'Failed'}">${count(counts.failed)}${counts.failed > 0 && isFinished(run) && html` <span class="muted">left out</span>`}</td>
<td data-label="Duration">${durationOf(run, now)}</td>
<td class="number" data-label="Files">${count(run.manifest ? run.manifest.outputs.length + 1 : 0)}</td>
</tr>`;
}

function unstartedNotice({ runId, slot, state, reason }: UnstartedRun, timeZone: string): Html {
  const at = localTime(slot, timeZone);
  if (state === 'queued') {
    return html`<p class="notice">The scheduled run of ${at} waits for a worker: <a href="${runPath(runId)}">${runId}</a></p>`;
  }
  return html`<div class="notice bad"><p><strong>The scheduled run of ${at} could not be started:</strong>
<a href="${runPath(runId)}">${runId}</a></p><p class="reason">${reason}</p></div>`;
}

function nothingYet(): Html {
  return html`<div class="panel"><p>There are no runs yet.</p>
<p><a class="button" href="/start">Start a run</a> here, or with <code>btc-fake run</code>; the <a href="/schedule">schedule</a>
starts one every week.</p></div>`;
}

function noMore(): Html {
  return html`<p>There are no older runs.</p>`;
}
