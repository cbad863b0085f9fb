import { type ContentId, type EmployeeId, formatContentId } from '../ids.ts';
import { type AssignmentTally, SKIP_REASONS, type SkipReason } from '../simulation/assignment-tally.ts';
import type { Completion } from '../simulation/completions.ts';
import type { FailedEmployee } from './manifest.ts';
import type { Notice } from './notice.ts';

/** Why a Daily Dose content was not assigned, in words. */
export const SKIP_TEXT: Readonly<Record<SkipReason, string>> = {
  'completed-this-week': 'completed a Daily Dose this week',
  'open-this-week': 'a Daily Dose of this week is open',
  'already-open': 'already open',
  'already-completed': 'already completed',
};

/** An employee's line in the summary: `104829: 1,915,085 (manager), 892,298 (ai)` (contract section 5). */
export function summaryLine(employeeId: EmployeeId, completions: readonly Completion[]): string {
  const items = completions.map(({ contentId, source }) => `${formatContentId(contentId)} (${source})`);
  return `${employeeId}: ${items.join(', ') || 'none'}`;
}

/** What follows the employees' lines in the summary. */
export interface SummaryTail {
  readonly assignments: AssignmentTally;
  /** Titles for display; a content without one is shown by its id alone. */
  readonly titles: ReadonlyMap<ContentId, string>;
  readonly notices: readonly Notice[];
  readonly failedEmployees: readonly FailedEmployee[];
  readonly fileNames: readonly string[];
}

/** The lines below the employees: the manager's choices, what the run did without, and its files. */
export function summaryTail({ assignments, titles, notices, failedEmployees, fileNames }: SummaryTail): string[] {
  const lines = ['', "Manager's choices"];
  for (const { contentId, assigned, skipped } of assignments.dailyDose) {
    const reasons = SKIP_REASONS.filter((reason) => skipped[reason] > 0);
    const total = reasons.reduce((sum, reason) => sum + skipped[reason], 0);
    const why = reasons.map((reason) => `${SKIP_TEXT[reason]}: ${skipped[reason]}`).join('; ');
    const title = titles.get(contentId);
    lines.push(
      `  ${formatContentId(contentId)}${title ? ` ${title}` : ''} (Daily Dose): assigned to ${assigned}, ` +
        `skipped for ${total}${why && ` (${why})`}`,
    );
  }
  const { assigned, nothingLeft } = assignments.random;
  lines.push(`  Random content: assigned to ${assigned}, nothing left for ${nothingLeft}`);
  if (notices.length > 0) lines.push('', 'Notices', ...notices.map(({ text }) => `  ${text}`));
  if (failedEmployees.length > 0) {
    lines.push('', 'Finished without', ...failedEmployees.map((e) => `  ${e.employeeId}: ${e.reason}`));
  }
  lines.push('', 'Files', ...fileNames.map((name) => `  ${name}`));
  return lines;
}
