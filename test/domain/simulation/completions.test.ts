import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ContentId } from '../../../src/domain/ids.ts';
import {
  combinedList,
  completeEmployee,
  newAssignments,
  type TrainingItem,
} from '../../../src/domain/simulation/completions.ts';
import type { EmployeeType } from '../../../src/domain/simulation/employees.ts';
import type { EmployeeAssignments } from '../../../src/domain/simulation/manager-assignments.ts';
import { type Draw, seededDraw } from '../../../src/domain/simulation/seeded-draw.ts';
import { contentId, contentIds, employeeId, instant, openAssignment } from '../../support/domain-values.ts';

// What this file proves: contract section 4: the combined list, who completes what of it, and when.

const AS_OF = instant('2025-10-28T11:00:00Z');

const employee = (type: EmployeeType, id = 88563) => ({ id: employeeId(id), type });
const drawOf = (seed: string, id = 88563) => seededDraw(seed, employeeId(id));
const items = (...ids: number[]): TrainingItem[] => ids.map((id) => ({ contentId: contentId(id), source: 'manager' }));
const iso = (at: number) => new Date(at).toISOString();

function assignments(open: number[], dailyDose: number[], random: number | null): EmployeeAssignments {
  return {
    open: open.map((id) => openAssignment(id)),
    dailyDoseDecision: 'eligible',
    dailyDose: contentIds(...dailyDose),
    dailyDoseConflicts: [],
    random: random === null ? null : contentId(random),
  };
}

describe('the combined list', () => {
  test('is the open assignments, then Daily Dose, then the random one, then what the recommender gave', () => {
    expect(combinedList(assignments([9, 2], [7, 5], 1), contentIds(30, 20))).toEqual([
      { contentId: 9, source: 'manager' },
      { contentId: 2, source: 'manager' },
      { contentId: 7, source: 'manager' },
      { contentId: 5, source: 'manager' },
      { contentId: 1, source: 'manager' },
      { contentId: 30, source: 'ai' },
      { contentId: 20, source: 'ai' },
    ]);
  });

  test("holds each content once, and the manager's wins, in the manager's place", () => {
    expect(combinedList(assignments([9], [7], 1), contentIds(1, 30, 9, 30, 7))).toEqual([
      { contentId: 9, source: 'manager' },
      { contentId: 7, source: 'manager' },
      { contentId: 1, source: 'manager' },
      { contentId: 30, source: 'ai' },
    ]);
  });

  test('is empty when nobody gave anything', () => {
    expect(combinedList(assignments([], [], null), [])).toEqual([]);
    expect(newAssignments(assignments([4], [], null))).toEqual([]);
  });
});

describe('three completions, computed by hand', () => {
  // Python, from the contract's formula with seed run-2025w44 and employee 88563:
  //   end = next - (60 + floor(draw("time", 2i+1) * 1741)); start = end - (180 + floor(draw("time", 2i) * 1021))
  const FIRST = ['2025-10-28T10:08:08.000Z', '2025-10-28T10:14:33.000Z'];
  const SECOND = ['2025-10-28T10:17:49.000Z', '2025-10-28T10:24:42.000Z'];
  const LAST = ['2025-10-28T10:39:09.000Z', '2025-10-28T10:54:49.000Z'];
  const list: TrainingItem[] = [...items(1915085, 7), { contentId: contentId(892298), source: 'ai' }];
  const timesOf = (type: EmployeeType, asOf = AS_OF) =>
    completeEmployee(employee(type), list, asOf, drawOf('run-2025w44')).map((completion) => [
      completion.contentId,
      iso(completion.startedAt),
      iso(completion.completedAt),
    ]);

  test('type a completes the list in its order, worked back from asOf', () => {
    expect(timesOf('a')).toEqual([
      [1915085, ...FIRST],
      [7, ...SECOND],
      [892298, ...LAST],
    ]);
  });

  test('type b completes the one at floor(draw("complete", 0) × length), at the time of the last', () => {
    // Python: draw("complete", 0) of 88563 is 0.28118…, of 88566 0.62733…, of 88564 0.97459…
    expect(timesOf('b')).toEqual([[1915085, ...LAST]]);
    const chosen = (id: number) =>
      completeEmployee(employee('b', id), list, AS_OF, drawOf('run-2025w44', id)).map((done) => done.contentId);
    expect([chosen(88566), chosen(88564)]).toEqual([[7], [892298]]);
  });

  test('type f completes nothing', () => {
    expect(timesOf('f')).toEqual([]);
  });

  test("a fraction of asOf's second is dropped", () => {
    expect(timesOf('a', AS_OF + 999)).toEqual(timesOf('a'));
  });

  test('the source of an item goes along', () => {
    const done = completeEmployee(employee('a'), list, AS_OF, drawOf('run-2025w44'));
    expect(done.map(({ source }) => source)).toEqual(['manager', 'manager', 'ai']);
  });
});

