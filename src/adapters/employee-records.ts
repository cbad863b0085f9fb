import type { Completion } from '../domain/completions.ts';
import { combinedList } from '../domain/completions.ts';
import type { EmployeeResult } from '../domain/employee-outcome.ts';
import type { Employee, EmployeeType } from '../domain/employees.ts';
import type { ContentId, EmployeeId } from '../domain/ids.ts';
import type { Conflict, DailyDoseDecision, EmployeeAssignments } from '../domain/manager-assignments.ts';

/*
 * How an employee's state is written in Redis: compact JSON arrays, because there is a record for each of a million
 * employees. Everything that follows from something else (a completion's content from its place in the combined list,
 * an instant from the run's asOf) is not written.
 */

type OpenRecord = [
  contentId: number,
  assigned: number | null,
  begins: number | null,
  due: number | null,
  type: string | null,
];
type AssignmentsRecord = [
  open: OpenRecord[],
  decision: DailyDoseDecision,
  dailyDose: number[],
  conflicts: [contentId: number, conflict: Conflict][],
  random: number | null,
];
type ResultRecord = [recommendations: number[], completions: [listIndex: number, startsAgo: number, seconds: number][]];

/** `88563a`: an employee in a chunk of the population. */
export function encodeEmployees(employees: readonly Employee[]): string {
  return employees.map(({ id, type }) => `${id}${type}`).join(' ');
}

export function decodeEmployees(text: string): Employee[] {
  if (text === '') return [];
  return text.split(' ').map((entry) => ({
    id: Number(entry.slice(0, -1)) as EmployeeId,
    type: entry.slice(-1) as EmployeeType,
  }));
}

export function encodeAssignments(assignments: EmployeeAssignments): string {
  const { open, dailyDoseDecision, dailyDose, dailyDoseConflicts, random } = assignments;
  const record: AssignmentsRecord = [
    open.map((o) => [o.contentId, o.assignedAt, o.beginsAt, o.dueAt, o.contentType]),
    dailyDoseDecision,
    [...dailyDose],
    dailyDoseConflicts.map(({ contentId, conflict }) => [contentId, conflict]),
    random,
  ];
  return JSON.stringify(record);
}

export function decodeAssignments(text: string): EmployeeAssignments {
  const [open, dailyDoseDecision, dailyDose, conflicts, random] = JSON.parse(text) as AssignmentsRecord;
  return {
    open: open.map(([contentId, assignedAt, beginsAt, dueAt, contentType]) => ({
      contentId: contentId as ContentId,
      assignedAt,
      beginsAt,
      dueAt,
      contentType,
    })),
    dailyDoseDecision,
    dailyDose: dailyDose as ContentId[],
    dailyDoseConflicts: conflicts.map(([contentId, conflict]) => ({ contentId: contentId as ContentId, conflict })),
    random: random as ContentId | null,
  };
}

/** @param asOf the run's simulated instant, in epoch milliseconds: completions are written relative to it. */
export function encodeResult(result: EmployeeResult, assignments: EmployeeAssignments, asOf: number): string {
  const list = combinedList(assignments, result.recommendations);
  const record: ResultRecord = [
    [...result.recommendations],
    result.completions.map(({ contentId, startedAt, completedAt }) => [
      list.findIndex((item) => item.contentId === contentId),
      (asOf - startedAt) / 1000,
      (completedAt - startedAt) / 1000,
    ]),
  ];
  return JSON.stringify(record);
}

export function decodeResult(text: string, assignments: EmployeeAssignments, asOf: number): EmployeeResult {
  const [ids, completed] = JSON.parse(text) as ResultRecord;
  const recommendations = ids as ContentId[];
  const list = combinedList(assignments, recommendations);
  const completions = completed.map(([index, startsAgo, seconds]): Completion => {
    const startedAt = asOf - startsAgo * 1000;
    return { ...list[index]!, startedAt, completedAt: startedAt + seconds * 1000 };
  });
  return { recommendations, completions };
}
