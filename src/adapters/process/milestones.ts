import { channel } from 'node:diagnostics_channel';
import type { EmployeeId } from '../../domain/ids.ts';

/**
 * Moments at which a worker may die and must not do harm. The fault tests listen to them, in the process itself, and
 * end it there; without a listener they cost nothing.
 */
export type Milestone =
  | 'first-feed-drafted'
  | 'fan-out-chunk-added'
  | 'result-to-be-written'
  | 'result-written'
  | 'feeds-drafted'
  | 'file-renamed'
  | 'files-in-place'
  | 'rename-to-be-asked'
  | 'file-renamed-there'
  | 'ground-truth-written'
  | 'file-landed'
  | 'slot-enqueued';

const MILESTONES = channel('btc-fake:milestone');

/** Says that a moment has come, and for which employee. */
export function reachMilestone(milestone: Milestone, employeeId?: EmployeeId): void {
  if (MILESTONES.hasSubscribers) MILESTONES.publish({ milestone, employeeId });
}
