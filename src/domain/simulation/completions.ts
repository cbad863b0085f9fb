import type { ContentId } from '../ids.ts';
import type { Employee } from './employees.ts';
import type { EmployeeAssignments } from './manager-assignments.ts';
import type { Draw } from './seeded-draw.ts';

/** Who gave a content to an employee. */
export type Source = 'manager' | 'ai';

/** One entry of an employee's combined list. */
export interface TrainingItem {
  readonly contentId: ContentId;
  readonly source: Source;
}

/** A finished item. Instants are epoch milliseconds in whole seconds. */
export interface Completion extends TrainingItem {
  readonly startedAt: number;
  readonly completedAt: number;
}

/** How long a completion takes, both ends included (contract section 4). */
export const COMPLETION_SECONDS = { min: 180, max: 1200 } as const;
/** How long an employee pauses before the next one, both ends included. */
export const PAUSE_SECONDS = { min: 60, max: 1800 } as const;

/** The manager's list followed by the recommendations, each content once; the manager's wins (contract section 4). */
export function combinedList(assignments: EmployeeAssignments, recommendations: readonly ContentId[]): TrainingItem[] {
  const list: TrainingItem[] = [];
  const listed = new Set<ContentId>();
  const add = (contentId: ContentId, source: Source): void => {
    if (listed.has(contentId)) return;
    listed.add(contentId);
    list.push({ contentId, source });
  };
  for (const { contentId } of assignments.open) add(contentId, 'manager');
  for (const contentId of newAssignments(assignments)) add(contentId, 'manager');
  for (const contentId of recommendations) add(contentId, 'ai');
  return list;
}

/** The content that the manager newly assigned, Daily Dose first. */
export function newAssignments({ dailyDose, random }: EmployeeAssignments): ContentId[] {
  return random === null ? [...dailyDose] : [...dailyDose, random];
}

/**
 * What an employee completes of the combined list, in list order, which is also the order of time (contract section 4).
 * `asOf` is in epoch milliseconds; its fraction of a second is dropped.
 */
export function completeEmployee(
  employee: Employee,
  list: readonly TrainingItem[],
  asOf: number,
  draw: Draw,
): Completion[] {
  const chosen = chooseCompleted(employee, list, draw);
  const completions: Completion[] = [];
  let nextStart = Math.floor(asOf / 1000);
  for (let i = 0; i < chosen.length; i++) {
    const end = nextStart - secondsWithin(PAUSE_SECONDS, draw('time', 2 * i + 1));
    const start = end - secondsWithin(COMPLETION_SECONDS, draw('time', 2 * i));
    const { contentId, source } = chosen[chosen.length - 1 - i]!;
    completions.push({ contentId, source, startedAt: start * 1000, completedAt: end * 1000 });
    nextStart = start;
  }
  return completions.reverse();
}

function secondsWithin({ min, max }: { readonly min: number; readonly max: number }, drawn: number): number {
  return min + Math.floor(drawn * (max - min + 1));
}

function chooseCompleted(employee: Employee, list: readonly TrainingItem[], draw: Draw): readonly TrainingItem[] {
  if (list.length === 0 || employee.type === 'f') return [];
  if (employee.type === 'a') return list;
  return [list[Math.floor(draw('complete', 0) * list.length)]!];
}
