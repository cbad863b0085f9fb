import type { Settings } from '../../config/settings.ts';
import type { Queues } from '../adapters/redis/queues.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import type { ScheduleStore } from '../adapters/shared-state/schedule-store.ts';
import type { RunId } from '../domain/ids.ts';
import { undecidedSlot } from '../domain/schedule/due-slot.ts';
import { LATE_AFTER_MS, slotRunId } from '../domain/schedule/slot.ts';
import type { AppliedSchedule, SlotDecision } from '../domain/schedule/slot-decision.ts';
import { nextSlots } from '../domain/schedule/slots.ts';
import { isEnded } from '../queries/run-status.ts';
import { unstartedRuns } from '../queries/unstarted-runs.ts';
import { enqueueRunStart } from './create-run.ts';

/** How many slots that nobody was there for are noted, besides the latest. */
const NOTED_MISSED = 26;

/** What the start of scheduled runs works with. */
export interface ScheduleContext {
  readonly settings: Pick<Settings, 'schedule' | 'queues'>;
  readonly queues: Queues;
  readonly store: RunStore;
  readonly schedule: ScheduleStore;
}

/**
 * Queues the run of the due slot, if it has none; called by the tick, by a process that applies a schedule, and every
 * minute by each worker that serves run-start. However many call at once, one decision stands.
 * - The decision: start it, skip it because an earlier run has not ended (SCHEDULE_OVERLAP=skip), or drop it because
 *   it is too late (SCHEDULE_CATCH_UP_HOURS).
 * @param now epoch milliseconds.
 * @param graceMs how young a slot is left to BullMQ's tick.
 * @returns the decisions that this call made or carried out, each returned to one caller alone: about the due slot, and
 * before it about missed ones.
 */
export async function startDueSlot(
  context: ScheduleContext,
  applied: AppliedSchedule | undefined,
  now: number,
  graceMs = 0,
): Promise<SlotDecision[]> {
  const { schedule } = context;
  const decisions = await schedule.decisions();
  const known = { ...(applied ? { applied } : {}), decisions };
  const slot = undecidedSlot(known, now, graceMs);
  // A slot that is left to the tick replaces those before it.
  if (slot === undefined || applied === undefined || undecidedSlot(known, now) !== slot) return [];
  const { stands, isNew } = await schedule.decide(await decide(context, slot, now));
  const made = stands.outcome === 'starting' ? await carryOut(context, stands, now, isNew) : stands;
  if (!isNew) return made && stands.outcome === 'starting' ? [made] : [];
  const last = decisions.find((decision) => decision.slot < slot)?.slot ?? 0;
  const passed = nextSlots(applied, Math.max(applied.appliedAt, last), NOTED_MISSED).filter(
    (earlier) => earlier < slot,
  );
  const missed: SlotDecision[] = [];
  for (const earlier of passed) {
    const about = await schedule.decide({ slot: earlier, outcome: 'missed', decidedAt: now, supersededBy: slot });
    // The process that queued it before has told what became of it.
    if (about.isNew) missed.push(about.stands);
  }
  return made ? [...missed, made] : missed;
}

/**
 * Queues the run of a slot, unless the process that decided to start it died long ago, before it was queued.
 * @returns what became of it; undefined when another process was at it too and has said so.
 */
async function carryOut(
  context: ScheduleContext,
  decision: SlotDecision,
  now: number,
  isNew: boolean,
): Promise<SlotDecision | undefined> {
  const { schedule, queues, settings } = context;
  const { slot } = decision;
  const isLost = !isNew && isTooLate(context, slot, now) && !(await queues.byName['run-start'].getJob(slotRunId(slot)));
  if (!isLost) await enqueueRunStart(queues, slotRunId(slot), settings.queues.jobAttempts, slot);
  const settled: SlotDecision = isLost
    ? { ...decision, outcome: 'missed', withinMs: inTimeMs(context) }
    : { ...decision, outcome: 'started' };
  return (await schedule.carriedOut(decision, settled)) ? settled : undefined;
}

async function decide(context: ScheduleContext, slot: number, now: number): Promise<SlotDecision> {
  const { settings, queues, store } = context;
  if (isTooLate(context, slot, now)) {
    return { slot, outcome: 'missed', decidedAt: now, withinMs: inTimeMs(context) };
  }
  const mustSkip = settings.schedule.overlap === 'skip';
  const inTheWay = mustSkip ? await unendedRun(queues, store, slotRunId(slot)) : undefined;
  if (inTheWay !== undefined) return { slot, outcome: 'skipped', decidedAt: now, inTheWay };
  return { slot, outcome: 'starting', decidedAt: now };
}

function isTooLate(context: ScheduleContext, slot: number, now: number): boolean {
  return now - slot > inTimeMs(context);
}

/** Without catching up, a slot is in time for as long as its run would not be called late. */
function inTimeMs({ settings }: ScheduleContext): number {
  return Math.max(settings.schedule.catchUpMs, LATE_AFTER_MS);
}

/**
 * A run, other than this one, that has not ended, or is about to begin. A run that could not start stands in nobody's
 * way.
 */
async function unendedRun(queues: Queues, store: RunStore, except: RunId): Promise<RunId | undefined> {
  const runs = await store.listRuns(Number.MAX_SAFE_INTEGER);
  const unended = runs.find((run) => run.plan.id !== except && !isEnded(run));
  if (unended) return unended.plan.id;
  const starting = (await unstartedRuns(queues, store)).find(
    ({ runId, state }) => runId !== except && state === 'queued',
  );
  return starting?.runId;
}
