import { type ContentId, type EmployeeId, formatContentId } from '../ids.ts';
import { type RunPlan, weekOf } from '../run/plan.ts';
import { type BusinessWeek, localDate } from '../simulation/business-week.ts';
import type { Completion } from '../simulation/completions.ts';
import type { OpenAssignment } from '../simulation/manager-assignments.ts';
import { hashedInteger } from '../simulation/seeded-draw.ts';

/** Header of the ContentUserCompletion feed (contract section 5). */
export const COMPLETION_COLUMNS = ['UserId', 'ContentId', 'DateStarted', 'DateCompleted'] as const;

/** Header of the Non_Completed_Assignments feed (contract section 5). */
export const NON_COMPLETED_COLUMNS = [
  'UserID',
  'CreateDate_text',
  'RequestId',
  'TrainingElementId',
  'Start_Date_text',
  'DueDate_text',
  'ContentType',
] as const;

/** A RequestId is one of `count` numbers from `first` (contract section 3, item 5). */
export const REQUEST_IDS = { first: 10_000, count: 9_990_000 } as const;

/** The type of content of every new assignment, and of an open assignment without a type. */
export const DEFAULT_CONTENT_TYPE = 'Media';
/** How long before `asOf` a new assignment was created (contract section 3, item 6). */
export const CREATED_BEFORE_AS_OF_MS = 5 * 60_000;

/** An instant (epoch milliseconds) as feeds write it: UTC, whole seconds, `2025-10-28T11:00:00Z`. */
export function formatInstant(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

/** Does what `formatInstant` does, and much faster where an instant is on the same day (UTC) as the one before. */
export function instantFormatter(): typeof formatInstant {
  let day = Number.NaN;
  let date = '';
  return (instant) => {
    const seconds = Math.floor(instant / 1000);
    const dayOfInstant = Math.floor(seconds / DAY_SECONDS);
    if (dayOfInstant !== day) {
      day = dayOfInstant;
      date = formatInstant(instant).slice(0, -'00:00:00Z'.length);
    }
    const time = seconds - day * DAY_SECONDS;
    return `${date}${DIGITS[Math.floor(time / 3600)]}:${DIGITS[Math.floor(time / 60) % 60]}:${DIGITS[time % 60]}Z`;
  };
}

const DAY_SECONDS = 24 * 3600;
const DIGITS = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));

/**
 * One row of the ContentUserCompletion feed.
 * @param format `formatInstant`, or one of `instantFormatter` for many rows.
 */
export function completionRow(employeeId: EmployeeId, completion: Completion, format = formatInstant): string[] {
  return [
    String(employeeId),
    formatContentId(completion.contentId),
    format(completion.startedAt),
    format(completion.completedAt),
  ];
}

/**
 * The number under which the vendor files "this content, assigned that day" (contract section 3, item 5).
 * `day` is `YYYY-MM-DD`, or empty for an open assignment whose date the vendor does not have: it keeps its number too.
 */
export function requestId(contentId: ContentId, day: string): number {
  return REQUEST_IDS.first + (hashedInteger(`${contentId}/${day}`) % REQUEST_IDS.count);
}

/** Makes the rows of one run's Non_Completed_Assignments feed. */
export interface NonCompletedRows {
  /** The row of an assignment that Databricks holds. */
  readonly open: (employeeId: EmployeeId, assignment: OpenAssignment) => string[];
  /** The row of an assignment that this run's manager made. */
  readonly assigned: (employeeId: EmployeeId, contentId: ContentId) => string[];
}

/** Rows of the Non_Completed_Assignments feed for a run (contract section 3, items 5 and 6). */
export function nonCompletedRows(plan: RunPlan): NonCompletedRows {
  const week: BusinessWeek = weekOf(plan);
  const createdAt = formatInstant(plan.asOf - CREATED_BEFORE_AS_OF_MS);
  const startsAt = formatInstant(week.startsAt);
  const dueAt = formatInstant(week.dueAt);
  // All who were newly assigned a content have the same row but for their id.
  const sameForAll = new Map<ContentId, readonly string[]>();
  const assignedCells = (contentId: ContentId): readonly string[] => {
    const known = sameForAll.get(contentId);
    if (known) return known;
    const number = String(requestId(contentId, week.asOfDate));
    const cells = [createdAt, number, formatContentId(contentId), startsAt, dueAt, DEFAULT_CONTENT_TYPE];
    sameForAll.set(contentId, cells);
    return cells;
  };
  return {
    open: (employeeId, { contentId, assignedAt, beginsAt, dueAt: due, contentType }) => [
      String(employeeId),
      formatOptional(assignedAt),
      String(requestId(contentId, assignedAt === null ? '' : localDate(assignedAt, plan.timeZone))),
      formatContentId(contentId),
      formatOptional(beginsAt),
      formatOptional(due),
      contentType ?? DEFAULT_CONTENT_TYPE,
    ],
    assigned: (employeeId, contentId) => [String(employeeId), ...assignedCells(contentId)],
  };
}

function formatOptional(instant: number | null): string {
  return instant === null ? '' : formatInstant(instant);
}