describe('the bounds', () => {
  const always =
    (value: number): Draw =>
    () =>
      value;

  test('with the smallest draws a completion takes 180 s and ends 60 s before the next', () => {
    expect(completeEmployee(employee('a'), items(1, 2), AS_OF, always(0))).toMatchObject([
      { startedAt: AS_OF - 480_000, completedAt: AS_OF - 300_000 },
      { startedAt: AS_OF - 240_000, completedAt: AS_OF - 60_000 },
    ]);
  });

  test('with the largest it takes 1200 s and ends 1800 s before the next', () => {
    expect(completeEmployee(employee('a'), items(1), AS_OF, always(1 - 2 ** -48))).toMatchObject([
      { startedAt: AS_OF - 3_000_000, completedAt: AS_OF - 1_800_000 },
    ]);
  });
});

const anyList = fc
  .uniqueArray(fc.record({ id: fc.integer({ min: 1, max: 1e6 }), ai: fc.boolean() }), {
    selector: ({ id }) => id,
    maxLength: 30,
  })
  .map((entries) =>
    entries.map(({ id, ai }): TrainingItem => ({ contentId: contentId(id), source: ai ? 'ai' : 'manager' })),
  );
const anySeed = fc.string({ maxLength: 20 });
const anyEmployee = fc.record({
  id: fc.integer({ min: 1, max: 1e15 - 1 }).map(employeeId),
  type: fc.constantFrom<EmployeeType>('a', 'b', 'f'),
});
const anyAsOf = fc.integer({ min: instant('2000-01-01T00:00:00Z'), max: instant('2099-01-01T00:00:00Z') });

test('type a completes all, type b exactly one of the list, type f none; of nothing, nothing is completed', () => {
  fc.assert(
    fc.property(anyEmployee, anyList, anyAsOf, anySeed, (who, list, asOf, seed) => {
      const done = completeEmployee(who, list, asOf, seededDraw(seed, who.id)).map(({ contentId: id, source }) => ({
        contentId: id,
        source,
      }));
      if (who.type === 'a') expect(done).toEqual(list);
      else if (who.type === 'f' || list.length === 0) expect(done).toEqual([]);
      else {
        expect(done).toHaveLength(1);
        expect(list).toContainEqual(done[0]);
      }
    }),
  );
});

test('completions never overlap, never lie in the future, and keep the bounds of pauses and durations', () => {
  fc.assert(
    fc.property(anyEmployee, anyList, anyAsOf, anySeed, (who, list, asOf, seed) => {
      const done = completeEmployee(who, list, asOf, seededDraw(seed, who.id));
      const wholeAsOf = asOf - (asOf % 1000);
      for (const [i, { startedAt, completedAt }] of done.entries()) {
        const next = done[i + 1]?.startedAt ?? wholeAsOf;
        const pause = (next - completedAt) / 1000;
        const duration = (completedAt - startedAt) / 1000;
        expect(Number.isInteger(startedAt / 1000) && Number.isInteger(completedAt / 1000)).toBe(true);
        expect(pause).toBeGreaterThanOrEqual(60);
        expect(pause).toBeLessThanOrEqual(1800);
        expect(duration).toBeGreaterThanOrEqual(180);
        expect(duration).toBeLessThanOrEqual(1200);
      }
    }),
  );
});

test('the combined list holds everything that was given, once, and the manager keeps what is his', () => {
  const ids = fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 10 });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 15 }), { maxLength: 10 }),
      fc.nat({ max: 3 }),
      fc.boolean(),
      ids,
      (manager, dailyDoses, hasRandom, recommended) => {
        const random = hasRandom ? (manager.at(-1) ?? null) : null;
        const rest = random === null ? manager : manager.slice(0, -1);
        const given = assignments(rest.slice(dailyDoses), rest.slice(0, dailyDoses), random);
        const list = combinedList(given, contentIds(...recommended));
        const from = (source: string): ContentId[] =>
          list.filter((item) => item.source === source).map((item) => item.contentId);
        expect(from('manager')).toEqual([...given.open.map((row) => row.contentId), ...newAssignments(given)]);
        expect(from('ai')).toEqual([...new Set(recommended)].filter((id) => !manager.includes(id)));
        expect(list.map(({ source }) => source).join(' ')).toMatch(/^(manager ?)*(ai ?)*$/);
      },
    ),
  );
});
