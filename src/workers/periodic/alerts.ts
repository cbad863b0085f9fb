import { postWebhook, type WebhookOptions } from '../../adapters/http/webhook.ts';
import { AlertStore, type Occurrence } from '../../adapters/shared-state/alert-store.ts';
import { alertMessage, type RunFacts } from '../../domain/run/alert.ts';
import { cancelledText } from '../../domain/run/cancelled-text.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import { unservedText } from '../../domain/run/unserved-stage.ts';
import { slotRunId } from '../../domain/schedule/slot.ts';
import { whyWithoutRun } from '../../producers/slot-without-run.ts';
import { FailedEmployees } from '../../queries/failed-employees.ts';
import { failedStageJobs, isEnded, lastDoneAt, runStatus } from '../../queries/run-status.ts';
import { unstartedRuns } from '../../queries/unstarted-runs.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';
import type { PeriodicTask } from './periodic-task.ts';

const EVERY_MS = 30_000;

/** Runs that are looked at, the newest. */
const RUNS = 30;

/** What happened longer ago is old news: the webhook was not there, or nobody could reach it. */
const OLD_NEWS_MS = 48 * 3_600_000;

/** Something that happened to a run, and what is to be told of it. */
interface News extends Occurrence {
  readonly run: RunFacts;
}

/**
 * Tells a webhook when runs end, wait for failed employees, fail, are overdue or could not start. Each event is told
 * once, by whichever worker; a failed call is tried again next time. Events from before the webhook are not told.
 */
export function alertsTask(context: WorkerContext, url: string, webhook?: WebhookOptions): PeriodicTask {
  const { queues, settings, logger, now } = context;
  const store = new AlertStore(queues.redis, settings.run.retentionMs);
  const { proxyUrl } = settings.alerts;
  const failedEmployees = new FailedEmployees(queues);
  return {
    name: 'alerts',
    everyMs: EVERY_MS,
    run: async () => {
      const from = Math.max(await store.since(now()), now() - OLD_NEWS_MS);
      const news = (await lookForNews(context, failedEmployees)).filter(({ at }) => at >= from);
      let failure: unknown;
      for (const { run, ...occurrence } of news.sort((a, b) => a.at - b.at)) {
        const { event, at, runId } = occurrence;
        try {
          const message = alertMessage(event, run, at, now());
          if (await store.once(occurrence, () => postWebhook(url, message, { proxyUrl, ...webhook }))) {
            logger.info({ runId, event }, 'Told the webhook of a run');
          }
        } catch (error) {
          // What keeps one message from being sent need not keep the others.
          failure ??= error;
        }
      }
      if (failure !== undefined) throw failure;
    },
  };
}

async function lookForNews(context: WorkerContext, failedEmployees: FailedEmployees): Promise<News[]> {
  const runs = await context.store.listRuns(RUNS);
  const ofRuns = await Promise.all(runs.map((run) => newsOf(context, run, failedEmployees)));
  return [...ofRuns.flat(), ...(await newsOfUnstarted(context)), ...(await newsOfSlots(context))];
}

async function newsOf(
  { queues, store, settings, now }: WorkerContext,
  run: RunRecord,
  failedEmployees: FailedEmployees,
): Promise<News[]> {
  const runId = run.plan.id;
  const status = await runStatus(queues, store, run, failedEmployees);
  const { state, counts, unserved } = status;
  const reason = status.reason ?? (unserved && unservedText(unserved).what);
  const { createdAt, slot } = run;
  const facts: RunFacts = {
    runId,
    state,
    counts,
    createdAt,
    ...(slot === undefined ? {} : { slot }),
    ...(reason === undefined ? {} : { reason }),
  };
  const news = (event: News['event'], at: number): News => ({ runId, event, at, run: facts });
  if (run.cancelled) {
    const told = { ...facts, reason: cancelledText(run.cancelled) };
    return [{ runId, event: 'cancelled', at: run.cancelled.at, run: told }];
  }
  if (isEnded(run)) {
    return [news(run.without.length > 0 ? 'finished-without' : 'finished', lastDoneAt(run)!)];
  }
  const found: News[] = [];
  const overdueAt = (slot ?? createdAt) + settings.alerts.overdueMs;
  if (overdueAt <= now()) found.push(news('overdue', overdueAt));
  if (state === 'incomplete') {
    const failures = await failedEmployees.ofRun(runId);
    if (failures) found.push(news('incomplete', failures.newestAt));
  }
  if (state === 'failed') {
    const [stage] = await failedStageJobs(queues, runId);
    if (stage?.finishedOn !== undefined) found.push(news('failed', stage.finishedOn));
  }
  return found;
}

async function newsOfUnstarted({ queues, store }: WorkerContext): Promise<News[]> {
  const failed = (await unstartedRuns(queues, store)).filter(({ state }) => state === 'failed');
  const found = await Promise.all(
    failed.map(async ({ runId, slot, state, reason }): Promise<News[]> => {
      const at = (await queues.byName['run-start'].getJob(runId))?.finishedOn;
      if (at === undefined) return [];
      return [{ runId, event: 'not-started', at, run: { runId, state, slot, ...(reason ? { reason } : {}) } }];
    }),
  );
  return found.flat();
}

/** Slots without a run. */
async function newsOfSlots({ schedule }: WorkerContext): Promise<News[]> {
  const decisions = await schedule.decisions();
  return decisions.flatMap((decision): News[] => {
    const { slot, outcome, decidedAt } = decision;
    if (outcome !== 'missed' && outcome !== 'skipped') return [];
    const runId = slotRunId(slot);
    const reason = `it was ${outcome}, because ${whyWithoutRun(decision)}`;
    return [{ runId, event: 'not-started', at: decidedAt, run: { runId, state: outcome, slot, reason } }];
  });
}
