import type { Queues } from '../adapters/queues.ts';
import type { AppliedSchedule, ScheduleStore, SlotDecision } from '../adapters/schedule-store.ts';
import { lastSlot, type WeeklySchedule } from '../domain/schedule-slots.ts';

/** The name of the jobs that BullMQ's job scheduler makes: each only wakes a worker up, which looks what is due. */
export const TICK = 'tick';

const SCHEDULER_ID = 'weekly';

/** The weekly schedule as it stands in Redis. Instants are epoch milliseconds. */
export interface ScheduleState {
  /** Absent: never applied, or removed. */
  readonly applied?: AppliedSchedule;
  /** Somebody removed it; only `schedule apply` puts it back. */
  readonly removedAt?: number;
  /** What BullMQ's job scheduler has been told, and when it will wake a worker. Absent: it has not been told. */
  readonly scheduler?: WeeklySchedule & { readonly next: number };
  /** What was decided about the last slots, newest first. */
  readonly decisions: readonly SlotDecision[];
}

/** Reads how the weekly schedule stands. Changes nothing. */
export async function readSchedule(queues: Queues, schedule: ScheduleStore): Promise<ScheduleState> {
  const [stored, decisions, found] = await Promise.all([
    schedule.read(),
    schedule.decisions(),
    queues.byName['run-start'].getJobScheduler(SCHEDULER_ID),
  ]);
  const { pattern, tz, next } = found ?? {};
  const scheduler = pattern && tz && next ? { cron: pattern, timeZone: tz, next } : undefined;
  return { ...stored, ...(scheduler ? { scheduler } : {}), decisions };
}

/**
 * The slot that should have its run by now and about which nothing was decided, or whose run was not queued after all. Only the
 * latest: one that came after it takes the place of one that was missed.
 * @param now epoch milliseconds.
 * @param graceMs slots that are younger than this are left to the tick that BullMQ makes for them.
 */
export function undecidedSlot(
  { applied, decisions }: Pick<ScheduleState, 'applied' | 'decisions'>,
  now: number,
  graceMs = 0,
): number | undefined {
  if (!applied) return undefined;
  const slot = lastSlot(applied, now - graceMs);
  if (slot === undefined || slot <= applied.appliedAt) return undefined;
  // What a process whose clock is ahead decided about slots to come settles nothing.
  const latest = decisions.find((decision) => decision.slot <= now);
  const open = latest === undefined || latest.slot < slot || (latest.slot === slot && latest.outcome === 'starting');
  return open ? slot : undefined;
}
