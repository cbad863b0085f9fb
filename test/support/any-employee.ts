import fc from 'fast-check';
import type { ContentId } from '../../src/domain/ids.ts';
import type { Employee, EmployeeType } from '../../src/domain/simulation/employees.ts';
import type { EmployeeAssignments } from '../../src/domain/simulation/manager-assignments.ts';
import { contentId, employeeId } from './domain-values.ts';

/** Employees and what they were assigned, with the largest ids and every kind of gap, for properties. */
const LARGEST_ID = 999_999_999_999_999;
export const anyContent: fc.Arbitrary<ContentId> = fc
  .oneof(fc.integer({ min: 1, max: 30 }), fc.constant(LARGEST_ID))
  .map(contentId);
export const anyEmployee: fc.Arbitrary<Employee> = fc.record({
  id: fc.integer({ min: 1, max: LARGEST_ID }).map(employeeId),
  type: fc.constantFrom<EmployeeType>('a', 'b', 'f'),
});
const anyInstant = fc.option(fc.integer({ min: 0, max: 4e12 }));
export const anyAssignments: fc.Arbitrary<EmployeeAssignments> = fc.record({
  open: fc.uniqueArray(
    fc.record({
      contentId: anyContent,
      assignedAt: anyInstant,
      beginsAt: anyInstant,
      dueAt: anyInstant,
      contentType: fc.option(fc.string({ unit: 'binary' })),
    }),
    { selector: (open) => open.contentId, maxLength: 6 },
  ),
  dailyDoseDecision: fc.constantFrom('eligible', 'completed-this-week', 'open-this-week'),
  dailyDose: fc.uniqueArray(anyContent, { maxLength: 3 }),
  dailyDoseConflicts: fc.array(
    fc.record({ contentId: anyContent, conflict: fc.constantFrom('already-open', 'already-completed') }),
    { maxLength: 3 },
  ),
  random: fc.option(anyContent),
});
