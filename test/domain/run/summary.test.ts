import { describe, expect, test } from '@jest/globals';
import { type SummaryTail, summaryLine, summaryTail } from '../../../src/domain/run/summary.ts';
import type { AssignmentTally } from '../../../src/domain/simulation/assignment-tally.ts';
import type { Completion, Source } from '../../../src/domain/simulation/completions.ts';
import { contentId, employeeId } from '../../support/domain-values.ts';

// What this file proves: contract section 5, "Run_….summary.txt", line by line.

const done = (id: number, source: Source): Completion => ({
  contentId: contentId(id),
  source,
  startedAt: 0,
  completedAt: 0,
});

test('an employee has one line with what they completed and who gave it', () => {
  expect(summaryLine(employeeId(104829), [done(1915085, 'manager'), done(892298, 'ai')])).toBe(
    '104829: 1,915,085 (manager), 892,298 (ai)',
  );
  expect(summaryLine(employeeId(1048290), [done(7, 'ai')])).toBe('1048290: 7 (ai)');
});

test('who completed nothing has a line that says so', () => {
  expect(summaryLine(employeeId(104830), [])).toBe('104830: none');
});

describe('below the employees', () => {
  const none = { 'completed-this-week': 0, 'open-this-week': 0, 'already-open': 0, 'already-completed': 0 };
  const assignments: AssignmentTally = {
    dailyDose: [
      {
        contentId: contentId(1915085),
        assigned: 20,
        skipped: { 'completed-this-week': 4, 'open-this-week': 3, 'already-open': 2, 'already-completed': 1 },
      },
      { contentId: contentId(892298), assigned: 28, skipped: { ...none, 'already-open': 2 } },
      { contentId: contentId(7), assigned: 30, skipped: none },
    ],
    random: { assigned: 29, nothingLeft: 1 },
    openAssignments: 5,
  };
  const tail: SummaryTail = {
    assignments,
    titles: new Map([
      [contentId(1915085), 'Glow in two steps'],
      [contentId(7), ''],
    ]),
    notices: [],
    failedEmployees: [],
    fileNames: ['ContentUserCompletion_V2_2025_10_28_1_493e86.csv', 'Run_2025_10_28_1_493e86.manifest.json'],
  };

  test("stand the manager's choices, how many got each and who was skipped why, and then the files", () => {
    expect(summaryTail(tail)).toEqual([
      '',
      "Manager's choices",
      '  1,915,085 Glow in two steps (Daily Dose): assigned to 20, skipped for 10 (completed a Daily Dose this week: 4; ' +
        'a Daily Dose of this week is open: 3; already open: 2; already completed: 1)',
      '  892,298 (Daily Dose): assigned to 28, skipped for 2 (already open: 2)',
      '  7 (Daily Dose): assigned to 30, skipped for 0',
      '  Random content: assigned to 29, nothing left for 1',
      '',
      'Files',
      '  ContentUserCompletion_V2_2025_10_28_1_493e86.csv',
      '  Run_2025_10_28_1_493e86.manifest.json',
    ]);
  });

  test('stands what the run did without, between the choices and the files', () => {
    const lines = summaryTail({
      ...tail,
      assignments: { ...assignments, dailyDose: [] },
      notices: [{ code: 'no-daily-dose', text: 'No content is flagged as Daily Dose.' }],
      failedEmployees: [{ employeeId: employeeId(104831), reason: 'The recommender refused the call (404).' }],
    });
    expect(lines).toEqual([
      '',
      "Manager's choices",
      '  Random content: assigned to 29, nothing left for 1',
      '',
      'Notices',
      '  No content is flagged as Daily Dose.',
      '',
      'Finished without',
      '  104831: The recommender refused the call (404).',
      '',
      'Files',
      '  ContentUserCompletion_V2_2025_10_28_1_493e86.csv',
      '  Run_2025_10_28_1_493e86.manifest.json',
    ]);
  });
});
