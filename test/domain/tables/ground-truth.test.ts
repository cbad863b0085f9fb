// Proves that the tables of the ground truth hold what a run decided, row by row (contract section 7).
import { expect, test } from '@jest/globals';
import type { ContentId, EmployeeId } from '../../../src/domain/ids.ts';
import type { Manifest } from '../../../src/domain/run/manifest.ts';
import type { EmployeeState } from '../../../src/domain/run/record.ts';
import {
  addRunRows,
  employeeRows,
  GROUND_TRUTH,
  type GroundTruthTable,
  type RowSink,
  runRow,
} from '../../../src/domain/tables/ground-truth.ts';
import type { Cell } from '../../../src/domain/tables/table.ts';
import { planOf } from '../../support/domain-values.ts';

const PLAN = planOf({ id: 'run-x', timeZone: 'Europe/Berlin' });
const content = (id: number) => id as ContentId;
const instant = (text: string) => Date.parse(text);

function collector() {
  const rows = Object.fromEntries(GROUND_TRUTH.map(({ name }) => [name, [] as (readonly Cell[])[]])) as Record<
    GroundTruthTable,
    (readonly Cell[])[]
  >;
  const add: RowSink = (table, ...row) => rows[table].push(row);
  return { rows, add };
}

const ADA: EmployeeState = {
  position: 0,
  employee: { id: 7 as EmployeeId, type: 'a' },
  assignments: {
    open: [
      {
        contentId: content(1),
        assignedAt: instant('2025-10-20T23:30:00Z'),
        beginsAt: null,
        dueAt: instant('2025-11-08T13:13:59Z'),
        contentType: null,
      } as never,
      { contentId: content(2), assignedAt: null, beginsAt: null, dueAt: null, contentType: 'Video' } as never,
    ],
    dailyDoseDecision: 'eligible',
    dailyDose: [content(3)],
    dailyDoseConflicts: [],
    random: content(4),
  },
  result: {
    recommendations: [content(9), content(3)],
    completions: [
      { contentId: content(3), source: 'manager', startedAt: 1_000, completedAt: 2_000 },
      { contentId: content(9), source: 'ai', startedAt: 3_000, completedAt: 4_000 },
    ],
  },
};
const LEFT_OUT: EmployeeState = {
  position: 1,
  employee: { id: 8 as EmployeeId, type: 'f' },
  assignments: { ...ADA.assignments!, open: [], random: null },
  result: undefined,
};
const GONE: EmployeeState = {
  ...LEFT_OUT,
  position: 2,
  employee: { id: 9 as EmployeeId, type: 'b' },
  assignments: undefined,
};

test('an employee has a row in each table for what was assigned, recommended and completed', () => {
  const { rows, add } = collector();
  const addEmployee = employeeRows(PLAN, add);
  for (const state of [ADA, LEFT_OUT, GONE]) addEmployee(state);
  expect(rows.employees).toEqual([
    ['run-x', 0, 7, 'a'],
    ['run-x', 1, 8, 'f'],
    ['run-x', 2, 9, 'b'],
  ]);
  // Those that are open come first; the day of a RequestId is local, and empty where there is none.
  const [first, second, ...manager] = rows.assignments;
  expect(first).toEqual([
    ...['run-x', 7, 1, expect.any(Number), 'databricks'],
    ...[instant('2025-10-20T23:30:00Z'), null, instant('2025-11-08T13:13:59Z'), 'Media'],
  ]);
  expect(second).toEqual(['run-x', 7, 2, expect.any(Number), 'databricks', null, null, null, 'Video']);
  expect(manager.map((row) => row.slice(0, 5))).toEqual([
    ['run-x', 7, 3, expect.any(Number), 'manager'],
    ['run-x', 7, 4, expect.any(Number), 'manager'],
    ['run-x', 8, 3, manager[0]?.[3], 'manager'],
  ]);
  for (const row of manager) expect(row[5]).toBe(PLAN.asOf - 5 * 60_000);
  expect(rows.recommendations).toEqual([
    ['run-x', 7, 1, 9],
    ['run-x', 7, 2, 3],
  ]);
  expect(rows.completions).toEqual([
    ['run-x', 7, 3, 'manager', 1_000, 2_000],
    ['run-x', 7, 9, 'ai', 3_000, 4_000],
  ]);
  for (const { name, columns } of GROUND_TRUTH)
    for (const row of rows[name]) expect([name, row.length]).toEqual([name, columns.length]);
});

test('choices, left out employees and the run itself are told with their counts', () => {
  const { rows, add } = collector();
  const skipped = { 'completed-this-week': 1, 'open-this-week': 2, 'already-open': 3, 'already-completed': 4 };
  const manifest = {
    assignments: {
      dailyDose: [
        { contentId: content(3), assigned: 5, skipped },
        { contentId: content(4), assigned: 0, skipped },
        { contentId: content(5), assigned: 0, skipped },
      ],
    },
    failedEmployees: [
      { employeeId: 8, reason: 'RECOMMENDER_BODY: it is not JSON' },
      { employeeId: 9, reason: 'gone' },
    ],
  } as unknown as Manifest;
  const known = new Map([
    [content(3), { title: 'Care', createdAt: 5 }],
    [content(4), { title: '', createdAt: null }],
  ]);
  addRunRows(PLAN, manifest, (id) => known.get(id), add);
  expect(rows.manager_choices).toEqual([
    ['run-x', 1, 3, 'Care', 5, 5, 1, 2, 3, 4],
    ['run-x', 2, 4, null, null, 0, 1, 2, 3, 4],
    ['run-x', 3, 5, null, null, 0, 1, 2, 3, 4],
  ]);
  expect(rows.left_out).toEqual([
    ['run-x', 8, 'RECOMMENDER_BODY'],
    ['run-x', 9, 'gone'],
  ]);
  const counts = {
    employees: 3,
    assignments: 5,
    recommendations: 2,
    completions: 2,
    left_out: 2,
    runs: 0,
    manager_choices: 3,
  };
  const row = runRow(PLAN, counts, '9.9.9');
  expect(row).toHaveLength(GROUND_TRUTH.at(-1)?.columns.length ?? 0);
  expect(row).toEqual(expect.arrayContaining(['run-x', 'queue', PLAN.asOf, PLAN.seed, 'Europe/Berlin', '9.9.9']));
  expect(row.slice(7, 12)).toEqual([3, 5, 2, 2, 2]);
});
