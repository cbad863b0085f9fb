/** A step of a run, which has a queue of its own. */
interface StageDefinition {
  readonly name: string;
  /** How many jobs a run has of it. */
  readonly jobs: 'one' | 'one for each employee';
  /** A run does without it unless it is asked for. */
  readonly optional: boolean;
  /** The setting that says how many jobs of it a worker does at the same time. */
  readonly concurrency: string;
}

/** All stages, in order. Each waits for the one before it; the employees' jobs join the flow behind the assignment. */
export const STAGE_DEFINITIONS = [
  { name: 'run-start', jobs: 'one', optional: false, concurrency: 'RUN_START_CONCURRENCY' },
  { name: 'catalog-download', jobs: 'one', optional: false, concurrency: 'CATALOG_CONCURRENCY' },
  { name: 'assignment', jobs: 'one', optional: false, concurrency: 'ASSIGNMENT_CONCURRENCY' },
  {
    name: 'employee-simulation',
    jobs: 'one for each employee',
    optional: false,
    concurrency: 'EMPLOYEE_CONCURRENCY',
  },
  { name: 'file-assembly', jobs: 'one', optional: false, concurrency: 'ASSEMBLY_CONCURRENCY' },
  { name: 'publish', jobs: 'one', optional: true, concurrency: 'PUBLISH_CONCURRENCY' },
  { name: 'landing', jobs: 'one', optional: true, concurrency: 'LANDING_CONCURRENCY' },
] as const satisfies readonly StageDefinition[];

type Definition = (typeof STAGE_DEFINITIONS)[number];

/** The name of a stage, and of its queue. */
export type Stage = Definition['name'];
/** A stage of which a run has one job, whose id is the run's. */
export type SingleJobStage = Extract<Definition, { jobs: 'one' }>['name'];
/** A stage that a run can do without. */
export type OptionalStage = Extract<Definition, { optional: true }>['name'];

export const STAGES: readonly Stage[] = STAGE_DEFINITIONS.map(({ name }) => name);

/** The stages of which a run has one job, in order. */
export const SINGLE_JOB_STAGES: readonly SingleJobStage[] = STAGE_DEFINITIONS.flatMap((stage) =>
  stage.jobs === 'one' ? [stage.name] : [],
);

/**
 * The jobs of a run's flow, the last stage first: each is the parent of the next, because a job of the queue has one
 * parent. The start of the run makes the flow and is none of it.
 */
export function flowOf(wanted: Readonly<Record<OptionalStage, boolean>>): SingleJobStage[] {
  return SINGLE_JOB_STAGES.filter((stage) => stage !== 'run-start' && isWanted(stage, wanted)).reverse();
}

/** Whether a run goes through a stage. */
export function isWanted(stage: Stage, wanted: Readonly<Record<OptionalStage, boolean>>): boolean {
  return !isOptional(stage) || wanted[stage];
}

function isOptional(stage: Stage): stage is OptionalStage {
  return STAGE_DEFINITIONS.some(({ name, optional }) => name === stage && optional);
}
