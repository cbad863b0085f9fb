import { CREATED_BEFORE_AS_OF_MS, DEFAULT_CONTENT_TYPE, requestId } from '../feeds/rows.ts';
import type { ContentId } from '../ids.ts';
import type { FailedEmployee, Manifest } from '../run/manifest.ts';
import { type RunPlan, weekOf } from '../run/plan.ts';
import type { EmployeeState } from '../run/record.ts';
import { localDate } from '../simulation/business-week.ts';
import { newAssignments } from '../simulation/completions.ts';
import type { OpenAssignment } from '../simulation/manager-assignments.ts';
import { type Cell, column, optionalColumn, type Table } from './table.ts';

const RUN_ID = column('run_id', 'text');
const EMPLOYEE_ID = column('employee_id');
const CONTENT_ID = column('content_id');

/** The tables of the ground truth (contract section 7), in the order in which they are landed: `runs` is the last. */
export const GROUND_TRUTH = [
  { name: 'employees', columns: [RUN_ID, column('position'), EMPLOYEE_ID, column('employee_type', 'text')] },
  {
    name: 'manager_choices',
    columns: [
      RUN_ID,
      column('rank'),
      CONTENT_ID,
      optionalColumn('title', 'text'),
      optionalColumn('create_date', 'instant'),
      ...['assigned', 'completed_this_week', 'open_this_week', 'already_open', 'already_completed'].map((name) =>
        column(name),
      ),
    ],
  },
  {
    name: 'assignments',
    columns: [
      ...[RUN_ID, EMPLOYEE_ID, CONTENT_ID, column('request_id'), column('source', 'text')],
      ...['create_date', 'start_date', 'due_date'].map((name) => optionalColumn(name, 'instant')),
      column('content_type', 'text'),
    ],
  },
  { name: 'recommendations', columns: [RUN_ID, EMPLOYEE_ID, column('rank'), CONTENT_ID] },
  {
    name: 'completions',
    columns: [
      ...[RUN_ID, EMPLOYEE_ID, CONTENT_ID, column('source', 'text')],
      ...[column('date_started', 'instant'), column('date_completed', 'instant')],
    ],
  },
  { name: 'left_out', columns: [RUN_ID, EMPLOYEE_ID, column('reason', 'text')] },
  {
    name: 'runs',
    columns: [
      ...[RUN_ID, column('engine', 'text'), column('as_of', 'instant'), column('seed', 'text')],
      ...[column('business_timezone', 'text'), column('week_start', 'instant'), column('week_due', 'instant')],
      ...['employees', 'assignments', 'recommendations', 'completions', 'left_out'].map((name) => column(name)),
      column('software_version', 'text'),
    ],
  },
] as const satisfies readonly Table[];

/** The name of a table of the ground truth. */
export type GroundTruthTable = (typeof GROUND_TRUTH)[number]['name'];

/** Takes one row: its values in the order of the table's columns. */
export type RowSink = (table: GroundTruthTable, ...row: readonly Cell[]) => void;

/** Adds an employee's rows to the tables; employees come in input order (contract section 7). */
export type EmployeeRows = (state: EmployeeState) => void;

/** Makes the rows of a run's employees. */
export function employeeRows(plan: RunPlan, add: RowSink): EmployeeRows {
  const { id: run, asOf, timeZone } = plan;
  const week = weekOf(plan);
  const createdAt = asOf - CREATED_BEFORE_AS_OF_MS;
  const numbers = new Map<ContentId, number>();
  const numberOf = (contentId: ContentId): number => {
    const known = numbers.get(contentId) ?? requestId(contentId, week.asOfDate);
    numbers.set(contentId, known);
    return known;
  };
  const dayOf = ({ assignedAt }: OpenAssignment) => (assignedAt === null ? '' : localDate(assignedAt, timeZone));
  return ({ position, employee, assignments, result }) => {
    const { id } = employee;
    add('employees', run, position, id, employee.type);
    for (const open of assignments?.open ?? []) {
      const dates = [open.assignedAt, open.beginsAt, open.dueAt];
      const contentType = open.contentType ?? DEFAULT_CONTENT_TYPE;
      const number = requestId(open.contentId, dayOf(open));
      add('assignments', run, id, open.contentId, number, 'databricks', ...dates, contentType);
    }
    for (const contentId of assignments ? newAssignments(assignments) : []) {
      const dates = [createdAt, week.startsAt, week.dueAt];
      add('assignments', run, id, contentId, numberOf(contentId), 'manager', ...dates, DEFAULT_CONTENT_TYPE);
    }
    let rank = 0;
    for (const contentId of result?.recommendations ?? []) {
      rank += 1;
      add('recommendations', run, id, rank, contentId);
    }
    for (const { contentId, source, startedAt, completedAt } of result?.completions ?? [])
      add('completions', run, id, contentId, source, startedAt, completedAt);
  };
}

/** The content that a manager chose, as a catalog has it. */
export interface ChosenContent {
  /** Empty when the catalog has no title. */
  readonly title: string;
  readonly createdAt: number | null;
}

/** Adds the manager's choices and the employees that the run was finished without. */
export function addRunRows(
  plan: RunPlan,
  { assignments, failedEmployees }: Pick<Manifest, 'assignments' | 'failedEmployees'>,
  contentOf: (contentId: ContentId) => ChosenContent | undefined,
  add: RowSink,
): void {
  assignments.dailyDose.forEach(({ contentId, assigned, skipped }, index) => {
    const { title = '', createdAt = null } = contentOf(contentId) ?? {};
    const reasons = [skipped['completed-this-week'], skipped['open-this-week'], skipped['already-open']];
    const counts = [assigned, ...reasons, skipped['already-completed']];
    add('manager_choices', plan.id, index + 1, contentId, title === '' ? null : title, createdAt, ...counts);
  });
  for (const failed of failedEmployees) add('left_out', plan.id, failed.employeeId, codeOf(failed));
}

/** The row of the table `runs`. @param counts of the rows of each other table. */
export function runRow(
  plan: RunPlan,
  counts: Readonly<Record<GroundTruthTable, number>>,
  softwareVersion: string,
): readonly Cell[] {
  const week = weekOf(plan);
  const rows = [counts.employees, counts.assignments, counts.recommendations, counts.completions, counts.left_out];
  const start = [plan.id, 'queue', plan.asOf, plan.seed, plan.timeZone, week.startsAt, week.dueAt];
  return [...start, ...rows, softwareVersion];
}

/** The reason of a failed employee begins with the error's code. */
function codeOf({ reason }: FailedEmployee): string {
  return /^[A-Z][A-Z0-9_]*(?=:|$)/.exec(reason)?.[0] ?? reason;
}
