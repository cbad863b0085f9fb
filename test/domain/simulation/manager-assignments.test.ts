import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { businessWeek } from '../../../src/domain/simulation/business-week.ts';
import {
  assignEmployee,
  type EmployeeRecords,
  type OpenAssignment,
} from '../../../src/domain/simulation/manager-assignments.ts';
import type { ManagerChoice } from '../../../src/domain/simulation/manager-choice.ts';
import { seededDraw } from '../../../src/domain/simulation/seeded-draw.ts';
import { contentId, contentIds, employeeId, instant, openAssignment } from '../../support/domain-values.ts';

// What this file proves: contract section 3, items 2, 3, 4 and 7, and section 1 on what an open assignment is.

// From Monday, 27 October 2025, 00:01:00 to Saturday, 1 November, 13:13:59.
const WEEK = businessWeek(instant('2025-10-29T11:00:00Z'), 'UTC');
const NOTHING: EmployeeRecords = { open: [], completions: [] };
const draw = (value: number) => () => value;

/** Daily Dose: 101, 102, 103 are chosen, 104 is flagged too; the others are 1 to 5. */
const CHOICE: ManagerChoice = {
  dailyDose: contentIds(103, 101, 102),
  dailyDoseContents: new Set(contentIds(101, 102, 103, 104)),
  others: contentIds(1, 2, 3, 4, 5),
};

const completed = (id: number, on: string | null) => ({ contentId: contentId(id), completedOn: on });
const withOpen = (...open: OpenAssignment[]) => assignEmployee({ open, completions: [] }, CHOICE, WEEK, draw(0));

test('an employee of whom nothing is known gets every Daily Dose content, in the order of choice, and a random one', () => {
  expect(assignEmployee(NOTHING, CHOICE, WEEK, draw(0.5))).toEqual({
    open: [],
    dailyDoseDecision: 'eligible',
    dailyDose: [103, 101, 102],
    dailyDoseConflicts: [],
    random: 3,
  });
});

test('an assignment is not open any more when a completion of it came in between the reading of the two tables', () => {
  const outside = openAssignment(101, { dueAt: instant('2025-10-01T00:00:00Z') });
  const records = { open: [outside], completions: [completed(101, '2025-10-01')] };
  const { open, dailyDoseConflicts } = assignEmployee(records, CHOICE, WEEK, draw(0));
  expect(open).toEqual([]);
  expect(dailyDoseConflicts).toEqual([{ contentId: 101, conflict: 'already-completed' }]);
});

describe('the random content', () => {
  test.each([
    [0, 1],
    [0.19999, 1],
    [0.2, 2],
    [0.5, 3],
    [0.99999, 5],
  ])('for the draw %d of five is %d', (value, expected) => {
    expect(assignEmployee(NOTHING, CHOICE, WEEK, draw(value)).random).toBe(expected);
  });

  test('is given to an employee who is not eligible for Daily Dose too', () => {
    expect(withOpen(openAssignment(101)).random).toBe(1);
  });

  test('comes from the draw "assign", number 0', () => {
    // Python: draw("run-2025w44", "assign", 88563, 0) = 0.29746…; floor(0.29746 × 5) = 1, the second of 1 to 5.
    expect(assignEmployee(NOTHING, CHOICE, WEEK, seededDraw('run-2025w44', employeeId(88563))).random).toBe(2);
  });

  test('is null when nothing is left, and when there never was anything', () => {
    const records = {
      open: [1, 2, 3].map((id) => openAssignment(id)),
      completions: [completed(4, null), completed(5, null)],
    };
    expect(assignEmployee(records, CHOICE, WEEK, draw(0)).random).toBeNull();
    expect(assignEmployee(NOTHING, { ...CHOICE, others: [] }, WEEK, draw(0.9)).random).toBeNull();
  });
});

describe('the list of open assignments', () => {
  test('is by due date, then content id as a number, those without a due date last', () => {
    const due = (id: number, text?: string) => openAssignment(id, text === undefined ? {} : { dueAt: instant(text) });
    const { open } = withOpen(
      due(7),
      due(1000, '2025-10-30T00:00:00Z'),
      due(3),
      due(200, '2025-10-30T00:00:00Z'),
      due(9, '2025-11-30T00:00:00Z'),
      due(8, '1969-10-29T00:00:00Z'),
    );
    expect(open.map((row) => row.contentId)).toEqual([8, 200, 1000, 9, 3, 7]);
  });

  test('holds a pair once, the latest by assignment date, and the first of those that are as late', () => {
    const row = (day: string | null, contentType: string) =>
      openAssignment(3, { assignedAt: day === null ? null : instant(`${day}T00:00:00Z`), contentType });
    expect(withOpen(row('2025-10-02', 'a'), row('2025-10-03', 'b'), row('2025-10-01', 'c')).open).toMatchObject([
      { contentType: 'b' },
    ]);
    expect(withOpen(row(null, 'a'), row('1960-01-01', 'b'), row(null, 'c')).open).toMatchObject([{ contentType: 'b' }]);
    expect(withOpen(row('2025-10-02', 'a'), row('2025-10-02', 'b')).open).toMatchObject([{ contentType: 'a' }]);
    expect(withOpen(row(null, 'a'), row(null, 'b')).open).toMatchObject([{ contentType: 'a' }]);
  });
});

