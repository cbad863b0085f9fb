import type { FastifyInstance } from 'fastify';
import type { RunId } from '../../domain/ids.ts';
import { isEnded } from '../../queries/run-status.ts';
import { findUnstarted } from '../../queries/unstarted-runs.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import { failedGroups } from '../employees/failed-groups.ts';
import { employeeSearch } from '../employees/search.ts';
import { LIVE_NOTE, type LiveParts, type LiveProgress } from '../live/progress.ts';
import { actionNotice } from '../page/action-notices.ts';
import { type Html, html } from '../page/html.ts';
import { layout } from '../page/layout.ts';
import { findRunFrom, runIdFrom, runPath } from './address.ts';
import { runFacts } from './facts.ts';
import { runFiles } from './files.ts';
import { runFlowPicture } from './flow-picture.ts';
import { managerChoices, runCounts } from './numbers.ts';
import { runProgress, runState } from './progress.ts';
import { unstartedRunPage } from './unstarted.ts';
import type { RunView, RunViews } from './views.ts';

interface RunRoute {
  Params: { id: string };
  Querystring: { done?: unknown; n?: unknown };
}

/** The page of a run, and the events that keep it up to date. */
export function runPageRoutes(
  app: FastifyInstance,
  context: DashboardContext,
  views: RunViews,
  live: LiveProgress,
): void {
  app.get<RunRoute>('/runs/:id', async ({ params, query }, reply) => {
    const runId = await findRunFrom(context, params.id);
    if (runId !== params.id) return reply.redirect(runPath(runId), 303);
    const page = await unstarted(runId);
    reply.type('text/html; charset=utf-8');
    if (page) return reply.send(layout({ title: runId, section: '/', body: html`${actionNotice(query)}${page}` }));
    const view = await views.view(runId);
    return reply.send(
      layout({ title: runId, section: '/', body: html`${actionNotice(query, view.status.state)}${runPage(view)}` }),
    );
  });

  app.get<RunRoute>('/runs/:id/events', { exposeHeadRoute: false }, async ({ params }, reply) => {
    const { plan } = await context.store.getRun(runIdFrom(params.id));
    return live.serve(reply, `run ${plan.id}`, async () => liveParts(await views.view(plan.id)));
  });

  /** A scheduled run that could not begin, or has not yet, has a page too. */
  const unstarted = async (runId: RunId) => {
    const found = await findUnstarted(context.queues, context.store, runId);
    return found && unstartedRunPage(found, context.loaded.settings.run.timeZone);
  };
}

/** The page of a run that can still change listens for what does. */
function runPage(view: RunView): Html {
  const { run } = view;
  const { parts, ended } = liveParts(view);
  const part = (id: string) => html`<div id="${id}">${parts.get(id)}</div>`;
  return html`<div${!ended && html` data-live="${runPath(run.plan.id)}/events"`}>
<p id="${LIVE_NOTE}" class="muted" role="status"></p>
<section class="panel" aria-labelledby="progress-title">
<h2 id="progress-title">Progress</h2>
<div id="run-state" role="status">${parts.get('run-state')}</div>
${part('run-progress')}${part('run-flow')}
</section>
${part('run-failed')}
<div class="panels">${part('run-counts')}${part('run-choices')}</div>
${part('run-files')}${part('run-facts')}
</div>
<section class="panel" aria-labelledby="search-title">
<h2 id="search-title">One employee</h2>
${employeeSearch(run.plan.id)}
</section>`;
}

function liveParts(view: RunView): LiveParts {
  const parts = new Map<string, Html>([
    ['run-state', runState(view)],
    ['run-progress', runProgress(view)],
    ['run-flow', runFlowPicture(view.run, view.status, view.now)],
    ['run-failed', failedGroups(view)],
    ['run-counts', runCounts(view)],
    ['run-choices', managerChoices(view)],
    ['run-files', runFiles(view)],
    ['run-facts', runFacts(view.run)],
  ]);
  return { parts, ended: isEnded(view.run) };
}
