import type { Logger } from 'pino';
import { formatInstant } from '../../domain/feeds/rows.ts';
import { lateMs, slotRunId } from '../../domain/schedule/slot.ts';
import type { SlotDecision } from '../../domain/schedule/slot-decision.ts';
import { duration } from '../../domain/wording.ts';
import { startDueSlot } from '../../producers/scheduled-run.ts';
import { whyWithoutRun } from '../../producers/slot-without-run.ts';
import { applySchedule, tellScheduler } from '../../producers/weekly-schedule.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';
import type { PeriodicTask } from './periodic-task.ts';

const EVERY_MS = 60_000;

/** BullMQ's tick comes within moments of its slot; only then does somebody have to look after it. */
const GRACE_MS = 90_000;

/**
 * Applies the schedule of this process's settings, once, and again if Redis has lost it; looks every minute whether a
 * slot has been missed, because everything was down or a tick was lost, and has its run started once.
 */
export function scheduleTask(context: WorkerContext): PeriodicTask {
  const { queues, schedule, logger, now } = context;
  let isApplied = false;
  return {
    name: 'schedule',
    everyMs: EVERY_MS,
    run: async () => {
      const { applied: stored, removedAt } = await schedule.read();
      // A Redis that has lost its data has lost the schedule too.
      const isLost = stored === undefined && removedAt === undefined;
      if (isApplied && !isLost) await tellScheduler(queues, schedule, now);
      else await apply(context);
      isApplied = true;
      const { applied } = await schedule.read();
      logDecisions(logger, await startDueSlot(context, applied, now(), GRACE_MS), now());
    },
  };
}

async function apply(context: WorkerContext): Promise<void> {
  const { logger, now, settings } = context;
  const { outcome, decisions } = await applySchedule(context, now, { insist: false });
  logDecisions(logger, decisions, now());
  const { cron, timeZone } = settings.schedule;
  if (outcome === 'applied') logger.info({ cron, timeZone }, 'The schedule is applied');
  if (outcome === 'removed') {
    logger.info('The schedule was removed and stays so; put it back with: btc-fake schedule apply');
  }
}

/** Tells what became of slots. @param now epoch milliseconds. */
export function logDecisions(logger: Logger, decisions: readonly SlotDecision[], now: number): void {
  for (const decision of decisions) {
    const { slot, outcome, inTheWay } = decision;
    const runId = slotRunId(slot);
    const about = { slot: formatInstant(slot), runId };
    const late = lateMs({ slot, createdAt: now });
    if (outcome === 'skipped') {
      logger.warn(
        { ...about, inTheWay },
        `The scheduled run is skipped: run ${inTheWay} has not ended (SCHEDULE_OVERLAP)`,
      );
    } else if (outcome === 'missed') {
      logger.warn(about, `A scheduled run was missed and is not made any more: ${whyWithoutRun(decision)}`);
    } else if (late > 0) {
      logger.warn({ ...about, lateMs: late }, `The scheduled run is queued ${duration(late)} late`);
    } else {
      logger.info(about, 'The scheduled run is queued');
    }
  }
}
