import { type DraftFile, draftFeed } from '../adapters/feed-files.ts';
import type { EmployeeState } from '../adapters/run-record.ts';
import type { RunStore } from '../adapters/run-store.ts';
import { remainingAssignments } from '../domain/employee-outcome.ts';
import { NON_COMPLETED_COLUMNS, nonCompletedRows } from '../domain/feed-rows.ts';
import type { RunPlan } from '../domain/run-plan.ts';

/**
 * Drafts the Non_Completed_Assignments feed of a run as it stands (contract section 5): what is open from Databricks first, by
 * employee in input order, then what the manager newly assigned likewise. Before anybody was simulated that is everything.
 * The two parts are two passes over the run, so that memory stays flat.
 */
export async function draftNonCompletedFeed(
  store: RunStore,
  plan: RunPlan,
  path: string,
): Promise<DraftFile<readonly string[]>> {
  const rows = nonCompletedRows(plan);
  const draft = await draftFeed(path, NON_COMPLETED_COLUMNS);
  const parts = [
    (state: EmployeeState) => remainder(state).open.map((open) => rows.open(state.employee.id, open)),
    (state: EmployeeState) => remainder(state).assigned.map((id) => rows.assigned(state.employee.id, id)),
  ];
  try {
    for (const part of parts) {
      for await (const employees of store.readEmployees(plan)) await draft.write(employees.flatMap(part));
    }
    return draft;
  } catch (error) {
    await draft.discard();
    throw error;
  }
}

function remainder({ assignments, result }: EmployeeState) {
  return assignments ? remainingAssignments(assignments, result) : { open: [], assigned: [] };
}
