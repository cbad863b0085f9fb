import type { AssignmentTally } from '../simulation/assignment-tally.ts';
import type { EmployeeResult } from '../simulation/employee-outcome.ts';
import type { Employee } from '../simulation/employees.ts';
import type { EmployeeAssignments } from '../simulation/manager-assignments.ts';
import type { CatalogInput, DatabricksInput, EmployeesInput, FailedEmployee, Manifest } from './manifest.ts';
import type { Notice } from './notice.ts';
import type { RunPlan } from './plan.ts';
import type { FrozenSources } from './sources.ts';
import type { Stage } from './stages.ts';

/** The population as it was frozen when the run was made; the assembler compares the results with it. */
export interface FrozenPopulation {
  readonly count: number;
  /** SHA-256 over all chunks of the population, in order. */
  readonly sha256: string;
}

/** What a run has settled of where its answers come from and where its files go (contract section 2). */
export interface Frozen {
  /** Absent in a run of an earlier build: any process works on it, each with its own. */
  readonly sources?: FrozenSources;
  /** The folder of the run's files, absolute. Absent until it is settled. */
  readonly outputDir?: string;
}

/** What a run is made from. */
export interface NewRun extends Frozen {
  readonly plan: RunPlan;
  /** Epoch milliseconds, by the clock of the process that made the run. */
  readonly createdAt: number;
  readonly publish: boolean;
  /** Whether the run lands in a lakehouse; not unless given. */
  readonly landing?: boolean;
  readonly employees: EmployeesInput;
  readonly population: FrozenPopulation;
  /** The slot of the weekly schedule that the run is for, epoch milliseconds; absent when somebody asked for it. */
  readonly slot?: number;
}

/** What the assignment stage found; from then on, the assignments are frozen. */
export interface AssignmentFacts {
  readonly tally: AssignmentTally;
  readonly databricks: DatabricksInput | null;
  readonly notices: readonly Notice[];
}

/** What the catalog stage found. */
export interface CatalogFacts {
  readonly inputs: readonly CatalogInput[];
  readonly notices: readonly Notice[];
}

/** That somebody stopped a run, who, when, and how far it was. */
export interface Cancellation {
  /** Epoch milliseconds. */
  readonly at: number;
  /** As people are to read it: `anna on build-7`. */
  readonly by: string;
  readonly stage: Stage;
  readonly employees: number;
  readonly done: number;
  readonly failed: number;
}

/** Everything about a run but its employees. Absent is what has not happened yet. Instants are epoch milliseconds. */
export interface RunRecord extends NewRun {
  readonly landing: boolean;
  readonly catalogs?: CatalogFacts;
  readonly assignments?: AssignmentFacts;
  /** How many positions have been given to the queue. */
  readonly fannedOut: number;
  /** The employees that the run is to be finished without. */
  readonly without: readonly FailedEmployee[];
  readonly manifest?: Manifest;
  /** Where the files were written: the folder, absolute, and the name of the machine. */
  readonly written?: { readonly folder: string; readonly host: string };
  readonly finishedAt?: number;
  readonly publishedAt?: number;
  readonly landedAt?: number;
  /** From then on nothing is done for the run. */
  readonly cancelled?: Cancellation;
  readonly stageStartedAt: Partial<Record<Stage, number>>;
  readonly stageFinishedAt: Partial<Record<Stage, number>>;
}

/** An employee of a run, as the assembler and `explain` see it. */
export interface EmployeeState {
  readonly position: number;
  readonly employee: Employee;
  readonly assignments: EmployeeAssignments | undefined;
  readonly result: EmployeeResult | undefined;
}
