import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CatalogContent } from '../../../src/domain/catalog/content.ts';
import type { ContentId } from '../../../src/domain/ids.ts';
import {
  completionRule,
  doseOutcomeText,
  doseText,
  nameOf,
  openText,
  progressText,
  randomText,
  typeText,
} from '../../../src/domain/run/explanation-text.ts';
import { weekOf } from '../../../src/domain/run/plan.ts';
import {
  type DecisionRecords,
  type EmployeeExplanation,
  explainDecision,
} from '../../../src/domain/simulation/employee-decision.ts';
import { remainingAssignments, simulateEmployee } from '../../../src/domain/simulation/employee-outcome.ts';
import type { EmployeeAssignments } from '../../../src/domain/simulation/manager-assignments.ts';
import { anyAssignments, anyContent, anyEmployee } from '../../support/any-employee.ts';
import { contentId, contentIds, instant, openAssignment, planOf } from '../../support/domain-values.ts';
import { content } from '../../support/run-state.ts';

// What this file proves: the explanation of a decision says what the records say, each content with its name.

const PLAN = planOf();
const CATALOGS = {
  StandAloneContent: [
    content(11, { dailyDose: true }),
    content(12, { dailyDose: true }),
    content(13, { title: '' }),
    content(14),
  ] as readonly CatalogContent[],
  CourseCatalog: [content(13, { title: 'The course' }), content(21)] as readonly CatalogContent[],
};
const ASSIGNMENTS: EmployeeAssignments = {
  open: [
    openAssignment(11, { dueAt: instant('2025-11-01T13:13:59Z'), contentType: 'Media' }),
    openAssignment(12, { dueAt: instant('2025-10-11T13:13:59Z'), beginsAt: instant('2025-10-06T00:01:00Z') }),
    openAssignment(99),
  ],
  dailyDoseDecision: 'open-this-week',
  dailyDose: [],
  dailyDoseConflicts: [],
  random: contentId(14),
};

function explain(overrides: Partial<DecisionRecords> = {}) {
  return explainDecision({
    week: weekOf(PLAN),
    catalogs: CATALOGS,
    chosenDoses: contentIds(12, 11),
    assignments: ASSIGNMENTS,
    result: undefined,
    ...overrides,
  });
}

test('before anything is decided nothing is said', () => {
  const { random, ...others } = explain({ assignments: undefined, chosenDoses: [] });
  expect(random).toBeNull();
  expect(new Set(Object.values(others))).toEqual(new Set([null]));
});

test('what was open, with its dates, and whether it is a Daily Dose of this week', () => {
  const { open } = explain();
  expect(open).toEqual([
    {
      contentId: 11,
      title: 'Title 11',
      catalog: 'StandAloneContent',
      contentType: 'Media',
      assigned: null,
      begins: null,
      due: '2025-11-01T13:13:59Z',
      dailyDose: true,
      thisWeek: true,
    },
    expect.objectContaining({ contentId: 12, begins: '2025-10-06T00:01:00Z', dailyDose: true, thisWeek: false }),
    expect.objectContaining({ contentId: 99, title: null, catalog: null, dailyDose: false, thisWeek: true }),
  ]);
});

test('a title comes from the other catalog file where the first has none', () => {
  const { random } = explain({ assignments: { ...ASSIGNMENTS, random: contentId(13) } });
  expect(random).toEqual({ contentId: 13, title: 'The course', catalog: 'StandAloneContent' });
});

test('what became of each Daily Dose of the manager: skipped as a whole, or one by one', () => {
  const outcomes = (assignments: Partial<EmployeeAssignments>) =>
    explain({ assignments: { ...ASSIGNMENTS, ...assignments }, chosenDoses: contentIds(12, 11, 14) }).dailyDose?.map(
      ({ contentId: id, outcome }) => [id, outcome],
    );
  expect(outcomes({})).toEqual([
    [12, 'open-this-week'],
    [11, 'open-this-week'],
    [14, 'open-this-week'],
  ]);
  const conflicts = [
    { contentId: contentId(12), conflict: 'already-open' as const },
    { contentId: contentId(14), conflict: 'already-completed' as const },
  ];
  expect(outcomes({ dailyDoseDecision: 'eligible', dailyDose: contentIds(11), dailyDoseConflicts: conflicts })).toEqual(
    [
      [12, 'already-open'],
      [11, 'assigned'],
      [14, 'already-completed'],
    ],
  );
});

