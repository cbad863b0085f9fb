import { formatInstant } from '../domain/feeds/rows.ts';
import type { SlotDecision } from '../domain/schedule/slot-decision.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/**
 * Why a slot has no run, with the setting that decides it: `no worker was there within 24 h of it
 * (SCHEDULE_CATCH_UP_HOURS)`. Decisions of earlier versions say less.
 * @param at how slots are written.
 */
export function whyWithoutRun(decision: SlotDecision, at: (slot: number) => string = formatInstant): string {
  const { outcome, inTheWay, withinMs, supersededBy } = decision;
  if (outcome === 'skipped') return `run ${inTheWay} had not ended (SCHEDULE_OVERLAP)`;
  if (supersededBy !== undefined) {
    return `no worker was there before the next slot came, and of several only the latest, ${at(supersededBy)}, is caught up`;
  }
  if (withinMs === undefined) return 'no worker was there in time';
  const within = withinMs < HOUR_MS ? `${withinMs / MINUTE_MS} min` : `${withinMs / HOUR_MS} h`;
  return `no worker was there within ${within} of it (SCHEDULE_CATCH_UP_HOURS)`;
}
