import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addToRunTally, emptyRunTally } from '../../src/domain/run/tally.ts';
import {
  addToAssignmentTally,
  emptyAssignmentTally,
  SKIP_REASONS,
} from '../../src/domain/simulation/assignment-tally.ts';
import type { EmployeeType } from '../../src/domain/simulation/employees.ts';
import type { EmployeeAssignments } from '../../src/domain/simulation/manager-assignments.ts';
import type { ManagerChoice } from '../../src/domain/simulation/manager-choice.ts';
import { contentId, contentIds, employeeId, openAssignment } from '../support/domain-values.ts';

// What this file proves: the counts that section 5 wants in the summary and the manifest.

const CHOICE: ManagerChoice = { dailyDose: contentIds(3, 1), dailyDoseContents: new Set(contentIds(1, 3)), others: [] };
const NO_SKIPS = { 'completed-this-week': 0, 'open-this-week': 0, 'already-open': 0, 'already-completed': 0 };

const outcome = (overrides: Partial<EmployeeAssignments>): EmployeeAssignments => ({
  open: [],
  dailyDoseDecision: 'eligible',
  dailyDose: [],
  dailyDoseConflicts: [],
  random: null,
  ...overrides,
});

describe("the tally of the manager's assignments", () => {
  test('of nobody is all zero', () => {
    expect(emptyAssignmentTally(CHOICE)).toEqual({
      dailyDose: [
        { contentId: 3, assigned: 0, skipped: NO_SKIPS },
        { contentId: 1, assigned: 0, skipped: NO_SKIPS },
      ],
      random: { assigned: 0, nothingLeft: 0 },
      openAssignments: 0,
    });
  });

  test('counts who got each Daily Dose content, and who did not, by reason', () => {
    const tally = emptyAssignmentTally(CHOICE);
    const people = [
      outcome({ dailyDose: contentIds(3, 1), random: contentId(9), open: [openAssignment(6)] }),
      outcome({
        dailyDose: contentIds(1),
        dailyDoseConflicts: [{ contentId: contentId(3), conflict: 'already-open' }],
      }),
      outcome({
        dailyDose: contentIds(3),
        dailyDoseConflicts: [{ contentId: contentId(1), conflict: 'already-completed' }],
      }),
      outcome({ dailyDoseDecision: 'completed-this-week', random: contentId(8) }),
      outcome({
        dailyDoseDecision: 'open-this-week',
        open: [openAssignment(1), openAssignment(7)],
        random: contentId(9),
      }),
    ];
    for (const person of people) addToAssignmentTally(tally, person);
    const ineligible = { 'completed-this-week': 1, 'open-this-week': 1 };
    expect(tally).toEqual({
      dailyDose: [
        { contentId: 3, assigned: 2, skipped: { ...NO_SKIPS, ...ineligible, 'already-open': 1 } },
        { contentId: 1, assigned: 2, skipped: { ...NO_SKIPS, ...ineligible, 'already-completed': 1 } },
      ],
      random: { assigned: 3, nothingLeft: 2 },
      openAssignments: 3,
    });
  });

  test('accounts for every employee once, for each content and for the random one', () => {
    const anyOutcome = fc.oneof(
      fc.tuple(...[3, 1].map(() => fc.constantFrom('got', 'already-open', 'already-completed'))).map((fates) =>
        outcome({
          dailyDose: CHOICE.dailyDose.filter((_, i) => fates[i] === 'got'),
          dailyDoseConflicts: CHOICE.dailyDose.flatMap((id, i) =>
            fates[i] === 'already-open' || fates[i] === 'already-completed'
              ? [{ contentId: id, conflict: fates[i] }]
              : [],
          ),
          random: fates[0] === 'got' ? contentId(9) : null,
        }),
      ),
      fc
        .constantFrom('completed-this-week' as const, 'open-this-week' as const)
        .map((dailyDoseDecision) => outcome({ dailyDoseDecision })),
    );
    fc.assert(
      fc.property(fc.array(anyOutcome), (people) => {
        const tally = emptyAssignmentTally(CHOICE);
        for (const person of people) addToAssignmentTally(tally, person);
        for (const { assigned, skipped } of tally.dailyDose) {
          expect(SKIP_REASONS.reduce((sum, reason) => sum + skipped[reason], assigned)).toBe(people.length);
        }
        expect(tally.random.assigned + tally.random.nothingLeft).toBe(people.length);
      }),
    );
  });
});

describe('the tally of a run', () => {
  const completion = (id: number, source: 'manager' | 'ai') => ({
    contentId: contentId(id),
    source,
    startedAt: 0,
    completedAt: 0,
  });
  const employee = (type: EmployeeType) => ({ id: employeeId(1), type });

  test('counts by type and by source, and the recommendations that no catalog knows', () => {
    const tally = emptyRunTally();
    const catalog = new Set(contentIds(1, 2));
    const first = [completion(1, 'manager'), completion(2, 'manager'), completion(9, 'ai')];
    addToRunTally(tally, employee('a'), { recommendations: contentIds(2, 9), completions: first }, catalog);
    addToRunTally(tally, employee('a'), { recommendations: [], completions: [] }, catalog);
    addToRunTally(
      tally,
      employee('b'),
      { recommendations: contentIds(9, 8), completions: [completion(8, 'ai')] },
      catalog,
    );
    addToRunTally(tally, employee('f'), { recommendations: contentIds(1), completions: [] }, catalog);
    expect(tally).toEqual({
      byType: {
        a: { employees: 2, completions: 3 },
        b: { employees: 1, completions: 1 },
        f: { employees: 1, completions: 0 },
      },
      completionsBySource: { manager: 2, ai: 2 },
      recommendations: 5,
      unknownRecommendations: 3,
    });
  });

  test('of nobody is all zero, and no two tallies share their counters', () => {
    const [one, other] = [emptyRunTally(), emptyRunTally()];
    addToRunTally(
      one,
      employee('a'),
      { recommendations: contentIds(1), completions: [completion(1, 'ai')] },
      new Set(),
    );
    const none = { employees: 0, completions: 0 };
    expect(other).toEqual({
      byType: { a: none, b: none, f: none },
      completionsBySource: { manager: 0, ai: 0 },
      recommendations: 0,
      unknownRecommendations: 0,
    });
    expect(one.byType.b).toEqual(none);
  });
});
