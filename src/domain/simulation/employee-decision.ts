import type { Catalogs } from '../catalog/content.ts';
import type { CatalogKind } from '../catalog/file-name.ts';
import { formatInstant } from '../feeds/rows.ts';
import type { ContentId, EmployeeId, RunId } from '../ids.ts';
import type { SkipReason } from './assignment-tally.ts';
import type { BusinessWeek } from './business-week.ts';
import { combinedList, newAssignments, type Source } from './completions.ts';
import { type EmployeeResult, remainingAssignments } from './employee-outcome.ts';
import type { EmployeeType } from './employees.ts';
import { type DailyDoseDecision, type EmployeeAssignments, isForThisWeek } from './manager-assignments.ts';

/** A content, with what the run's catalog files say of it. */
export interface NamedContent {
  readonly contentId: ContentId;
  /** Null when neither catalog file has a title for it. */
  readonly title: string | null;
  /** Which of the catalog files lists it; null for neither. */
  readonly catalog: CatalogKind | null;
}

/** An assignment that was open in Databricks. Dates are `YYYY-MM-DDTHH:MM:SSZ`, null where the vendor has none. */
export interface ExplainedOpen extends NamedContent {
  readonly contentType: string | null;
  readonly assigned: string | null;
  readonly begins: string | null;
  readonly due: string | null;
  /** Whether it is flagged as Daily Dose. */
  readonly dailyDose: boolean;
  /** Whether its begin-to-due interval overlaps the business week. */
  readonly thisWeek: boolean;
}

/** What became of one of the manager's Daily Dose contents. */
export interface ExplainedDose extends NamedContent {
  readonly outcome: 'assigned' | SkipReason;
}

/** A recommendation, in the recommender's order. */
export interface ExplainedRecommendation extends NamedContent {
  /** The manager had assigned it already, so it counts as the manager's. */
  readonly alreadyAssigned: boolean;
}

/** A completion, with its times as the feed writes them. */
export interface ExplainedCompletion extends NamedContent {
  readonly source: Source;
  readonly startedAt: string;
  readonly completedAt: string;
}

/** An assignment that is not completed, as the Non_Completed_Assignments feed lists it. */
export interface ExplainedRemaining extends NamedContent {
  readonly from: 'databricks' | 'daily-dose' | 'random';
}

/** The whole decision about one employee, for a person to read. Null is what has not been decided. */
export interface EmployeeDecision {
  readonly open: readonly ExplainedOpen[] | null;
  readonly dailyDoseDecision: DailyDoseDecision | null;
  readonly dailyDose: readonly ExplainedDose[] | null;
  /** Null also when nothing was left to assign: see `open` for whether the manager has decided. */
  readonly random: NamedContent | null;
  readonly recommendations: readonly ExplainedRecommendation[] | null;
  /** How long the combined list is, of which the employee's type decides what is completed. */
  readonly listed: number | null;
  readonly completions: readonly ExplainedCompletion[] | null;
  readonly left: readonly ExplainedRemaining[] | null;
}

/**
 * How far the run is with an employee.
 * - `not queued`: the run has not come to the employees yet
 * - `waiting`: in the queue
 * - `working`: a worker is on it
 * - `retrying`: an attempt failed, and the next one comes by itself
 * - `failed`: failed for good; re-queue the employee, or finish without the failed ones
 * - `done`: simulated
 * - `left out`: the run was finished without the employee
 * - `lost`: neither a result nor a job; somebody has removed the job, and "btc-fake retry" queues it again
 */
export type EmployeeProgress =
  | 'not queued'
  | 'waiting'
  | 'working'
  | 'retrying'
  | 'failed'
  | 'done'
  | 'left out'
  | 'lost';

/** Everything that there is to say about one employee of a run. Instants are `YYYY-MM-DDTHH:MM:SSZ`. */
export interface EmployeeExplanation extends EmployeeDecision {
  readonly runId: RunId;
  readonly employeeId: EmployeeId;
  readonly employeeType: EmployeeType;
  /** In the employees file, from 1, without its invalid rows. */
  readonly position: number;
  readonly employees: number;
  readonly asOf: string;
  /** The business time zone of the run. */
  readonly timeZone: string;
  readonly week: { readonly start: string; readonly due: string };
  readonly progress: EmployeeProgress;
  /** Why it failed, is tried again or was left out. */
  readonly reason: string | null;
  /** Attempts made and allowed; null when there is no job any more. */
  readonly attempts: { readonly made: number; readonly allowed: number } | null;
  readonly failedAt: string | null;
}

