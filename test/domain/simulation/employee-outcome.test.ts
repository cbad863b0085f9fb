import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { completionRow, nonCompletedRows } from '../../../src/domain/feeds/rows.ts';
import { type RunPlan, weekOf } from '../../../src/domain/run/plan.ts';
import {
  type EmployeeResult,
  remainingAssignments,
  simulateEmployee,
} from '../../../src/domain/simulation/employee-outcome.ts';
import type { Employee, EmployeeType } from '../../../src/domain/simulation/employees.ts';
import {
  assignEmployee,
  type EmployeeAssignments,
  type EmployeeRecords,
} from '../../../src/domain/simulation/manager-assignments.ts';
import type { ManagerChoice } from '../../../src/domain/simulation/manager-choice.ts';
import { seededDraw } from '../../../src/domain/simulation/seeded-draw.ts';
import { contentId, contentIds, employeeId, openAssignment, planOf } from '../../support/domain-values.ts';

// What this file proves: contract sections 3 to 5 over a whole population: what holds between completions and
// remaining assignments, and that an employee's rows depend on that employee alone.

const CHOICE: ManagerChoice = {
  dailyDose: contentIds(3, 2, 1),
  dailyDoseContents: new Set(contentIds(1, 2, 3, 4)),
  others: Array.from({ length: 12 }, (_, i) => contentId(i + 5)),
};

/** An employee with everything that the outside world says about them. */
interface Person {
  readonly employee: Employee;
  readonly records: EmployeeRecords;
  readonly recommendations: number[];
}

const anyPerson: fc.Arbitrary<Person> = fc.record({
  employee: fc.record({
    id: fc.integer({ min: 1, max: 1e6 }).map(employeeId),
    type: fc.constantFrom<EmployeeType>('a', 'b', 'f'),
  }),
  // Databricks gives open assignments only: nothing is both open and completed.
  records: fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { maxLength: 8 }).chain((ids) =>
    fc.nat({ max: ids.length }).map((cut) => ({
      open: ids.slice(0, cut).map((id) => openAssignment(id)),
      completions: ids.slice(cut).map((id) => ({ contentId: contentId(id), completedOn: '2025-10-01' })),
    })),
  ),
  recommendations: fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 6 }),
});

const anyPopulation = fc.uniqueArray(anyPerson, {
  selector: ({ employee }) => employee.id,
  minLength: 1,
  maxLength: 12,
});

/** What a run decides about one person, and the rows that it writes for them. */
function simulate(plan: RunPlan, { employee, records, recommendations }: Person) {
  const assignments = assignEmployee(records, CHOICE, weekOf(plan), seededDraw(plan.seed, employee.id));
  const result = simulateEmployee(plan, employee, assignments, contentIds(...recommendations));
  const remaining = remainingAssignments(assignments, result);
  const rows = nonCompletedRows(plan);
  return {
    assignments,
    result,
    remaining,
    completed: result.completions.map((completion) => completionRow(employee.id, completion)),
    open: remaining.open.map((assignment) => rows.open(employee.id, assignment)),
    assigned: remaining.assigned.map((id) => rows.assigned(employee.id, id)),
  };
}

/** The rows of the two feeds, as section 5 orders them. */
function feeds(plan: RunPlan, population: readonly Person[]) {
  const outcomes = population.map((person) => simulate(plan, person));
  return {
    completions: outcomes.flatMap(({ completed }) => completed),
    nonCompleted: [...outcomes.flatMap(({ open }) => open), ...outcomes.flatMap(({ assigned }) => assigned)],
  };
}

const rowsOf = (rows: readonly string[][], id: number) => rows.filter((row) => row[0] === String(id));

const MANAGED: EmployeeAssignments = {
  open: [openAssignment(50), openAssignment(60)],
  dailyDoseDecision: 'eligible',
  dailyDose: contentIds(3, 2),
  dailyDoseConflicts: [],
  random: contentId(9),
};

test('until there is a result, everything that was assigned remains, the open ones in their order', () => {
  expect(remainingAssignments(MANAGED)).toEqual({ open: MANAGED.open, assigned: [3, 2, 9] });
});

