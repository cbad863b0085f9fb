import type { ContentId } from '../ids.ts';
import type { BusinessWeek } from './business-week.ts';
import type { ManagerChoice } from './manager-choice.ts';
import type { Draw } from './seeded-draw.ts';
import type { CompletionRow, OpenAssignmentRow } from './training-records.ts';

/**
 * An assignment from Databricks that is still open. Instants are epoch milliseconds; null where the vendor has none.
 */
export type OpenAssignment = Omit<OpenAssignmentRow, 'employeeId'>;

/** What Databricks knows of one employee. */
export interface EmployeeRecords {
  readonly open: readonly OpenAssignment[];
  readonly completions: readonly Omit<CompletionRow, 'employeeId'>[];
}

/** Whether an employee may get Daily Dose this week, or why not. */
export type DailyDoseDecision = 'eligible' | 'completed-this-week' | 'open-this-week';

/** Why an eligible employee did not get one of the manager's Daily Dose contents. */
export type Conflict = 'already-open' | 'already-completed';

/** What the manager gave to one employee, and what was open before. */
export interface EmployeeAssignments {
  /** By due date, then content id; each content once. */
  readonly open: readonly OpenAssignment[];
  readonly dailyDoseDecision: DailyDoseDecision;
  /** The new Daily Dose assignments. */
  readonly dailyDose: readonly ContentId[];
  readonly dailyDoseConflicts: readonly { readonly contentId: ContentId; readonly conflict: Conflict }[];
  /** The new random assignment; null when nothing was left to give. */
  readonly random: ContentId | null;
}

/** Makes the manager's assignments to one employee (contract section 3, items 2, 3, 4 and 7). */
export function assignEmployee(
  records: EmployeeRecords,
  choice: ManagerChoice,
  week: BusinessWeek,
  draw: Draw,
): EmployeeAssignments {
  const completedIds = new Set(records.completions.map(({ contentId }) => contentId));
  // The two tables are read one after the other: a completion that came in between has closed its assignment.
  const stillOpen = records.open.filter(({ contentId }) => !completedIds.has(contentId));
  const open = latestOfEachContent(stillOpen).sort(byDueDate);
  const openIds = new Set(open.map(({ contentId }) => contentId));
  const dailyDoseDecision = decideDailyDose(open, records.completions, choice, week);

  const dailyDose: ContentId[] = [];
  const dailyDoseConflicts: { contentId: ContentId; conflict: Conflict }[] = [];
  for (const contentId of dailyDoseDecision === 'eligible' ? choice.dailyDose : []) {
    if (openIds.has(contentId)) dailyDoseConflicts.push({ contentId, conflict: 'already-open' });
    else if (completedIds.has(contentId)) dailyDoseConflicts.push({ contentId, conflict: 'already-completed' });
    else dailyDose.push(contentId);
  }
  const random = drawRandom(choice.others, new Set([...openIds, ...completedIds]), draw);
  return { open, dailyDoseDecision, dailyDose, dailyDoseConflicts, random };
}

/** The same pair assigned twice is one open assignment, the latest; of rows that are as late, the first. */
function latestOfEachContent(rows: readonly OpenAssignment[]): OpenAssignment[] {
  const latest = new Map<ContentId, OpenAssignment>();
  for (const row of rows) {
    const known = latest.get(row.contentId);
    if (known === undefined || (row.assignedAt ?? -Infinity) > (known.assignedAt ?? -Infinity)) {
      latest.set(row.contentId, row);
    }
  }
  return [...latest.values()];
}

function byDueDate(a: OpenAssignment, b: OpenAssignment): number {
  if (a.dueAt === b.dueAt) return a.contentId - b.contentId;
  return (a.dueAt ?? Infinity) - (b.dueAt ?? Infinity);
}

function decideDailyDose(
  open: readonly OpenAssignment[],
  completions: EmployeeRecords['completions'],
  choice: ManagerChoice,
  week: BusinessWeek,
): DailyDoseDecision {
  const isDailyDose = ({ contentId }: { contentId: ContentId }) => choice.dailyDoseContents.has(contentId);
  const completedThisWeek = completions.some(
    (row) =>
      row.completedOn !== null &&
      row.completedOn >= week.startDate &&
      row.completedOn <= week.asOfDate &&
      isDailyDose(row),
  );
  if (completedThisWeek) return 'completed-this-week';
  const openThisWeek = open.some((row) => isDailyDose(row) && isForThisWeek(row, week));
  return openThisWeek ? 'open-this-week' : 'eligible';
}

/** An assignment is for this week if its begin-to-due interval overlaps the week; a missing end leaves it open. */
export function isForThisWeek(row: OpenAssignment, week: BusinessWeek): boolean {
  return (row.beginsAt ?? -Infinity) <= week.dueAt && (row.dueAt ?? Infinity) >= week.startsAt;
}

/** Of the ascending contents that are not excluded, the one at `floor(draw × count)`, without copying the catalog. */
function drawRandom(others: readonly ContentId[], excluded: ReadonlySet<ContentId>, draw: Draw): ContentId | null {
  const gaps = [...excluded]
    .map((id) => indexOf(others, id))
    .filter((index) => index >= 0)
    .sort((a, b) => a - b);
  const count = others.length - gaps.length;
  if (count === 0) return null;
  let index = Math.floor(draw('assign', 0) * count);
  for (const gap of gaps) if (gap <= index) index += 1;
  return others[index]!;
}

/** Binary search; -1 when the value is not there. */
function indexOf(ascending: readonly ContentId[], wanted: ContentId): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const value = ascending[middle]!;
    if (value === wanted) return middle;
    if (value < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
