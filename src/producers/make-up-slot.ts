import type { RunId } from '../domain/ids.ts';
import { slotToMakeUp } from '../domain/schedule/due-slot.ts';
import { slotRunId } from '../domain/schedule/slot.ts';
import { readSchedule } from '../queries/schedule-state.ts';
import { enqueueRunStart } from './create-run.ts';
import type { ScheduleContext } from './scheduled-run.ts';

/**
 * Queues the run of the last slot, which was missed or skipped: somebody wants it all the same. Safe to repeat.
 * @param slot the slot that is meant, epoch milliseconds: by now it may have its run, or a later one may have come.
 * @param now epoch milliseconds.
 * @returns the run; undefined when this slot is not to be made up any more.
 */
export async function makeUpSlot(context: ScheduleContext, slot: number, now: number): Promise<RunId | undefined> {
  const { queues, schedule, settings } = context;
  if (slotToMakeUp(await readSchedule(queues, schedule), now) !== slot) return undefined;
  const runId = slotRunId(slot);
  await enqueueRunStart(queues, runId, settings.queues.jobAttempts, slot);
  await schedule.settle({ slot, outcome: 'started', decidedAt: now });
  return runId;
}