test('what was completed remains no longer, and a completed recommendation takes nothing away', () => {
  const done = [50, 2, 777].map((id) => ({
    contentId: contentId(id),
    source: 'ai' as const,
    startedAt: 0,
    completedAt: 0,
  }));
  const result: EmployeeResult = { recommendations: [], completions: done };
  expect(remainingAssignments(MANAGED, result)).toEqual({ open: [MANAGED.open[1]], assigned: [3, 9] });
});

test('a result keeps the recommendations as they came, for every type', () => {
  for (const type of ['a', 'b', 'f'] as const) {
    const given = contentIds(700, 50);
    const result = simulateEmployee(planOf(), { id: employeeId(1), type }, MANAGED, given);
    expect(result.recommendations).toEqual([700, 50]);
  }
});

test('the seed of the run decides, not its id', () => {
  const who: Employee = { id: employeeId(88563), type: 'a' };
  const one = simulateEmployee(planOf({ id: 'run-one', seed: 's' }), who, MANAGED, []);
  expect(simulateEmployee(planOf({ id: 'run-two', seed: 's' }), who, MANAGED, [])).toEqual(one);
  expect(simulateEmployee(planOf({ id: 'run-one', seed: 't' }), who, MANAGED, [])).not.toEqual(one);
});

test('no content is both completed and open, and nothing that was assigned gets lost', () => {
  fc.assert(
    fc.property(anyPerson, fc.string(), (person, seed) => {
      const { assignments, result, remaining } = simulate(planOf({ seed }), person);
      const completed = result.completions.map((completion) => completion.contentId);
      const left = [...remaining.open.map((row) => row.contentId), ...remaining.assigned];
      const given = [
        ...assignments.open.map((row) => row.contentId),
        ...assignments.dailyDose,
        ...(assignments.random === null ? [] : [assignments.random]),
      ];
      expect(left.filter((id) => completed.includes(id))).toEqual([]);
      expect(given.filter((id) => !completed.includes(id))).toEqual(left);
      expect(new Set(completed).size).toBe(completed.length);
      const available = new Set<number>([...given, ...person.recommendations]);
      const expectedCount = { a: available.size, b: Math.min(1, available.size), f: 0 }[person.employee.type];
      expect(completed).toHaveLength(expectedCount);
      if (person.employee.type === 'a') expect(left).toEqual([]);
    }),
  );
});

test("adding an employee changes that employee's rows only, wherever the newcomer stands", () => {
  fc.assert(
    fc.property(anyPopulation, fc.nat(), fc.string(), (population, pick, seed) => {
      const plan = planOf({ seed });
      const at = pick % population.length;
      const newcomer = population[at]!.employee.id;
      const before = feeds(plan, population.toSpliced(at, 1));
      const after = feeds(plan, population);
      const others = (rows: string[][]) => rows.filter((row) => row[0] !== String(newcomer));
      expect(others(after.completions)).toEqual(before.completions);
      expect(others(after.nonCompleted)).toEqual(before.nonCompleted);
    }),
  );
});

test('in whatever order and how often employees are simulated, each one’s rows are the same', () => {
  const shuffledPopulation = anyPopulation.chain((people) =>
    fc.record({
      people: fc.constant(people),
      shuffled: fc.shuffledSubarray(people, { minLength: people.length, maxLength: people.length }),
    }),
  );
  fc.assert(
    fc.property(shuffledPopulation, fc.string(), ({ people, shuffled }, seed) => {
      const plan = planOf({ seed });
      const expected = feeds(plan, people);
      const actual = feeds(plan, shuffled);
      for (const { employee } of people) {
        expect(rowsOf(actual.completions, employee.id)).toEqual(rowsOf(expected.completions, employee.id));
        expect(rowsOf(actual.nonCompleted, employee.id)).toEqual(rowsOf(expected.nonCompleted, employee.id));
      }
      expect(feeds(plan, people)).toEqual(expected);
    }),
  );
});
