import type { FastifyInstance } from 'fastify';
import { secretCutter } from '../../adapters/process/secret-cutter.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { type EmployeeId, parseEmployeeId, type RunId } from '../../domain/ids.ts';
import { quotedValue } from '../../domain/quoted-value.ts';
import { employeeJobId } from '../../domain/run/employee-job-id.ts';
import { requeueJobs } from '../../producers/requeue.ts';
import { explainEmployee } from '../../queries/explain-employee.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import type { KnownCatalogs } from '../live/known-catalogs.ts';
import { actionNotice, withOutcome } from '../page/action-notices.ts';
import { html } from '../page/html.ts';
import { layout } from '../page/layout.ts';
import { runIdFrom } from '../runs/address.ts';
import { employeeDecision } from './decision-view.ts';
import { employeePath } from './search.ts';

interface EmployeeRoute {
  Params: { id: string; employeeId: string };
  Querystring: { done?: unknown };
}

/** The pages of one employee of a run: the whole decision, and re-queuing who has failed. */
export function employeeRoutes(app: FastifyInstance, context: DashboardContext, catalogs: KnownCatalogs): void {
  const { store, queues, loaded } = context;
  const cutSecrets = secretCutter(context.secrets);
  const explain = (runId: RunId, employeeId: EmployeeId) =>
    explainEmployee(store, queues, runId, employeeId, (run) => catalogs.of(run));
  app.get<{ Params: { id: string }; Querystring: { employee?: string } }>(
    '/runs/:id/employees',
    async ({ params, query }, reply) => {
      const runId = runIdFrom(params.id);
      return reply.redirect(employeePath(runId, employeeIdFrom(String(query.employee ?? '').trim(), runId)), 303);
    },
  );

  app.get<EmployeeRoute>('/runs/:id/employees/:employeeId', async ({ params, query }, reply) => {
    const runId = runIdFrom(params.id);
    const explained = await explain(runId, employeeIdFrom(params.employeeId, runId));
    // The reason was cut by the worker that wrote it; it may have known other secrets.
    const reason = explained.reason && cutSecrets(explained.reason);
    const body = html`${actionNotice(query)}${employeeDecision({ ...explained, reason })}`;
    const title = `Employee ${explained.employeeId}`;
    return reply.type('text/html; charset=utf-8').send(layout({ title, section: '/', body }));
  });

  app.post<EmployeeRoute>('/runs/:id/employees/:employeeId/requeue', async ({ params }, reply) => {
    const runId = runIdFrom(params.id);
    const employeeId = employeeIdFrom(params.employeeId, runId);
    const { progress } = await explain(runId, employeeId);
    const job = await queues.byName['employee-simulation'].getJob(employeeJobId(runId, employeeId));
    const path = employeePath(runId, employeeId);
    if (progress !== 'failed' || !job) return reply.redirect(withOutcome(path, 'not-failed'), 303);
    await requeueJobs(queues, store, [job], loaded.settings.queues.jobAttempts);
    return reply.redirect(withOutcome(path, 'requeued-one'), 303);
  });
}

function employeeIdFrom(text: string, runId: RunId): EmployeeId {
  const employeeId = parseEmployeeId(text);
  if (employeeId !== undefined) return employeeId;
  throw new BtcFakeError('EMPLOYEE_NOT_FOUND', `Run ${runId} has no employee ${quotedValue(text)}`, {
    remedy: 'An employee id is a positive integer of at most 15 digits.',
  });
}
