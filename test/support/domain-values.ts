import { type ContentId, type EmployeeId, parseContentId, parseEmployeeId, parseRunId } from '../../src/domain/ids.ts';
import type { RunPlan } from '../../src/domain/run/plan.ts';
import type { OpenAssignment } from '../../src/domain/simulation/manager-assignments.ts';

/**
 * A content id from a number that is one; throws otherwise, so that a typing error in a test is no silent undefined.
 */
export function contentId(value: number): ContentId {
  return must(parseContentId(value), value);
}

/** Content ids from numbers. */
export function contentIds(...values: readonly number[]): ContentId[] {
  return values.map(contentId);
}

/** An employee id from a number that is one. */
export function employeeId(value: number): EmployeeId {
  return must(parseEmployeeId(String(value)), value);
}

/** An instant, in epoch milliseconds, from an ISO text with its zone. */
export function instant(iso: string): number {
  const value = Date.parse(iso);
  if (Number.isNaN(value) || !/(Z|[+-]\d\d:\d\d)$/.test(iso)) throw new Error(`${iso} is no instant`);
  return value;
}

/** A run on Tuesday, 28 October 2025, 11:00:00 UTC, unless said otherwise. */
export function planOf(overrides: Partial<Omit<RunPlan, 'id'>> & { readonly id?: string } = {}): RunPlan {
  const { id = 'run-2025w44', ...rest } = overrides;
  return {
    id: must(parseRunId(id), id),
    seed: id,
    asOf: instant('2025-10-28T11:00:00Z'),
    timeZone: 'UTC',
    feedDateFormat: 'yyyy_M_d',
    ...rest,
  };
}

/** An open assignment of a content; every date is missing unless given. */
export function openAssignment(id: number, overrides: Partial<Omit<OpenAssignment, 'contentId'>> = {}): OpenAssignment {
  return { contentId: contentId(id), assignedAt: null, beginsAt: null, dueAt: null, contentType: null, ...overrides };
}

function must<T>(value: T | undefined, from: unknown): T {
  if (value === undefined) throw new Error(`${String(from)} is no id`);
  return value;
}