/** Contents 1 to 40; the first ten are Daily Dose, of which some are chosen. */
const anyChoice = fc
  .record({
    chosen: fc.uniqueArray(fc.integer({ min: 1, max: 10 }), { maxLength: 3 }),
    others: fc.uniqueArray(fc.integer({ min: 11, max: 40 }), { maxLength: 20 }),
  })
  .map(
    ({ chosen, others }): ManagerChoice => ({
      dailyDose: contentIds(...chosen),
      dailyDoseContents: new Set(contentIds(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)),
      others: contentIds(...others.sort((a, b) => a - b)),
    }),
  );

const nearWeek = fc.option(
  fc
    .integer({ min: -10 * 24 * 60, max: 10 * 24 * 60 })
    .map((minutes) => instant('2025-10-29T11:00:00Z') + minutes * 60_000),
);

/** Records in which no content has two assignments of the same instant: which of those is later, nobody can say. */
const anyRecords = fc.record({
  open: fc.uniqueArray(
    fc
      .record({ id: fc.integer({ min: 1, max: 40 }), assignedAt: nearWeek, beginsAt: nearWeek, dueAt: nearWeek })
      .map(({ id, ...dates }) => openAssignment(id, dates)),
    { selector: (row) => `${row.contentId} ${row.assignedAt}`, maxLength: 12 },
  ),
  completions: fc.array(
    fc
      .record({ id: fc.integer({ min: 1, max: 40 }), day: fc.option(fc.integer({ min: 15, max: 31 })) })
      .map(({ id, day }) => completed(id, day === null ? null : `2025-10-${day}`)),
    { maxLength: 12 },
  ),
});

const anyDraw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('whatever the records, the manager gives what a naive reading of the contract gives', () => {
  fc.assert(
    fc.property(anyRecords, anyChoice, anyDraw, (records, choice, value) => {
      const given = assignEmployee(records, choice, WEEK, draw(value));

      const completedIds = records.completions.map((row) => row.contentId);
      const openIds = [...new Set(records.open.map((row) => row.contentId))].filter((id) => !completedIds.includes(id));
      const latest = openIds.map((id) =>
        records.open
          .filter((row) => row.contentId === id)
          .reduce((a, b) => ((b.assignedAt ?? -Infinity) > (a.assignedAt ?? -Infinity) ? b : a)),
      );
      const had = new Set([...openIds, ...records.completions.map((row) => row.contentId)]);
      const left = choice.others.filter((id) => !had.has(id));
      const completedThisWeek = records.completions.some(
        (row) =>
          choice.dailyDoseContents.has(row.contentId) &&
          ['2025-10-27', '2025-10-28', '2025-10-29'].includes(row.completedOn ?? ''),
      );
      const openThisWeek = latest.some(
        (row) =>
          choice.dailyDoseContents.has(row.contentId) &&
          !(row.beginsAt !== null && row.beginsAt > WEEK.dueAt) &&
          !(row.dueAt !== null && row.dueAt < WEEK.startsAt),
      );
      const eligible = !completedThisWeek && !openThisWeek;

      expect(given.random).toBe(left[Math.floor(value * left.length)] ?? null);
      expect(given.dailyDoseDecision === 'eligible').toBe(eligible);
      expect(given.dailyDose).toEqual(eligible ? choice.dailyDose.filter((id) => !had.has(id)) : []);
      expect(given.dailyDoseConflicts.map((conflict) => conflict.contentId)).toEqual(
        eligible ? choice.dailyDose.filter((id) => had.has(id)) : [],
      );
      expect(new Set(given.open)).toEqual(new Set(latest));
      expect(given.open).toHaveLength(latest.length);
    }),
    { numRuns: 500 },
  );
});

test('nobody is assigned content that they have open or have completed, nor the same content twice', () => {
  fc.assert(
    fc.property(anyRecords, anyChoice, anyDraw, (records, choice, value) => {
      const { dailyDose, random } = assignEmployee(records, choice, WEEK, draw(value));
      const given = random === null ? [...dailyDose] : [...dailyDose, random];
      const had = new Set([...records.open, ...records.completions].map((row) => row.contentId));
      expect(given.filter((id) => had.has(id))).toEqual([]);
      expect(new Set(given).size).toBe(given.length);
      if (random !== null) expect(choice.dailyDoseContents.has(random)).toBe(false);
    }),
  );
});

test('the order in which records come changes nothing, and they are left as they were', () => {
  const pair = anyRecords.chain((records) => {
    const shuffle = <T>(rows: readonly T[]) =>
      fc.shuffledSubarray([...rows], { minLength: rows.length, maxLength: rows.length });
    return fc.record({
      records: fc.constant(records),
      shuffled: fc.record({ open: shuffle(records.open), completions: shuffle(records.completions) }),
    });
  });
  fc.assert(
    fc.property(pair, anyChoice, anyDraw, ({ records, shuffled }, choice, value) => {
      const before = structuredClone(records);
      const given = assignEmployee(records, choice, WEEK, draw(value));
      expect(assignEmployee(shuffled, choice, WEEK, draw(value))).toEqual(given);
      expect(records).toEqual(before);
    }),
  );
});

test('the list of open assignments is ordered, whatever the rows', () => {
  fc.assert(
    fc.property(anyRecords, (records) => {
      const { open } = assignEmployee(records, CHOICE, WEEK, draw(0));
      for (const [i, row] of open.entries()) {
        const next = open[i + 1];
        if (next === undefined) continue;
        if (row.dueAt === next.dueAt) expect(row.contentId).toBeLessThan(next.contentId);
        else expect(row.dueAt ?? Infinity).toBeLessThan(next.dueAt ?? Infinity);
      }
    }),
  );
});
