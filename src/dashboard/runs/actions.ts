import type { Job } from 'bullmq';
import type { FastifyInstance } from 'fastify';
import { BtcFakeError } from '../../domain/errors.ts';
import { type EmployeeId, parseEmployeeId, type RunId } from '../../domain/ids.ts';
import { employeeJobId } from '../../domain/run/employee-job-id.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import { count, plural } from '../../domain/wording.ts';
import { finishWithoutFailed, requeueFailedStages, requeueJobs } from '../../producers/requeue.ts';
import { failedStageJobs, isEnded } from '../../queries/run-status.ts';
import { findUnstarted } from '../../queries/unstarted-runs.ts';
import type { DashboardContext } from '../dashboard-context.ts';
import { type ActionOutcome, withOutcome } from '../page/action-notices.ts';
import { html } from '../page/html.ts';
import { layout } from '../page/layout.ts';
import { runIdFrom, runPath } from './address.ts';
import type { RunViews } from './views.ts';

interface ActionRoute {
  Params: { id: string };
  /** `what` is `all`, `stage` or `start`; or else `group` or `employee` say who. */
  Body: { what?: unknown; group?: unknown; employee?: unknown; failed?: unknown } | undefined;
}

interface Done {
  readonly outcome: ActionOutcome;
  readonly n?: number;
}

/** Redis does one thing at a time: so many at once let others have their turn. */
const AT_ONCE = 500;

/**
 * What people can do about a run: re-queue failed employees or a failed stage, start a scheduled run that could not
 * start, finish without the failed. The run's page says what was done; a second press finds nothing to do.
 */
export function runActionRoutes(app: FastifyInstance, context: DashboardContext, views: RunViews): void {
  const { store, queues, loaded } = context;
  const attempts = loaded.settings.queues.jobAttempts;
  const turns = new Turns();

  app.post<ActionRoute>('/runs/:id/requeue', async ({ params, body }, reply) => {
    const runId = runIdFrom(params.id);
    const { outcome, n } = await turns.take(runId, () => requeue(runId, body ?? {}));
    return reply.redirect(withOutcome(runPath(runId), outcome, n), 303);
  });

  app.get<ActionRoute>('/runs/:id/finish', async ({ params }, reply) => {
    const run = await store.getRun(runIdFrom(params.id));
    const { state, counts } = await views.status(run);
    const path = runPath(run.plan.id);
    if (state !== 'incomplete') return reply.redirect(withOutcome(path, whyNot(run, counts.failed)), 303);
    const people = plural(counts.failed, 'employee');
    const body = html`<section class="panel" aria-labelledby="ask-title">
<h2 id="ask-title">Finish without ${people}?</h2>
<p>Run <a href="${path}">${run.plan.id}</a> writes its files with the ${count(counts.done)} employees that are done. Those
who failed get no completions; their open and new assignments stay open. The manifest and the summary name each with the reason.
This cannot be taken back.</p>
<form method="post" action="${path}/finish" class="actions">
<input type="hidden" name="failed" value="${counts.failed}">
<button class="danger">Finish without ${people}</button>
<a class="button quiet" href="${path}">No, back to the run</a>
</form>
</section>`;
    return reply
      .type('text/html; charset=utf-8')
      .send(layout({ title: 'Finish without the failed', section: '/', body }));
  });

  app.post<ActionRoute>('/runs/:id/finish', async ({ params, body }, reply) => {
    const runId = runIdFrom(params.id);
    const asked = String(body?.failed ?? '');
    return turns.take(runId, async () => {
      const run = await store.getRun(runId);
      const { state, counts } = await views.status(run);
      if (state !== 'incomplete') {
        return reply.redirect(withOutcome(runPath(runId), whyNot(run, counts.failed)), 303);
      }
      // The person who said yes must have seen how many it is about.
      if (asked !== String(counts.failed)) return reply.redirect(`${runPath(runId)}/finish`, 303);
      const left = await finishWithoutFailed(queues, store, runId);
      return reply.redirect(withOutcome(runPath(runId), 'finishing', left.length), 303);
    });
  });

  async function requeue(runId: RunId, { what, group, employee }: NonNullable<ActionRoute['Body']>): Promise<Done> {
    if (what === 'start') return start(runId);
    const run = await store.getRun(runId);
    if (isEnded(run)) return { outcome: 'ended' };
    if (what === 'stage') return requeueStage(runId);
    if (what === 'all') return requeueEmployees(run, await views.failedIds(runId));
    if (typeof group === 'string') return requeueEmployees(run, await views.failedIds(runId, group));
    const employeeId = parseEmployeeId(String(employee ?? ''));
    if (employeeId === undefined) {
      throw new BtcFakeError('USAGE', 'The request does not say what to re-queue', {
        remedy: 'Use the buttons on the page of the run.',
      });
    }
    const requeued = await requeueEmployees(run, [employeeId]);
    return { outcome: requeued.outcome === 'requeued' ? 'requeued-one' : 'not-failed' };
  }

  async function requeueEmployees({ plan }: RunRecord, employeeIds: readonly EmployeeId[]): Promise<Done> {
    const queue = queues.byName['employee-simulation'];
    const jobs: Job[] = [];
    for (let from = 0; from < employeeIds.length; from += AT_ONCE) {
      const some = employeeIds.slice(from, from + AT_ONCE).map((id) => queue.getJob(employeeJobId(plan.id, id)));
      for (const job of await Promise.all(some)) if (job?.finishedOn !== undefined) jobs.push(job);
    }
    if (jobs.length === 0) return { outcome: 'none-failed' };
    await requeueJobs(queues, store, jobs, attempts);
    return { outcome: 'requeued', n: jobs.length };
  }

  async function requeueStage(runId: RunId): Promise<Done> {
    const stages = await failedStageJobs(queues, runId);
    if (stages.length === 0) return { outcome: 'stage-not-failed' };
    await requeueJobs(queues, store, stages, attempts);
    return { outcome: 'stage-requeued' };
  }

  async function start(runId: RunId): Promise<Done> {
    const found = await findUnstarted(queues, store, runId);
    if (found?.state !== 'failed') return { outcome: 'stage-not-failed' };
    await requeueFailedStages(queues, runId);
    return { outcome: 'started' };
  }

  function whyNot(run: RunRecord, failed: number): ActionOutcome {
    if (isEnded(run)) return 'ended';
    return failed === 0 ? 'none-failed' : 'still-working';
  }
}

/** Lets actions on the same run happen one after the other. */
class Turns {
  readonly #last = new Map<RunId, Promise<unknown>>();

  async take<T>(runId: RunId, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(runId);
    const mine = (before ?? Promise.resolve()).catch(() => {}).then(work);
    this.#last.set(runId, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(runId) === mine) this.#last.delete(runId);
    }
  }
}
