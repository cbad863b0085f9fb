import type { FastifyInstance } from 'fastify';
import { plural } from '../domain/wording.ts';
import { runStatus } from '../producers/run-status.ts';
import type { DashboardContext } from './dashboard-context.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';

const SHOWN = 26;

/** The list of runs, newest first. */
export function runListRoutes(app: FastifyInstance, { store, queues }: DashboardContext): void {
  app.get('/', async (_request, reply) => {
    const runs = await store.listRuns(SHOWN);
    const rows = await Promise.all(runs.map(async (run) => ({ run, status: await runStatus(queues, store, run) })));
    const body = html`<div class="scroll"><table>
<thead><tr><th scope="col">Run</th><th scope="col">State</th><th scope="col">Population</th></tr></thead>
<tbody>${rows.map(
      ({ run, status }) => html`<tr>
<td><a href="/runs/${run.plan.id}">${run.plan.id}</a></td>
<td><span class="state ${status.state}">${status.state}</span></td>
<td class="number">${plural(status.counts.employees, 'employee')}</td>
</tr>`,
    )}</tbody>
</table></div>`;
    return reply.type('text/html; charset=utf-8').send(layout({ title: 'Runs', section: '/', body }));
  });
}
