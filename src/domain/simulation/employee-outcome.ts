import type { ContentId } from '../ids.ts';
import type { RunPlan } from '../run/plan.ts';
import type { Completion } from './completions.ts';
import { combinedList, completeEmployee, newAssignments } from './completions.ts';
import type { Employee } from './employees.ts';
import type { EmployeeAssignments, OpenAssignment } from './manager-assignments.ts';
import { seededDraw } from './seeded-draw.ts';

/** What the simulation of one employee came to. */
export interface EmployeeResult {
  /** In the recommender's order, each content once. */
  readonly recommendations: readonly ContentId[];
  /** In order of time. */
  readonly completions: readonly Completion[];
}

/** Simulates one employee from the recommendations that the API gave (contract section 4). */
export function simulateEmployee(
  plan: RunPlan,
  employee: Employee,
  assignments: EmployeeAssignments,
  recommendations: readonly ContentId[],
): EmployeeResult {
  const list = combinedList(assignments, recommendations);
  const completions = completeEmployee(employee, list, plan.asOf, seededDraw(plan.seed, employee.id));
  return { recommendations, completions };
}

/** The assignments that an employee did not complete, as the Non_Completed_Assignments feed lists them. */
export interface RemainingAssignments {
  readonly open: readonly OpenAssignment[];
  readonly assigned: readonly ContentId[];
}

/** What is left of an employee's assignments; without a result, all of it. */
export function remainingAssignments(assignments: EmployeeAssignments, result?: EmployeeResult): RemainingAssignments {
  const completed = new Set(result?.completions.map(({ contentId }) => contentId));
  return {
    open: assignments.open.filter(({ contentId }) => !completed.has(contentId)),
    assigned: newAssignments(assignments).filter((contentId) => !completed.has(contentId)),
  };
}
