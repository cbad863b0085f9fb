import { draftFeed, draftMoreRows } from '../../adapters/disk/feed-files.ts';
import { NON_COMPLETED_COLUMNS, nonCompletedRows } from '../../domain/feeds/rows.ts';
import type { OutputFile } from '../../domain/run/manifest.ts';
import type { RunPlan } from '../../domain/run/plan.ts';
import type { EmployeeState } from '../../domain/run/record.ts';
import { remainingAssignments } from '../../domain/simulation/employee-outcome.ts';

/**
 * A draft of a run's Non_Completed_Assignments feed (contract section 5): what is open from Databricks, by employee in
 * input order, then the new assignments likewise. `DraftFile` says what its methods do and throw.
 */
export interface NonCompletedFeed {
  /** Takes every employee of the run, in input order, some at a time. */
  write(employees: readonly EmployeeState[]): Promise<void>;
  finish(): Promise<OutputFile>;
  publish(): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Opens the draft; the caller discards it. The second part of the feed waits on the disk until the first is whole, so
 * that the run is read once and memory stays flat.
 */
export async function draftNonCompletedFeed(plan: RunPlan, path: string): Promise<NonCompletedFeed> {
  const rows = nonCompletedRows(plan);
  const draft = await draftFeed(path, NON_COMPLETED_COLUMNS);
  const assigned = await draftMoreRows(path).catch(async (error) => {
    await draft.discard();
    throw error;
  });
  return {
    write: async (employees) => {
      await draft.write(openRows(employees));
      await assigned.write(assignedRows(employees));
    },
    finish: async () => {
      await draft.append(assigned);
      return draft.finish();
    },
    publish: () => draft.publish(),
    discard: async () => {
      await draft.discard();
      await assigned.discard();
    },
  };

  function* openRows(employees: readonly EmployeeState[]): Generator<readonly string[]> {
    for (const { employee, assignments, result } of employees) {
      if (!assignments || assignments.open.length === 0) continue;
      for (const open of remainingAssignments(assignments, result).open) yield rows.open(employee.id, open);
    }
  }

  function* assignedRows(employees: readonly EmployeeState[]): Generator<readonly string[]> {
    for (const { employee, assignments, result } of employees) {
      if (!assignments) continue;
      for (const id of remainingAssignments(assignments, result).assigned) yield rows.assigned(employee.id, id);
    }
  }
}
