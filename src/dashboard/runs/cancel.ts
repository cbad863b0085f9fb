import { hostname } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { BtcFakeError } from '../../domain/errors.ts';
import type { RunId } from '../../domain/ids.ts';
import { count, plural } from '../../domain/wording.ts';
import { cancelRun } from '../../producers/cancel-run.ts';
import { takeOffQueues } from '../../producers/take-off-queues.ts';
import { isEnded } from '../../queries/run-status.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import { withOutcome } from '../page/action-notices.ts';
import { html } from '../page/html.ts';
import { layout } from '../page/layout.ts';
import { runIdFrom, runPath } from './address.ts';
import type { RunViews } from './views.ts';

interface CancelRoute {
  Params: { id: string };
}

/**
 * The page that asks before a run is cancelled, and what its button does. Pressed twice, or by two people, it is done
 * once.
 */
export function runCancelRoutes(app: FastifyInstance, context: DashboardContext, views: RunViews): void {
  const { store, queues, loaded, logger, now } = context;
  const { run: settings, dashboard } = loaded.settings;

  app.get<CancelRoute>('/runs/:id/cancel', async ({ params }, reply) => {
    const run = await store.getRun(runIdFrom(params.id));
    const path = runPath(run.plan.id);
    if (isEnded(run)) return reply.redirect(withOutcome(path, 'ended'), 303);
    const { counts } = await views.status(run);
    const body = html`<section class="panel" aria-labelledby="ask-title">
<h2 id="ask-title">Cancel this run?</h2>
<p>Run <a href="${path}">${run.plan.id}</a> has done ${count(counts.done)} of ${plural(counts.employees, 'employee')}. Nothing more
is done for it: it gets no files, nothing of it is published, and its early file is removed. The record of it stays.
This cannot be taken back.</p>
<form method="post" action="${path}/cancel" class="actions">
<button class="danger">Cancel the run</button>
<a class="button quiet" href="${path}">No, back to the run</a>
</form>
</section>`;
    return reply.type('text/html; charset=utf-8').send(layout({ title: 'Cancel a run', section: '/', body }));
  });

  app.post<CancelRoute>('/runs/:id/cancel', async ({ params }, reply) => {
    const runId = runIdFrom(params.id);
    const by = `${dashboard.login?.user ?? 'somebody'} on the dashboard of ${hostname()}`;
    const isNew = await cancelRun(queues, store, runId, { by, now: now(), retentionMs: settings.retentionMs }).catch(
      (error: unknown) => {
        if (error instanceof BtcFakeError && error.code === 'RUN_STATE') return false;
        throw error;
      },
    );
    if (isNew) takeOff(runId);
    return reply.redirect(withOutcome(runPath(runId), isNew ? 'cancelled' : 'ended'), 303);
  });

  /** It may take a while, and workers do it too; nobody waits for it. */
  function takeOff(runId: RunId): void {
    takeOffQueues(queues, runId).then(
      ({ removed }) => logger.info({ runId, jobs: removed }, 'Took jobs of a cancelled run off the queues'),
      (error: unknown) => logger.warn({ runId, err: error }, 'Jobs of a cancelled run are left to the workers'),
    );
  }
}
