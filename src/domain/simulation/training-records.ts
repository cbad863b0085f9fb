import type { ContentId, EmployeeId } from '../ids.ts';

/** An assignment without a completion, as Databricks holds it. Instants are epoch milliseconds, UTC. */
export interface OpenAssignmentRow {
  readonly employeeId: EmployeeId;
  readonly contentId: ContentId;
  readonly assignedAt: number | null;
  readonly beginsAt: number | null;
  readonly dueAt: number | null;
  readonly contentType: string | null;
}

/** A completion, as Databricks holds it: a calendar date without a time. */
export interface CompletionRow {
  readonly employeeId: EmployeeId;
  readonly contentId: ContentId;
  /** `YYYY-MM-DD`, in the business time zone as the vendor writes it. */
  readonly completedOn: string | null;
}

/** An inclusive range of employee ids. */
export interface EmployeeIdRange {
  readonly from: EmployeeId;
  readonly to: EmployeeId;
}

/**
 * The training records of the real employees (contract section 1, "Training records"). Both streams come in ascending
 * order of employee id, then content id, so that a population of any size can be merged with them in flat memory.
 */
export interface TrainingRecords {
  openAssignments(range: EmployeeIdRange): AsyncIterable<OpenAssignmentRow>;
  completions(range: EmployeeIdRange): AsyncIterable<CompletionRow>;
}
