import type { ContentId, EmployeeId } from '../../domain/ids.ts';
import type { Completion } from '../../domain/simulation/completions.ts';
import type { EmployeeResult } from '../../domain/simulation/employee-outcome.ts';
import type { Employee, EmployeeType } from '../../domain/simulation/employees.ts';
import type { Conflict, DailyDoseDecision, EmployeeAssignments } from '../../domain/simulation/manager-assignments.ts';

/*
 * How an employee's state is written in Redis: compact JSON arrays, because there is a record for each of a million
 * employees.
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
type ResultRecord = [
  recommendations: number[],
  /** A content of the manager's as it is, one of the recommender's negated. */
  completions: [signedContentId: number, startsAgo: number, seconds: number][],
];

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

/** @param asOf the run's simulated instant, in epoch milliseconds: completions are written in seconds before it. */
export function encodeResult({ recommendations, completions }: EmployeeResult, asOf: number): string {
  const record: ResultRecord = [
    [...recommendations],
    completions.map(({ contentId, source, startedAt, completedAt }) => [
      source === 'manager' ? contentId : -contentId,
      (asOf - startedAt) / 1000,
      (completedAt - startedAt) / 1000,
    ]),
  ];
  return JSON.stringify(record);
}

export function decodeResult(text: string, asOf: number): EmployeeResult {
  const [recommendations, completions] = JSON.parse(text) as ResultRecord;
  return {
    recommendations: recommendations as ContentId[],
    completions: completions.map(([signedId, startsAgo, seconds]): Completion => {
      const startedAt = asOf - startsAgo * 1000;
      return {
        contentId: Math.abs(signedId) as ContentId,
        source: signedId > 0 ? 'manager' : 'ai',
        startedAt,
        completedAt: startedAt + seconds * 1000,
      };
    }),
  };
}
