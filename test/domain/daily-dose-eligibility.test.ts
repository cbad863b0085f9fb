import { describe, expect, test } from '@jest/globals';
import { businessWeek } from '../../src/domain/simulation/business-week.ts';
import {
  assignEmployee,
  type EmployeeRecords,
  type OpenAssignment,
} from '../../src/domain/simulation/manager-assignments.ts';
import type { ManagerChoice } from '../../src/domain/simulation/manager-choice.ts';
import { contentId, contentIds, instant, openAssignment } from '../support/domain-values.ts';

// What this file proves: contract section 3, item 2, and section 2 on what is "this week": who is eligible for Daily
// Dose.

// From Monday, 27 October 2025, 00:01:00 to Saturday, 1 November, 13:13:59.
const WEEK = businessWeek(instant('2025-10-29T11:00:00Z'), 'UTC');

/** Daily Dose: 101, 102, 103 are chosen, 104 is flagged too; the others are 1 to 5. */
const CHOICE: ManagerChoice = {
  dailyDose: contentIds(103, 101, 102),
  dailyDoseContents: new Set(contentIds(101, 102, 103, 104)),
  others: contentIds(1, 2, 3, 4, 5),
};

const completed = (id: number, on: string | null) => ({ contentId: contentId(id), completedOn: on });
const withOpen = (...open: OpenAssignment[]) => assignEmployee({ open, completions: [] }, CHOICE, WEEK, () => 0);
const withCompletions = (...completions: EmployeeRecords['completions']) =>
  assignEmployee({ open: [], completions }, CHOICE, WEEK, () => 0);

describe('a completed Daily Dose content', () => {
  test.each([
    ['2025-10-27', "on the day of the week's start"],
    ['2025-10-28', 'between'],
    ['2025-10-29', "on asOf's day"],
  ])('of %s (%s) makes ineligible', (on) => {
    const result = withCompletions(completed(101, on));
    expect(result).toMatchObject({ dailyDoseDecision: 'completed-this-week', dailyDose: [], dailyDoseConflicts: [] });
  });

  test.each<[string | null, string]>([
    ['2025-10-26', 'the day before the week'],
    ['2025-10-30', 'the day after asOf'],
    [null, 'no day'],
  ])('of %s (%s) does not, but is not assigned again', (on) => {
    expect(withCompletions(completed(101, on))).toMatchObject({
      dailyDoseDecision: 'eligible',
      dailyDose: [103, 102],
      dailyDoseConflicts: [{ contentId: 101, conflict: 'already-completed' }],
    });
  });

  test('counts although the manager did not choose it', () => {
    expect(withCompletions(completed(104, '2025-10-28')).dailyDoseDecision).toBe('completed-this-week');
  });

  test('is not what any other completed content is', () => {
    expect(withCompletions(completed(5, '2025-10-28'), completed(777, '2025-10-28')).dailyDoseDecision).toBe(
      'eligible',
    );
  });

  test('is judged by local days: on Monday 00:00:30 the whole of last week and that Monday count', () => {
    const monday = businessWeek(instant('2025-10-27T00:00:30Z'), 'UTC');
    const decide = (on: string) =>
      assignEmployee({ open: [], completions: [completed(101, on)] }, CHOICE, monday, () => 0).dailyDoseDecision;
    expect(['2025-10-19', '2025-10-20', '2025-10-27', '2025-10-28'].map(decide)).toEqual([
      'eligible',
      'completed-this-week',
      'completed-this-week',
      'eligible',
    ]);
  });
});

describe('an open Daily Dose assignment', () => {
  const between = (id: number, begins: string | null, due: string | null) =>
    openAssignment(id, {
      beginsAt: begins === null ? null : instant(begins),
      dueAt: due === null ? null : instant(due),
    });

  test.each<[string | null, string | null, string]>([
    ['2025-10-20T00:00:00Z', '2025-10-27T00:01:00Z', 'due in the first moment of the week'],
    ['2025-11-01T13:13:59Z', '2025-11-20T00:00:00Z', 'begins in its last moment'],
    ['2025-10-28T00:00:00Z', '2025-10-29T00:00:00Z', 'lies within it'],
    ['2025-10-01T00:00:00Z', '2025-12-01T00:00:00Z', 'lies around it'],
    [null, null, 'has no dates'],
    [null, '2025-10-28T00:00:00Z', 'has no beginning'],
    ['2025-10-28T00:00:00Z', null, 'has no end'],
  ])('from %s to %s (%s) makes ineligible', (begins, due) => {
    for (const id of [101, 104]) {
      expect(withOpen(between(id, begins, due))).toMatchObject({
        dailyDoseDecision: 'open-this-week',
        dailyDose: [],
        dailyDoseConflicts: [],
      });
    }
  });

  test.each<[string | null, string | null, string]>([
    ['2025-10-20T00:00:00Z', '2025-10-27T00:00:59Z', 'ends before the week'],
    ['2025-11-01T13:14:00Z', '2025-11-08T00:00:00Z', 'begins after it'],
    [null, '2025-10-27T00:00:59Z', 'ends before it'],
    ['2025-11-01T13:14:00Z', null, 'begins after it'],
  ])('from %s to %s (%s) does not, but is not assigned again', (begins, due) => {
    expect(withOpen(between(101, begins, due))).toMatchObject({
      dailyDoseDecision: 'eligible',
      dailyDose: [103, 102],
      dailyDoseConflicts: [{ contentId: 101, conflict: 'already-open' }],
    });
    expect(withOpen(between(104, begins, due))).toMatchObject({ dailyDose: [103, 101, 102], dailyDoseConflicts: [] });
  });

  test('is not what any other open assignment is', () => {
    expect(withOpen(openAssignment(5), openAssignment(777)).dailyDoseDecision).toBe('eligible');
  });

  test('is judged by the latest of the same pair, not by an earlier one', () => {
    const old = openAssignment(101, { assignedAt: instant('2025-10-20T00:00:00Z') });
    const latest = openAssignment(101, {
      assignedAt: instant('2025-10-21T00:00:00Z'),
      beginsAt: instant('2025-12-01T00:00:00Z'),
      dueAt: instant('2025-12-06T00:00:00Z'),
    });
    expect(withOpen(old, latest)).toMatchObject({ open: [latest], dailyDoseDecision: 'eligible' });
    expect(withOpen(latest, old)).toMatchObject({ open: [latest], dailyDoseDecision: 'eligible' });
  });
});

test('a completion this week is named before an open assignment', () => {
  const records = { open: [openAssignment(102)], completions: [completed(101, '2025-10-28')] };
  expect(assignEmployee(records, CHOICE, WEEK, () => 0).dailyDoseDecision).toBe('completed-this-week');
});
