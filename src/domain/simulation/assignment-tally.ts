import type { ContentId } from '../ids.ts';
import type { Conflict, DailyDoseDecision, EmployeeAssignments } from './manager-assignments.ts';
import type { ManagerChoice } from './manager-choice.ts';

/** Why an employee did not get one of the manager's Daily Dose contents. */
export type SkipReason = Exclude<DailyDoseDecision, 'eligible'> | Conflict;

export const SKIP_REASONS: readonly SkipReason[] = [
  'completed-this-week',
  'open-this-week',
  'already-open',
  'already-completed',
];

/** How many employees got one of the manager's Daily Dose contents, and how many did not, for which reason. */
export interface DailyDoseTally {
  readonly contentId: ContentId;
  assigned: number;
  readonly skipped: Record<SkipReason, number>;
}

/** What the manager's assignments came to, over the whole population. */
export interface AssignmentTally {
  readonly dailyDose: DailyDoseTally[];
  readonly random: { assigned: number; nothingLeft: number };
  /** Open assignments that came from Databricks. */
  openAssignments: number;
}

/** A tally of nothing yet. */
export function emptyAssignmentTally(choice: ManagerChoice): AssignmentTally {
  return {
    dailyDose: choice.dailyDose.map((contentId) => ({
      contentId,
      assigned: 0,
      skipped: { 'completed-this-week': 0, 'open-this-week': 0, 'already-open': 0, 'already-completed': 0 },
    })),
    random: { assigned: 0, nothingLeft: 0 },
    openAssignments: 0,
  };
}

/** Adds one employee's assignments to a tally. */
export function addToAssignmentTally(tally: AssignmentTally, assignments: EmployeeAssignments): void {
  const { dailyDoseDecision, dailyDose, dailyDoseConflicts } = assignments;
  for (const entry of tally.dailyDose) {
    const conflict = dailyDoseConflicts.find(({ contentId }) => contentId === entry.contentId)?.conflict;
    if (dailyDoseDecision !== 'eligible') entry.skipped[dailyDoseDecision] += 1;
    else if (conflict !== undefined) entry.skipped[conflict] += 1;
    else if (dailyDose.includes(entry.contentId)) entry.assigned += 1;
  }
  if (assignments.random === null) tally.random.nothingLeft += 1;
  else tally.random.assigned += 1;
  tally.openAssignments += assignments.open.length;
}
