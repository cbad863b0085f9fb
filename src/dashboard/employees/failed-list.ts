import type { FastifyInstance } from 'fastify';
import { count, plural } from '../../domain/wording.ts';
import { isEnded } from '../../queries/run-status.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import { html } from '../page/html.ts';
import { layout } from '../page/layout.ts';
import { pageFrom, pageLinks } from '../page/links.ts';
import { runIdFrom, runPath } from '../runs/address.ts';
import type { RunViews } from '../runs/views.ts';
import { requeueButton } from './failed-groups.ts';
import { employeePath } from './search.ts';

const PER_PAGE = 100;
const LONGEST_REASON = 400;

/** All failed employees of a run, one by one, a hundred a page; those that a finished run was finished without. */
export function failedListRoutes(app: FastifyInstance, { store }: DashboardContext, views: RunViews): void {
  app.get<{ Params: { id: string }; Querystring: { page?: unknown } }>('/runs/:id/failed', async (request, reply) => {
    const run = await store.getRun(runIdFrom(request.params.id));
    const { counts } = await views.status(run);
    const page = pageFrom(request.query.page);
    const failed = await views.failures(run, PER_PAGE, (page - 1) * PER_PAGE);
    const path = runPath(run.plan.id);
    const ended = isEnded(run);
    const body = html`<p>Of run <a href="${path}">${run.plan.id}</a>: ${plural(counts.failed, 'employee')}, ${
      ended ? 'who were left out' : 'those that failed last first'
    }.</p>
${
  failed.length === 0
    ? html`<p>Nobody${page > 1 && ' on this page'}.</p>`
    : html`<form method="post" action="${path}/requeue"><table class="cards">
<thead><tr><th scope="col">Employee</th><th scope="col">Reason</th>${!ended && html`<th scope="col">Do</th>`}</tr></thead>
<tbody>${failed.map(
        ({ employeeId, reason }) => html`<tr>
<th scope="row"><a href="${employeePath(run.plan.id, employeeId)}">${employeeId}</a></th>
<td class="reason">${reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason}</td>
${!ended && html`<td>${requeueButton(employeeId)}</td>`}</tr>`,
      )}</tbody>
</table></form>`
}
${pageLinks(`${path}/failed`, page, counts.failed > page * PER_PAGE)}`;
    const title = ended ? 'Left out' : `Failed employees: ${count(counts.failed)}`;
    return reply.type('text/html; charset=utf-8').send(layout({ title, section: '/', body }));
  });
}
