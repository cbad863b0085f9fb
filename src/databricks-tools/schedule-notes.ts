import type { Description, JobSchedule } from '../domain/description/description.ts';
import { quartzSchedule } from '../domain/schedule/quartz.ts';
import { skippedTimes } from '../domain/schedule/skipped-times.ts';
import { localSlot } from '../domain/schedule/slot.ts';

/** What a person should know about a schedule of the description, one line each. */
export interface ScheduleNotes {
  /** What Databricks reads in another way than cron. */
  readonly differences: readonly string[];
  /** Times that a change of the clocks skips. */
  readonly warnings: readonly string[];
}

/**
 * Looks at the schedules of a description; a schedule that several targets share is looked at once.
 * @param now epoch milliseconds; the two years after it are looked at.
 */
export function scheduleNotes({ targets }: Pick<Description, 'targets'>, now: number): ScheduleNotes {
  const byTimes = new Map<string, JobSchedule>();
  for (const { schedule } of targets) byTimes.set(`${schedule.cron}\n${schedule.time_zone}`, schedule);
  const schedules = [...byTimes.values()];
  return { differences: schedules.flatMap(differencesOf), warnings: schedules.flatMap((one) => warningsOf(one, now)) };
}

function differencesOf({ cron }: JobSchedule): string[] {
  const quartz = quartzSchedule(cron);
  if ('refusal' in quartz) return [];
  return [`Schedule "${cron}" is "${quartz.expression}" on Databricks. ${quartz.differences.join(' ')}`];
}

function warningsOf({ cron, time_zone }: JobSchedule, now: number): string[] {
  const [first] = skippedTimes({ cron, timeZone: time_zone }, now);
  if (first === undefined) return [];
  const change = localSlot(first.change, time_zone);
  return [
    `Warning: schedule "${cron}": ${first.time} does not exist in ${time_zone}, because the clocks go forward to ${change}. ` +
      'Databricks runs that slot at another time, or not at all. Choose another hour.',
  ];
}
