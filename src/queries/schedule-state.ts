import type { Queues } from '../adapters/redis/queues.ts';
import type { ScheduleStore } from '../adapters/shared-state/schedule-store.ts';
import type { KnownSlots } from '../domain/schedule/due-slot.ts';
import type { WeeklySchedule } from '../domain/schedule/slots.ts';

/** The id of BullMQ's job scheduler for the weekly run. */
export const SCHEDULER_ID = 'weekly';

/** The weekly schedule as it stands in Redis. Instants are epoch milliseconds. */
export interface ScheduleState extends KnownSlots {
  /** Somebody removed it; only `schedule apply` puts it back. */
  readonly removedAt?: number;
  /** What BullMQ's job scheduler has been told, and when it will wake a worker. Absent: it has not been told. */
  readonly scheduler?: WeeklySchedule & { readonly next: number };
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
