import type {
  CatalogInput,
  DatabricksInput,
  EmployeesInput,
  FailedEmployee,
  Manifest,
} from '../../domain/run/manifest.ts';
import type { Notice } from '../../domain/run/notice.ts';
import type { RunPlan } from '../../domain/run/plan.ts';
import { type FrozenSources, SOURCE_NAMES } from '../../domain/run/sources.ts';
import type { AssignmentTally } from '../../domain/simulation/assignment-tally.ts';
import type { EmployeeResult } from '../../domain/simulation/employee-outcome.ts';
import type { Employee } from '../../domain/simulation/employees.ts';
import type { EmployeeAssignments } from '../../domain/simulation/manager-assignments.ts';

/** How many employees stand in one chunk of the population. */
export const POPULATION_CHUNK = 1000;

/** The steps of a run, in order. */
export const STAGES = [
  'run-start',
  'catalog-download',
  'assignment',
  'employee-simulation',
  'file-assembly',
  'publish',
] as const;
export type Stage = (typeof STAGES)[number];

/** The population as it was frozen when the run was made; the assembler holds the results against it. */
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
  /** Epoch milliseconds, by the clock of whoever made the run. */
  readonly createdAt: number;
  readonly publish: boolean;
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

/** The fields of the run's hash, written. */
export function jsonFields(values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([field, value]) => [field, JSON.stringify(value)]));
}

/** The fields of the hash of a run that is made. */
export function newRunFields({ sources, outputDir, ...run }: NewRun): Record<string, string> {
  const frozen = { ...(sources ? { sources } : {}), ...(outputDir === undefined ? {} : { outputDir }) };
  // A folder that somebody asked for stays, whatever becomes of the stages.
  const given = outputDir === undefined ? {} : { outputGiven: true };
  return { ...jsonFields({ ...run, ...given }), ...frozenFields(frozen) };
}

/** What is settled, as fields of the run's hash: one for each source, so that each is settled by itself. */
export function frozenFields({ sources, outputDir }: Frozen): Record<string, string> {
  const named = Object.entries(sources ?? {}).map(([name, source]) => [SOURCE_FIELD + name, source]);
  const fields = { ...Object.fromEntries(named), ...(outputDir === undefined ? {} : { outputDir }) };
  return jsonFields({ ...(sources ? { sources: true } : {}), ...fields });
}

const SOURCE_FIELD = 'source:';

/** Decodes a value that may be missing. */
export function decodeOptional<T>(text: string | null | undefined, decode: (text: string) => T): T | undefined {
  return text === null || text === undefined ? undefined : decode(text);
}

/** The fields of the run's hash, read. */
export function decodeRun(fields: Record<string, string>): RunRecord {
  const json = <T>(name: string): T | undefined => decodeOptional(fields[name], (text) => JSON.parse(text) as T);
  const stages = (prefix: string) =>
    Object.fromEntries(
      STAGES.filter((stage) => fields[prefix + stage] !== undefined).map((stage) => [
        stage,
        Number(fields[prefix + stage]),
      ]),
    );
  const optional = {
    slot: json<number>('slot'),
    catalogs: json<CatalogFacts>('catalogs'),
    assignments: json<AssignmentFacts>('assignments'),
    sources: fields.sources === undefined ? undefined : sourcesIn(json),
    outputDir: json<string>('outputDir'),
    manifest: json<Manifest>('manifest'),
    written: json<RunRecord['written']>('written'),
    finishedAt: json<number>('finishedAt'),
    publishedAt: json<number>('publishedAt'),
    cancelled: json<Cancellation>('cancelled'),
  };
  const happened = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    plan: json<RunPlan>('plan')!,
    createdAt: json<number>('createdAt')!,
    publish: json<boolean>('publish')!,
    employees: json<EmployeesInput>('employees')!,
    population: json<FrozenPopulation>('population')!,
    fannedOut: json<number>('fannedOut') ?? 0,
    without: json<FailedEmployee[]>('without') ?? [],
    stageStartedAt: stages('started:'),
    stageFinishedAt: stages('finished:'),
    ...Object.fromEntries(happened),
  };
}

function sourcesIn(json: (name: string) => unknown): FrozenSources {
  const named = SOURCE_NAMES.map((name) => [name, json(SOURCE_FIELD + name)] as const);
  return Object.fromEntries(named.filter(([, source]) => source !== undefined));
}
