import { workspaceSettings } from '../../../config/databricks.ts';
import { loadSettings } from '../../../config/load.ts';
import { DatabricksRest } from '../../adapters/databricks/rest.ts';
import type { TargetName } from '../../domain/description/description.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/feeds/rows.ts';
import { asOfInstant, checkedAsOf } from '../../domain/run/as-of.ts';
import { jobName } from '../../generators/job/settings.ts';
import { JOB_TASKS } from '../../generators/job/tasks.ts';
import { describedTarget } from '../described-target.ts';
import { type JobRunWatch, runJob } from './job-run.ts';
import type { JobRunReport } from './run-result.ts';

/** What a run of the deployed job is told on the command line; what is left out is as deployed. */
export interface DeployedRunChoice {
  readonly file: string;
  readonly target: TargetName | undefined;
  /** Key of the one task that is to run; the whole job without it. */
  readonly task?: string;
  readonly seed?: string;
  readonly asOf?: string;
  /** Path in the volume, or an absolute one of the workspace. */
  readonly employees?: string;
  /** Root of the drops. */
  readonly output?: string;
  /** Table, or path in the volume, with answers instead of calls. */
  readonly recommendations?: string;
  readonly skipInvalidEmployees?: boolean;
  readonly withoutFailed?: boolean;
}

/**
 * Starts the deployed job of a target and follows it.
 * @throws BtcFakeError CONFIG_INVALID without host or login, USAGE for an unknown task or target; LAKEHOUSE_INVALID,
 * FILE_UNREADABLE; and what `runJob` throws.
 */
export async function runDeployed(choice: DeployedRunChoice, watch: JobRunWatch): Promise<JobRunReport> {
  const { description, target } = await describedTarget(choice.file, choice.target);
  const { task } = choice;
  const tasks = JOB_TASKS.map(({ key }) => key);
  if (task !== undefined && !tasks.includes(task)) {
    throw new BtcFakeError('USAGE', `There is no task ${task}; there are ${tasks.join(', ')}`);
  }
  if (target.host === undefined) {
    throw new BtcFakeError('CONFIG_INVALID', `No workspace is named for the target ${target.name}`, {
      remedy: `Set host in ${choice.file}, or DATABRICKS_HOST.`,
    });
  }
  const workspace = workspaceSettings(target.host, loadSettings().values);
  if (workspace === null) {
    throw new BtcFakeError('CONFIG_INVALID', `There is no login for ${target.host}`, {
      remedy: 'Set DATABRICKS_TOKEN, or both DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET.',
    });
  }
  const { seed, asOf, employees, output, recommendations } = choice;
  const asOfMs = asOf === undefined ? undefined : checkedAsOf(asOfInstant(asOf, target.simulation.time_zone));
  const parameters = {
    ...(seed === undefined ? {} : { seed }),
    ...(asOfMs === undefined ? {} : { as_of: formatInstant(asOfMs) }),
    ...(employees === undefined ? {} : { employees_file: employees }),
    ...(output === undefined ? {} : { output }),
    ...(recommendations === undefined ? {} : { recommender_mode: 'table', recommender_table: recommendations }),
    ...(choice.skipInvalidEmployees ? { skip_invalid_employees: 'true' } : {}),
    ...(choice.withoutFailed ? { without_failed: 'true' } : {}),
  };
  const rest = await DatabricksRest.open(workspace, { stop: watch.stop });
  try {
    const job = jobName(description, target);
    return await runJob(rest, { job, parameters, ...(task === undefined ? {} : { task }) }, watch);
  } finally {
    rest.close();
  }
}
