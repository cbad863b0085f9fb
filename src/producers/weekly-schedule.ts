import { PAYLOAD_VERSION, type Queues } from '../adapters/redis/queues.ts';
import type { ScheduleStore } from '../adapters/shared-state/schedule-store.ts';
import type { SlotDecision } from '../domain/schedule/slot-decision.ts';
import { assertWeekly, type WeeklySchedule } from '../domain/schedule/slots.ts';
import { SCHEDULER_ID } from '../queries/schedule-state.ts';
import { stageJobOptions } from './job-options.ts';
import { type ScheduleContext, startDueSlot } from './scheduled-run.ts';

/** The name of the jobs that BullMQ's job scheduler makes: each only wakes a worker up, which looks what is due. */
export const TICK = 'tick';

/** A tick only looks and queues; should Redis be away, every worker looks again within the minute. */
const TICK_ATTEMPTS = 3;

/** A tick that is this much overdue and is not on the queue is lost. */
const LOST_AFTER_MS = 60_000;

const WAITING_STATES = ['delayed', 'waiting', 'active', 'prioritized'];

/** What came of applying a schedule. */
export interface ScheduleApplied {
  /** `removed`: somebody removed it, and it stays so. */
  readonly outcome: 'applied' | 'unchanged' | 'removed';
  /** What was decided about slots that were due then. */
  readonly decisions: readonly SlotDecision[];
}

/**
 * Applies a schedule, if it is not applied yet, and starts due slots before and after a change. It writes only
 * differences: telling BullMQ again deletes a due tick, and with it a week. Safe in any number of processes at once.
 * @param clock epoch milliseconds.
 * @param insist put it back if somebody removed it.
 * @throws BtcFakeError CONFIG_INVALID when the expression is wrong, or leaves too long a gap.
 */
export async function applySchedule(
  context: ScheduleContext,
  clock: () => number,
  { insist }: { readonly insist: boolean },
): Promise<ScheduleApplied> {
  const { queues, schedule, settings } = context;
  const wanted = settings.schedule;
  assertWeekly(wanted, clock());
  const before = (await schedule.read()).applied;
  const isChange = before !== undefined && !isSame(before, wanted);
  const decisions: SlotDecision[] = [];
  if (isChange) decisions.push(...(await startDueSlot(context, before, clock())));
  const applied = await schedule.apply(wanted, clock(), insist);
  if (!applied) return { outcome: 'removed', decisions };
  // The last slot of the schedule that is gone may have come in between.
  if (isChange) decisions.push(...(await startDueSlot(context, before, applied.appliedAt)));
  const told = await tellScheduler(queues, schedule, clock);
  if (told) decisions.push(...(await startDueSlot(context, applied, clock())));
  return { outcome: told || isChange ? 'applied' : 'unchanged', decisions };
}

/**
 * Takes the schedule away: nothing starts by itself until `applySchedule` insists on it. Runs continue.
 * @param now epoch milliseconds.
 * @returns whether there was one.
 */
export async function removeSchedule(queues: Queues, schedule: ScheduleStore, now: number): Promise<boolean> {
  const { applied } = await schedule.read();
  await schedule.remove(now);
  const had = await queues.byName['run-start'].removeJobScheduler(SCHEDULER_ID);
  return had || applied !== undefined;
}

/**
 * Tells BullMQ's job scheduler what is applied (nothing: to stop), unless it knows and has its next tick. One process
 * at a time: around a slot, the later of two would delete the tick of the earlier.
 * @returns whether this process told it what is applied.
 */
export async function tellScheduler(queues: Queues, schedule: ScheduleStore, clock: () => number): Promise<boolean> {
  if ((await whatToTell(queues, schedule, clock())) === 'nothing') return false;
  const told = await schedule.alone(async () => {
    const what = await whatToTell(queues, schedule, clock());
    if (what === 'to be still') await queues.byName['run-start'].removeJobScheduler(SCHEDULER_ID);
    if (what === 'to be still' || what === 'nothing') return false;
    const opts = { ...stageJobOptions(TICK_ATTEMPTS), removeOnComplete: true };
    const template = { name: TICK, data: { version: PAYLOAD_VERSION }, opts };
    const repeat = { pattern: what.cron, tz: what.timeZone };
    await queues.byName['run-start'].upsertJobScheduler(SCHEDULER_ID, repeat, template);
    return true;
  });
  return told === true;
}

async function whatToTell(queues: Queues, schedule: ScheduleStore, now: number) {
  const queue = queues.byName['run-start'];
  const [{ applied }, found] = await Promise.all([schedule.read(), queue.getJobScheduler(SCHEDULER_ID)]);
  if (!applied) return found ? 'to be still' : 'nothing';
  if (!found?.next || !isSame(applied, { cron: found.pattern ?? '', timeZone: found.tz ?? '' })) return applied;
  if (found.template?.data?.version !== PAYLOAD_VERSION) return applied;
  if (now - found.next < LOST_AFTER_MS) return 'nothing';
  // Its time has passed and it made no other: it waits for a worker, or somebody deleted it.
  const state = await queue.getJobState(`repeat:${SCHEDULER_ID}:${found.next}`);
  return WAITING_STATES.includes(state) ? 'nothing' : applied;
}

function isSame(a: WeeklySchedule, b: WeeklySchedule): boolean {
  return a.cron === b.cron && a.timeZone === b.timeZone;
}