/** What a decision is explained from. */
export interface DecisionRecords {
  readonly week: BusinessWeek;
  readonly catalogs: Catalogs;
  /** The Daily Dose contents that the manager gives this week. */
  readonly chosenDoses: readonly ContentId[];
  readonly assignments: EmployeeAssignments | undefined;
  readonly result: EmployeeResult | undefined;
}

/** Puts the records of one employee into words and order (contract sections 3 and 4). */
export function explainDecision({
  week,
  catalogs,
  chosenDoses,
  assignments,
  result,
}: DecisionRecords): EmployeeDecision {
  const named = namesFrom(catalogs);
  const iso = (instant: number | null) => (instant === null ? null : formatInstant(instant));
  const listed = assignments && combinedList(assignments, result?.recommendations ?? []);
  const assigned = assignments && [
    ...assignments.open.map(({ contentId }) => contentId),
    ...newAssignments(assignments),
  ];
  return {
    open:
      assignments?.open.map((row) => ({
        ...named(row.contentId),
        contentType: row.contentType,
        assigned: iso(row.assignedAt),
        begins: iso(row.beginsAt),
        due: iso(row.dueAt),
        dailyDose: catalogs.StandAloneContent.some(({ id, dailyDose }) => dailyDose && id === row.contentId),
        thisWeek: isForThisWeek(row, week),
      })) ?? null,
    dailyDoseDecision: assignments?.dailyDoseDecision ?? null,
    dailyDose: assignments
      ? chosenDoses.map((contentId) => ({ ...named(contentId), outcome: outcomeOf(contentId, assignments) }))
      : null,
    random: assignments && assignments.random !== null ? named(assignments.random) : null,
    recommendations:
      result?.recommendations.map((contentId) => ({
        ...named(contentId),
        alreadyAssigned: assigned?.includes(contentId) ?? false,
      })) ?? null,
    listed: result && listed ? listed.length : null,
    completions:
      result?.completions.map(({ contentId, source, startedAt, completedAt }) => ({
        ...named(contentId),
        source,
        startedAt: formatInstant(startedAt),
        completedAt: formatInstant(completedAt),
      })) ?? null,
    left: assignments ? remainingOf(assignments, result, named) : null,
  };
}

function outcomeOf(contentId: ContentId, assignments: EmployeeAssignments): ExplainedDose['outcome'] {
  const { dailyDoseDecision, dailyDoseConflicts } = assignments;
  if (dailyDoseDecision !== 'eligible') return dailyDoseDecision;
  return dailyDoseConflicts.find((conflict) => conflict.contentId === contentId)?.conflict ?? 'assigned';
}

function remainingOf(
  assignments: EmployeeAssignments,
  result: EmployeeResult | undefined,
  named: (contentId: ContentId) => NamedContent,
): ExplainedRemaining[] {
  const remaining = remainingAssignments(assignments, result);
  return [
    ...remaining.open.map(({ contentId }) => ({ ...named(contentId), from: 'databricks' as const })),
    ...remaining.assigned.map((contentId) => ({
      ...named(contentId),
      from: assignments.dailyDose.includes(contentId) ? ('daily-dose' as const) : ('random' as const),
    })),
  ];
}

/**
 * Names contents from catalogs. An employee meets a few dozen at the most, so these are searched, not turned into maps.
 */
export function namesFrom(catalogs: DecisionRecords['catalogs']): (contentId: ContentId) => NamedContent {
  const find = (kind: CatalogKind, contentId: ContentId) => catalogs[kind].find(({ id }) => id === contentId);
  return (contentId) => {
    const standAlone = find('StandAloneContent', contentId);
    const course = find('CourseCatalog', contentId);
    return {
      contentId,
      title: standAlone?.title || course?.title || null,
      catalog: standAlone ? 'StandAloneContent' : course ? 'CourseCatalog' : null,
    };
  };
}
