import { completionRow, nonCompletedRows } from '../../src/domain/feeds/rows.ts';
import { parseRunId, type RunId } from '../../src/domain/ids.ts';
import { FEED_DATE_FORMATS, feedNames, runToken } from '../../src/domain/run/plan.ts';
import { summaryLine } from '../../src/domain/run/summary.ts';
import { businessWeek } from '../../src/domain/simulation/business-week.ts';
import { combinedList, completeEmployee } from '../../src/domain/simulation/completions.ts';
import { EMPLOYEE_TYPES } from '../../src/domain/simulation/employees.ts';
import { assignEmployee, type OpenAssignment } from '../../src/domain/simulation/manager-assignments.ts';
import { managerChoice } from '../../src/domain/simulation/manager-choice.ts';
import { seededDraw } from '../../src/domain/simulation/seeded-draw.ts';
import { AS_OF, content, employee, HOUR, pick } from './vector-cases.ts';

/** The cases of decisions. */
export function decisions(): object[] {
  return Array.from({ length: 500 }, (_, i) => {
    const roll = (name: string, count: number) => pick(`${i} ${name}`, count);
    const zone = ['UTC', 'America/Los_Angeles', 'Pacific/Auckland'][i % 3]!;
    const asOf = AS_OF + roll('asOf', 14 * 86_400) * 1000;
    const plan = {
      id: parseRunId('weekly-1')!,
      seed: `seed ${i % 7}`,
      asOf,
      timeZone: zone,
      feedDateFormat: 'yyyy_M_d' as const,
    };
    const week = businessWeek(asOf, zone);
    const contents = Array.from({ length: roll('contents', 9) }, (_, n) => ({
      id: content(1000 + n),
      title: '',
      dailyDose: roll(`flag ${n}`, 2) === 0,
      createdAt: roll(`date ${n}`, 3) === 0 ? null : AS_OF - roll(`age ${n}`, 3) * HOUR,
    }));
    const some = (name: string) => content(1000 + roll(name, 11));
    const time = (name: string) => (roll(name, 4) === 0 ? null : asOf + (roll(`${name} days`, 30) - 15) * 24 * HOUR);
    const open: OpenAssignment[] = Array.from({ length: roll('open', 4) }, (_, n) => ({
      contentId: some(`o${n}`),
      assignedAt: time(`a${n}`),
      beginsAt: time(`b${n}`),
      dueAt: time(`d${n}`),
      contentType: [null, 'Media', 'a "quoted", text', ''][roll(`t${n}`, 4)]!,
    }));
    const completed = Array.from({ length: roll('completed', 4) }, (_, n) => ({
      contentId: some(`c${n}`),
      completedOn: [null, week.startDate, week.asOfDate, '2025-01-01'][roll(`w${n}`, 4)]!,
    }));
    const advised = [...new Set(Array.from({ length: roll('advised', 5) }, (_, n) => some(`r${n}`)))];
    const person = { id: employee(1 + roll('id', 999_999)), type: EMPLOYEE_TYPES[i % 3]! };
    const draw = seededDraw(plan.seed, person.id);
    const choice = managerChoice(contents);
    const assignments = assignEmployee({ open, completions: completed }, choice, week, draw);
    const completions = completeEmployee(person, combinedList(assignments, advised), asOf, draw);
    const rows = nonCompletedRows(plan);
    const fresh = assignments.random === null ? assignments.dailyDose : [...assignments.dailyDose, assignments.random];
    return {
      given: { seed: plan.seed, asOf, zone, contents, open, completed, advised, person },
      choice: { dailyDose: choice.dailyDose, others: choice.others },
      decision: assignments.dailyDoseDecision,
      conflicts: assignments.dailyDoseConflicts.map(({ contentId, conflict }) => [contentId, conflict]),
      completions: completions.map((completion) => bytes(completionRow(person.id, completion))),
      nonCompleted: [
        ...assignments.open.map((row) => bytes(rows.open(person.id, row))),
        ...fresh.map((id) => bytes(rows.assigned(person.id, id))),
      ],
      summary: summaryLine(person.id, completions),
    };
  });
}

/** A row as contract section 5 has it. */
function bytes(fields: readonly string[]): string {
  return `${fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')}\n`;
}

/** The cases of names. */
export function names(): object[] {
  return Array.from({ length: 120 }, (_, i) => {
    const id = `run-${i}` as RunId;
    const plan = {
      id,
      seed: id,
      asOf: AS_OF + i * 41 * HOUR,
      timeZone: ['UTC', 'Asia/Tokyo', 'America/Los_Angeles'][i % 3]!,
      feedDateFormat: FEED_DATE_FORMATS[i % 2]!,
    };
    return { ...plan, token: runToken(id), names: feedNames(plan) };
  });
}
