import type { Description, Target, TargetName } from './description.ts';

/** What the environment says about the target that a command works with. Absent: the description counts. */
export interface EnvironmentChoice {
  readonly host?: string;
  /** Where training records are read. */
  readonly trainingCatalog?: string;
  readonly trainingSchema?: string;
}

/** A description in which the environment comes before the file, for one target. The others stay as they are. */
export function withEnvironment(
  description: Description,
  name: TargetName | undefined,
  choice: EnvironmentChoice,
): Description {
  const targets = description.targets.map((target) => (target.name === name ? changed(target, choice) : target));
  return { ...description, targets };
}

function changed(target: Target, { host, trainingCatalog, trainingSchema }: EnvironmentChoice): Target {
  return {
    ...target,
    ...(host === undefined ? {} : { host }),
    training_records: {
      catalog: trainingCatalog ?? target.training_records.catalog,
      schema: trainingSchema ?? target.training_records.schema,
    },
  };
}
