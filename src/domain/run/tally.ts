import type { ContentId } from '../ids.ts';
import type { Source } from '../simulation/completions.ts';
import type { EmployeeResult } from '../simulation/employee-outcome.ts';
import type { Employee, EmployeeType } from '../simulation/employees.ts';

/** Counts of one employee type. */
export interface TypeTally {
  employees: number;
  completions: number;
}

/** What the simulation came to, over all employees that are in the files. */
export interface RunTally {
  readonly byType: Record<EmployeeType, TypeTally>;
  readonly completionsBySource: Record<Source, number>;
  recommendations: number;
  /** Recommendations of content that is in neither catalog file. */
  unknownRecommendations: number;
}

/** A tally of nothing yet. */
export function emptyRunTally(): RunTally {
  const none = () => ({ employees: 0, completions: 0 });
  return {
    byType: { a: none(), b: none(), f: none() },
    completionsBySource: { manager: 0, ai: 0 },
    recommendations: 0,
    unknownRecommendations: 0,
  };
}

/** Adds one employee's result to a tally; `catalog` holds every id of both catalog files. */
export function addToRunTally(
  tally: RunTally,
  employee: Employee,
  result: EmployeeResult,
  catalog: ReadonlySet<ContentId>,
): void {
  tally.byType[employee.type].employees += 1;
  tally.byType[employee.type].completions += result.completions.length;
  for (const { source } of result.completions) tally.completionsBySource[source] += 1;
  tally.recommendations += result.recommendations.length;
  for (const id of result.recommendations) if (!catalog.has(id)) tally.unknownRecommendations += 1;
}
