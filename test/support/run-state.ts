import type { CatalogContent } from '../../src/domain/catalog/content.ts';
import type { Manifest } from '../../src/domain/run/manifest.ts';
import type { RunPlan } from '../../src/domain/run/plan.ts';
import type { AssignmentFacts, CatalogFacts, NewRun } from '../../src/domain/run/record.ts';
import { emptyRunTally } from '../../src/domain/run/tally.ts';
import { emptyAssignmentTally } from '../../src/domain/simulation/assignment-tally.ts';
import type { Employee } from '../../src/domain/simulation/employees.ts';
import type { EmployeeAssignments } from '../../src/domain/simulation/manager-assignments.ts';
import { contentId, contentIds, employeeId, openAssignment } from './domain-values.ts';

/** Employees 100001, 100002 … of types a, b and f by turns. */
export function people(count: number): Employee[] {
  return Array.from({ length: count }, (_, i) => ({
    id: employeeId(100_001 + i),
    type: (['a', 'b', 'f'] as const)[i % 3]!,
  }));
}

/** Three open assignments with all their dates, three Daily Dose contents and a random one. */
export function fullAssignments(of: number): EmployeeAssignments {
  const at = Date.UTC(2025, 9, 20, 5, 1);
  const dates = { assignedAt: at, beginsAt: at, dueAt: at + 6 * 86_400_000, contentType: 'Media' };
  return {
    open: [0, 1, 2].map((i) => openAssignment(1_800_000 + ((of + i) % 1000), dates)),
    dailyDoseDecision: 'eligible',
    dailyDose: contentIds(1_915_085, 1_915_086, 1_915_087),
    dailyDoseConflicts: [],
    random: contentId(1_700_000 + of),
  };
}

/** A new run of these employees, made from a file without faults. */
export function newRun(plan: RunPlan, employees: readonly Employee[], overrides: Partial<NewRun> = {}): NewRun {
  return {
    plan,
    createdAt: plan.asOf,
    publish: false,
    employees: {
      name: 'employees.csv',
      sha256: 'e'.repeat(64),
      employees: employees.length,
      invalid: { count: 0, first: [] },
    },
    population: { count: employees.length, sha256: 'p'.repeat(64) },
    ...overrides,
  };
}

export const CATALOG_FACTS: CatalogFacts = { inputs: [], notices: [] };

export const ASSIGNMENT_FACTS: AssignmentFacts = {
  tally: emptyAssignmentTally({ dailyDose: [], dailyDoseContents: new Set(), others: [] }),
  databricks: null,
  notices: [],
};

/** A content of a catalog file that is not Daily Dose. */
export function content(id: number, overrides: Partial<Omit<CatalogContent, 'id'>> = {}): CatalogContent {
  return { id: contentId(id), title: `Title ${id}`, dailyDose: false, createdAt: null, ...overrides };
}

/** The manifest of a run that came to nothing. */
export function emptyManifest({ plan, employees }: NewRun): Manifest {
  return {
    manifestVersion: 2,
    engine: 'queue',
    runId: plan.id,
    seed: plan.seed,
    asOf: '2025-10-28T11:00:00Z',
    timeZone: plan.timeZone,
    feedDateFormat: plan.feedDateFormat,
    week: { start: '2025-10-27T00:01:00Z', due: '2025-11-01T13:13:59Z' },
    inputs: { employees, catalogs: [], databricks: null, template: null },
    notices: [],
    assignments: ASSIGNMENT_FACTS.tally,
    counts: { employees: 0, ...emptyRunTally() },
    failedEmployees: [],
    outputs: [],
  };
}
