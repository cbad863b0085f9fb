import type { FastifyInstance } from 'fastify';
import { ScheduleStore } from '../../adapters/shared-state/schedule-store.ts';
import { WorkerRegistry } from '../../adapters/shared-state/worker-registry.ts';
import { makeUpSlot } from '../../producers/make-up-slot.ts';
import { applySchedule, removeSchedule } from '../../producers/weekly-schedule.ts';
import { reportSchedule } from '../../queries/schedule-report.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import { type Html, html } from '../page/html.ts';
import { layout } from '../page/layout.ts';
import { scheduleView } from './view.ts';

/** What was done before the page was loaded, by its code in the address. */
const NOTICES: ReadonlyMap<string | undefined, Html> = new Map([
  ['applied', html`<p class="notice good" role="status" data-done>The schedule of the settings is applied.</p>`],
  [
    'unchanged',
    html`<p class="notice" role="status" data-done>Nothing was done: the schedule was applied already.</p>`,
  ],
  [
    'removed',
    html`<p class="notice good" role="status" data-done>The schedule is removed: nothing starts by itself.</p>`,
  ],
  ['none', html`<p class="notice" role="status" data-done>Nothing was done: there was no schedule.</p>`],
  ['made-up', html`<p class="notice good" role="status" data-done>The run of the slot is queued.</p>`],
  [
    'not-missed',
    html`<p class="notice warn" role="status" data-done>Nothing was done: that slot is not missed, or not any more.</p>`,
  ],
]);

/**
 * The weekly schedule: how it stands, what became of its slots, who would start the next run; and what can be done
 * about it.
 */
export function scheduleRoutes(app: FastifyInstance, context: DashboardContext): void {
  const { loaded, redis, queues, store, logger, now, secrets } = context;
  const { settings } = loaded;
  const schedule = new ScheduleStore(redis);
  const parts = { settings, queues, store, schedule, registry: new WorkerRegistry(redis) };

  app.get<{ Querystring: { done?: string } }>('/schedule', async ({ query }, reply) => {
    const report = await reportSchedule(parts, now());
    const body = html`${NOTICES.get(query.done)}${scheduleView(report, { now: now(), secrets })}`;
    return reply.type('text/html; charset=utf-8').send(layout({ title: 'Schedule', section: '/schedule', body }));
  });

  app.post('/schedule/apply', async (_request, reply) => {
    const { outcome } = await applySchedule(parts, now, { insist: true });
    logger.info({ ...settings.schedule, outcome }, 'The schedule was applied on the dashboard');
    return reply.redirect(`/schedule?done=${outcome}`, 303);
  });

  app.post('/schedule/remove', async (_request, reply) => {
    const had = await removeSchedule(queues, schedule, now());
    logger.info('The schedule was removed on the dashboard');
    return reply.redirect(`/schedule?done=${had ? 'removed' : 'none'}`, 303);
  });

  app.post<{ Body: { slot?: string } | undefined }>('/schedule/make-up', async ({ body }, reply) => {
    const runId = await makeUpSlot(parts, Number(body?.slot), now());
    if (runId !== undefined) logger.info({ runId }, 'A missed slot was made up on the dashboard');
    return reply.redirect(`/schedule?done=${runId === undefined ? 'not-missed' : 'made-up'}`, 303);
  });
}
