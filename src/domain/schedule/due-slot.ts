import type { AppliedSchedule, SlotDecision } from './slot-decision.ts';
import { lastSlot } from './slots.ts';

/** What is known of the schedule when a slot is looked for. */
export interface KnownSlots {
  /** Absent: never applied, or removed. */
  readonly applied?: AppliedSchedule;
  /** What was decided about the last slots, newest first. */
  readonly decisions: readonly SlotDecision[];
}

/** A slot is left to BullMQ's tick, and to the workers' own look each minute, for so long. */
const GRACE_MS = 3 * 60_000;

/**
 * The slot that should have its run by now and about which nothing was decided, or whose run was not queued after all.
 * Only the latest: a later slot replaces a missed slot.
 * @param now epoch milliseconds.
 * @param graceMs slots that are younger than this are left to the tick that BullMQ makes for them.
 */
export function undecidedSlot({ applied, decisions }: KnownSlots, now: number, graceMs = 0): number | undefined {
  if (!applied) return undefined;
  const slot = lastSlot(applied, now - graceMs);
  if (slot === undefined || slot <= applied.appliedAt) return undefined;
  // What a process whose clock is ahead decided about slots to come settles nothing.
  const latest = decisions.find((decision) => decision.slot <= now);
  const open = latest === undefined || latest.slot < slot || (latest.slot === slot && latest.outcome === 'starting');
  return open ? slot : undefined;
}

/** The last slot, when it has no run: nobody was there, it was skipped, or nothing has been decided for minutes. */
export function slotToMakeUp(state: KnownSlots, now: number): number | undefined {
  const undecided = undecidedSlot(state, now, GRACE_MS);
  if (undecided !== undefined) return undecided;
  const latest = state.decisions.find(({ slot }) => slot <= now);
  return latest?.outcome === 'missed' || latest?.outcome === 'skipped' ? latest.slot : undefined;
}
