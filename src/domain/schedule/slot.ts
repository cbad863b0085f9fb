import { TZDate } from '@date-fns/tz';
import { format } from 'date-fns';
import type { RunId } from '../ids.ts';

/**
 * A slot is the nominal instant (epoch milliseconds, a whole minute) at which the weekly schedule wants a run. A slot
 * has one run, whose id is made from it, and it runs once however many processes want to start it.
 */

/** A run that was made longer than this after its slot is late. */
export const LATE_AFTER_MS = 5 * 60_000;

/** `run-20261123T060000Z-weekly`: the run of a slot. */
export function slotRunId(slot: number): RunId {
  return `run-${new Date(slot).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z-weekly` as RunId;
}

/**
 * By how much the run of a slot was made too late, in milliseconds; 0 when it was in time, or is not of the schedule.
 */
export function lateMs({ slot, createdAt }: { readonly slot?: number; readonly createdAt: number }): number {
  if (slot === undefined) return 0;
  const after = createdAt - slot;
  return after > LATE_AFTER_MS ? after : 0;
}

/** An instant as people of a time zone read it, its offset with it: `Mon 2026-11-23 06:00 +01:00`. */
export function localSlot(slot: number, timeZone: string): string {
  return format(new TZDate(slot, timeZone), 'EEE yyyy-MM-dd HH:mm xxx');
}
