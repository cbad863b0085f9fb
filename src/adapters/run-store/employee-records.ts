import type { ContentId, EmployeeId } from '../../domain/ids.ts';
import type { Completion } from '../../domain/simulation/completions.ts';
import type { EmployeeResult } from '../../domain/simulation/employee-outcome.ts';
import type { Employee, EmployeeType } from '../../domain/simulation/employees.ts';
import type { Conflict, DailyDoseDecision, EmployeeAssignments } from '../../domain/simulation/manager-assignments.ts';
import { listOf, NUMBER, nullable, oneOf, recordReader, TEXT, tuple, unreadable } from '../redis/stored-record.ts';

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

const TYPES: readonly EmployeeType[] = ['a', 'b', 'f'];
const DECISIONS: readonly DailyDoseDecision[] = ['eligible', 'completed-this-week', 'open-this-week'];
const CONFLICTS: readonly Conflict[] = ['already-open', 'already-completed'];
const INSTANT = nullable(NUMBER);

const readAssignments = recordReader<AssignmentsRecord>(
  'the assignments of an employee',
  tuple(
    listOf(tuple(NUMBER, INSTANT, INSTANT, INSTANT, nullable(TEXT))),
    oneOf(DECISIONS),
    listOf(NUMBER),
    listOf(tuple(NUMBER, oneOf(CONFLICTS))),
    nullable(NUMBER),
  ),
);
const readResult = recordReader<ResultRecord>(
  'the result of an employee',
  tuple(listOf(NUMBER), listOf(tuple(NUMBER, NUMBER, NUMBER))),
);

/** `88563a`: an employee in a chunk of the population. */
export function encodeEmployees(employees: readonly Employee[]): string {
  return employees.map(({ id, type }) => `${id}${type}`).join(' ');
}

/** @param place the key that holds it, for an error. @throws BtcFakeError REDIS_RECORD. */
export function decodeEmployees(text: string, place: string): Employee[] {
  if (text === '') return [];
  return text.split(' ').map((entry) => {
    const id = Number(entry.slice(0, -1));
    const type = entry.slice(-1) as EmployeeType;
    if (!Number.isSafeInteger(id) || id < 1 || !TYPES.includes(type))
      throw unreadable('employees', place, 'one is damaged');
    return { id: id as EmployeeId, type };
  });
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

/** @param place the key that holds it, for an error. @throws BtcFakeError REDIS_RECORD. */
export function decodeAssignments(text: string, place: string): EmployeeAssignments {
  const [open, dailyDoseDecision, dailyDose, conflicts, random] = readAssignments(text, place);
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

/** @param place the key that holds it, for an error. @throws BtcFakeError REDIS_RECORD. */
export function decodeResult(text: string, asOf: number, place: string): EmployeeResult {
  const [recommendations, completions] = readResult(text, place);
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