test('recommendations in their order, those that the manager had assigned already, and those in no catalog', () => {
  const result = { recommendations: contentIds(21, 14, 777, 99), completions: [] };
  const { recommendations, listed } = explain({ result });
  expect(recommendations?.map((r) => [r.contentId, r.alreadyAssigned, r.catalog])).toEqual([
    [21, false, 'CourseCatalog'],
    [14, true, 'StandAloneContent'],
    [777, false, null],
    [99, true, null],
  ]);
  // 11, 12 and 99 were open, 14 is new, 21 and 777 are recommended.
  expect(listed).toBe(6);
});

test('what is left says where it came from', () => {
  const assignments = { ...ASSIGNMENTS, dailyDoseDecision: 'eligible' as const, dailyDose: contentIds(13) };
  expect(explain({ assignments }).left?.map(({ contentId: id, from }) => [id, from])).toEqual([
    [11, 'databricks'],
    [12, 'databricks'],
    [99, 'databricks'],
    [13, 'daily-dose'],
    [14, 'random'],
  ]);
});

test('for every employee: completed and left are exactly what the feeds get', () => {
  const everything = fc.tuple(anyEmployee, anyAssignments, fc.uniqueArray(anyContent, { maxLength: 8 }));
  fc.assert(
    fc.property(everything, ([employee, assignments, recommended]) => {
      const result = simulateEmployee(PLAN, employee, assignments, recommended);
      const said = explain({ assignments, result });
      const ids = (list: readonly { contentId: ContentId }[] | null | undefined) => list?.map((c) => c.contentId);
      expect(ids(said.completions)).toEqual(ids(result.completions));
      expect(said.completions?.map((c) => Date.parse(c.completedAt))).toEqual(
        result.completions.map(({ completedAt }) => completedAt),
      );
      const remaining = remainingAssignments(assignments, result);
      expect(ids(said.left)).toEqual([...ids(remaining.open)!, ...remaining.assigned]);
      expect(ids(said.recommendations)).toEqual(recommended);
      if (employee.type === 'a') expect(said.completions).toHaveLength(said.listed!);
    }),
  );
});

describe('in words', () => {
  const explained = (overrides: Partial<EmployeeExplanation>) =>
    ({ ...explain(), employeeType: 'b', attempts: null, ...overrides }) as EmployeeExplanation;

  test('a content', () => {
    const [dose, , unknown] = explain().open!;
    expect(nameOf(dose!)).toBe('11 Title 11');
    expect(nameOf({ contentId: contentId(1_915_085), title: null, catalog: 'CourseCatalog' })).toBe('1,915,085');
    expect(nameOf(unknown!)).toBe('99 (in neither catalog file)');
  });

  test('what was open', () => {
    expect(explain().open!.map(openText)).toEqual([
      ', Media, from … to 2025-11-01T13:13:59Z, Daily Dose of this week',
      ', from 2025-10-06T00:01:00Z to 2025-10-11T13:13:59Z, Daily Dose of another week',
      ', without dates',
    ]);
    const hostile = { ...explain().open![2]!, contentType: '\u001b[2JMe\u202Edia' };
    expect(openText(hostile)).toBe(', [2JMedia, without dates');
  });

  test('how far the run is', () => {
    expect(progressText(explained({ progress: 'waiting' }))).toBe('waiting in the queue');
    expect(progressText(explained({ progress: 'failed', attempts: { made: 1, allowed: 5 } }))).toBe(
      'failed for good, waits to be re-queued (1 of 5 attempts)',
    );
    expect(progressText(explained({ progress: 'working', attempts: { made: 0, allowed: 5 } }))).toBe(
      'in the hands of a worker',
    );
  });

  test('the Daily Dose and the random content', () => {
    expect(doseText(explained({}))).toBe('skipped, a Daily Dose of this week is open');
    expect(doseText(explained({ dailyDoseDecision: 'eligible' }))).toContain('eligible');
    expect(doseText(explained({ dailyDoseDecision: null }))).toBe('not decided yet');
    expect(doseOutcomeText('assigned')).toBe('assigned');
    expect(doseOutcomeText('already-open')).toBe('not assigned, already open');
    expect(randomText(explained({}))).toBe('nothing was left to assign');
    expect(randomText(explained({ open: null }))).toBe('not decided yet');
  });

  test('what each type completes', () => {
    const rule = (employeeType: 'a' | 'b' | 'f', listed: number | null) =>
      completionRule(explained({ employeeType, listed }));
    expect(rule('a', 6)).toBe('type a completes all 6 on the list');
    expect(rule('b', 6)).toBe('type b completes one of 6 on the list, drawn by the seed');
    expect(rule('f', 6)).toBe('type f completes none of 6 on the list');
    expect(rule('a', 0)).toBe('the list is empty');
    expect(rule('a', null)).toBe('not decided yet');
    expect(typeText('f')).toBe('f, completes nothing');
  });
});
