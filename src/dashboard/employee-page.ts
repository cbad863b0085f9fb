import type { FastifyInstance } from 'fastify';
import { BtcFakeError } from '../domain/errors.ts';
import { type EmployeeId, parseEmployeeId, type RunId } from '../domain/ids.ts';
import { quotedValue } from '../domain/quoted-value.ts';
import { explainEmployee } from '../producers/explain-employee.ts';
import { requeueFailed } from '../producers/requeue.ts';
import type { DashboardContext } from './dashboard-context.ts';
import { employeeDecision } from './employee-decision.ts';
import { employeePath } from './employee-search.ts';
import { type Html, html } from './html.ts';
import { layout } from './layout.ts';
import { runIdFrom } from './run-address.ts';

interface EmployeeRoute {
  Params: { id: string; employeeId: string };
  Querystring: { done?: string };
}

/** What was done on this page before it was loaded, by its code in the address. */
const NOTICES: ReadonlyMap<string | undefined, Html> = new Map([
  ['requeued', html`<p class="notice good" role="status">The employee is back in the queue.</p>`],
  [
    'unneeded',
    html`<p class="notice warn" role="status">Nothing was done: the employee is not failed, or not any more.</p>`,
  ],
]);

/** The pages of one employee of a run: the whole decision, and re-queuing who has failed. */
export function employeeRoutes(app: FastifyInstance, { store, queues, loaded }: DashboardContext): void {
  app.get<{ Params: { id: string }; Querystring: { employee?: string } }>(
    '/runs/:id/employees',
    async ({ params, query }, reply) => {
      const runId = runIdFrom(params.id);
      return reply.redirect(employeePath(runId, employeeIdFrom(String(query.employee ?? '').trim(), runId)), 303);
    },
  );

  app.get<EmployeeRoute>('/runs/:id/employees/:employeeId', async ({ params, query }, reply) => {
    const runId = runIdFrom(params.id);
    const explained = await explainEmployee(store, queues, runId, employeeIdFrom(params.employeeId, runId));
    const body = html`${NOTICES.get(query.done)}${employeeDecision(explained)}`;
    const title = `Employee ${explained.employeeId}`;
    return reply.type('text/html; charset=utf-8').send(layout({ title, section: '/', body }));
  });

  app.post<EmployeeRoute>('/runs/:id/employees/:employeeId/requeue', async ({ params }, reply) => {
    const runId = runIdFrom(params.id);
    const employeeId = employeeIdFrom(params.employeeId, runId);
    const { progress } = await explainEmployee(store, queues, runId, employeeId);
    if (progress === 'failed')
      await requeueFailed(queues, store, runId, loaded.settings.queues.jobAttempts, [employeeId]);
    const done = progress === 'failed' ? 'requeued' : 'unneeded';
    return reply.redirect(`${employeePath(runId, employeeId)}?done=${done}`, 303);
  });
}

function employeeIdFrom(text: string, runId: RunId): EmployeeId {
  const employeeId = parseEmployeeId(text);
  if (employeeId !== undefined) return employeeId;
  throw new BtcFakeError('EMPLOYEE_NOT_FOUND', `Run ${runId} has no employee ${quotedValue(text)}`, {
    remedy: 'An employee id is a positive integer of at most 15 digits.',
  });
}
