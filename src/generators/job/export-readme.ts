import type { Description, Target } from '../../domain/description/description.ts';
import { wheelInVolume } from './bundle.ts';
import { jobName } from './settings.ts';
import { JOB_TASKS } from './tasks.ts';

/** The README of an export: how its job is deployed in three ways, and how all of it is removed. */
export function exportReadme(
  description: Description,
  target: Target,
  ending: string,
  wheel: string | undefined,
): string {
  const { catalog, schema, volume, secret_scope, workspace_folder, simulation } = target;
  const folder = `${workspace_folder}/${target.name}`;
  const job = jobName(description, target);
  const root = `/Volumes/${catalog}/${schema}/${volume}`;
  const wheelStep =
    wheel === undefined
      ? []
      : [`databricks fs cp ${wheel} dbfs:${wheelInVolume(wheel, (name) => target[name])} --overwrite`];
  const notebooks = JOB_TASKS.map(({ notebook }) => `\`${notebook}.${ending}\``).join(', ');
  return `${[
    `# ${job}: BTC Fake on Databricks`,
    '',
    'Written by `btc-fake databricks export` from `lakehouse.yaml`. Change that file and export again; edited files are not overwritten.',
    '',
    `The job runs ${notebooks}. It reads \`${root}/${simulation.employees_file}\` and the vendor's catalogs in \`${root}/catalogs/\`, and writes`,
    `drops to \`${target.storage_url ?? root}\`. The job's schedule is ${target.schedule.paused ? 'paused' : 'on'}.`,
    '',
    '## Deploy with the bundle',
    '',
    '```sh',
    `databricks bundle validate -t ${target.name}`,
    `databricks bundle deploy -t ${target.name}`,
    `databricks fs cp employees.csv dbfs:${root}/${simulation.employees_file}`,
    `databricks secrets put-secret ${secret_scope} recommender-api-key`,
    ...wheelStep,
    `databricks bundle run -t ${target.name} btc_fake`,
    '```',
    '',
    '## Deploy with the Jobs API',
    '',
    '```sh',
    `databricks workspace import-dir . ${folder} --overwrite`,
    'databricks jobs create --json @workflow.json',
    '```',
    '',
    ...(description.managed_by === 'bundle'
      ? [
          `Without the bundle, make the schema \`${catalog}.${schema}\`, the volume \`${volume}\` and the secret scope \`${secret_scope}\` first.`,
          '',
        ]
      : []),
    '## Deploy by hand',
    '',
    `Import this folder in the workspace as \`${folder}\`, make a job with a notebook task for each notebook, and copy schedule, parameters,`,
    'queue, time-outs and notifications from `workflow.json`.',
    '',
    '## Remove',
    '',
    '```sh',
    `databricks bundle destroy -t ${target.name}   # after a deployment with the bundle: job${description.managed_by === 'bundle' ? ', schema, volume with its files, secret scope' : ''}`,
    `databricks jobs list --name ${job}            # otherwise: the id for the next line`,
    'databricks jobs delete JOB_ID',
    `databricks workspace delete ${folder} --recursive`,
    '```',
  ].join('\n')}\n`;
}
