import { loadSettings } from '../../config/load.ts';
import { readLakehouseFile } from '../adapters/disk/lakehouse-file.ts';
import type { Description, Target, TargetName } from '../domain/description/description.ts';
import { withEnvironment } from '../domain/description/environment.ts';
import { BtcFakeError } from '../domain/errors.ts';

/** A description, and the target that a command works with. */
export interface DescribedTarget {
  readonly description: Description;
  readonly target: Target;
}

/**
 * Reads the description and picks the named target, else the first. For that target the environment
 * (DATABRICKS_HOST, DATABRICKS_CATALOG, DATABRICKS_SCHEMA) comes before the file.
 * @throws BtcFakeError LAKEHOUSE_INVALID, FILE_UNREADABLE, CONFIG_INVALID; USAGE when the file has no such target.
 */
export async function describedTarget(file: string, name: TargetName | undefined): Promise<DescribedTarget> {
  const { values, sources } = loadSettings();
  const described = await readLakehouseFile(file);
  const names = described.targets.map((target) => target.name);
  const wanted = name ?? names[0];
  const description = withEnvironment(described, wanted, {
    ...(values.DATABRICKS_HOST === null ? {} : { host: values.DATABRICKS_HOST }),
    ...(sources.has('DATABRICKS_CATALOG') ? { trainingCatalog: values.DATABRICKS_CATALOG } : {}),
    ...(sources.has('DATABRICKS_SCHEMA') ? { trainingSchema: values.DATABRICKS_SCHEMA } : {}),
  });
  const target = description.targets.find((one) => one.name === wanted);
  if (target !== undefined) return { description, target };
  throw new BtcFakeError('USAGE', `${file} has no target ${wanted}; it has ${names.join(', ')}`, {
    remedy: `Add it under targets in ${file}, or name another with --env.`,
  });
}
