import { WORKSPACE_SCHEMA } from '../workspace/schema.ts';
import { RECOMMENDER_MODES, TARGET_NAMES } from './description.ts';
import type { SchemaNode } from './schema-node.ts';

const text = (description: string, value: string, more: Readonly<Record<string, unknown>> = {}): SchemaNode => ({
  description,
  type: 'string',
  default: value,
  format: 'plain-text',
  ...more,
});
const whole = (description: string, value: number, minimum: number, maximum: number): SchemaNode => ({
  description,
  type: 'integer',
  default: value,
  minimum,
  maximum,
});
const yes = (description: string, value: boolean): SchemaNode => ({ description, type: 'boolean', default: value });
const word = (description: string, words: readonly string[]): SchemaNode => ({
  description,
  enum: words,
  default: words[0],
});
const group = (description: string, properties: Readonly<Record<string, SchemaNode>>): SchemaNode => ({
  description,
  type: 'object',
  additionalProperties: false,
  default: {},
  properties,
});
const identifier = (description: string, value: string) => text(description, value, { format: 'identifier' });
const people = (description: string): SchemaNode => ({
  description,
  type: 'array',
  default: [],
  uniqueItems: true,
  items: { type: 'string', format: 'e-mail' },
});

/** What the file says for all targets, and what each target may say otherwise. */
const TARGET_PROPERTIES: Readonly<Record<string, SchemaNode>> = {
  host: {
    description: 'Host name of the workspace. DATABRICKS_HOST comes before it.',
    type: 'string',
    format: 'workspace-host',
    examples: ['adb-1234567890123456.7.workspace.example'],
  },
  catalog: identifier('Unity Catalog catalog that is written to.', 'training_dev'),
  schema: identifier('Schema that is written to.', 'btc_fake'),
  volume: identifier('Volume in that schema: employees, catalogs, and the drops that are written.', 'btc'),
  secret_scope: text('Secret scope with the credentials of recommender and SFTP server.', 'btc-fake', {
    format: 'scope-name',
  }),
  storage_url: {
    description: 'Where drops and ground truth go (s3://, abfss://, /Volumes/). Not set: the root of the volume.',
    type: 'string',
    format: 'plain-text',
    minLength: 1,
    examples: ['s3://training-landing/btc'],
  },
  workspace_folder: text('Folder of the workspace for the notebooks.', '/Workspace/Shared/btc-fake', {
    format: 'workspace-folder',
  }),
  training_records: group('Where content_assignments and content_completion are read.', {
    catalog: identifier('DATABRICKS_CATALOG comes before it.', 'retail_systems_dev'),
    schema: identifier('DATABRICKS_SCHEMA comes before it.', 'store_enablement'),
  }),
  schedule: group(
    'When the native job runs. The queue has a schedule of its own: only one of them should make the week.',
    {
      cron: text('Minute, hour, day of month, month, day of week, as in SCHEDULE_CRON.', '0 6 * * 1', {
        format: 'cron',
      }),
      time_zone: text('Time zone of the cron expression.', 'UTC', { format: 'time-zone' }),
      paused: yes('true: the queue makes the week, and the native job runs only when it is started.', true),
    },
  ),
  notifications: group('E-mail addresses that are told.', {
    on_failure: people('A run has failed.'),
    on_success: people('A run has succeeded.'),
    on_long_run: people('A run takes longer than job.warn_after_minutes.'),
  }),
  job: group('What the job runs on.', {
    compute: word('serverless, or cluster for a job cluster of its own.', ['serverless', 'cluster']),
    cluster: group('The job cluster; only with compute: cluster.', {
      spark_version: text('Databricks runtime.', '17.3.x-scala2.13'),
      node_type: {
        description: 'Node type of your cloud; required for a cluster.',
        type: 'string',
        format: 'plain-text',
        minLength: 1,
        examples: ['Standard_D4ds_v5'],
      },
      workers: whole('Number of workers; 0 is a single node.', 2, 0, 1000),
    }),
    retries: whole('How often a failed task is started again.', 2, 0, 10),
    retry_after_minutes: whole('Minutes between two starts.', 5, 0, 1440),
    timeout_minutes: whole('A run that takes longer is ended.', 240, 1, 10_080),
    warn_after_minutes: whole('A run that takes longer sends the on_long_run e-mails.', 60, 1, 10_080),
  }),
  simulation: group('What the simulation is told: the settings of `btc-fake run`.', {
    time_zone: text('Business time zone.', 'UTC', { format: 'time-zone' }),
    employees_file: text('Below the root of the volume, or an absolute path.', 'input/employees.csv', { minLength: 1 }),
    template_file: text('UserCompletion template, likewise. Empty: no such file is made.', ''),
    feed_date_format: word('The date in the names of feeds.', ['yyyy_M_d', 'yy_MM_dd']),
    catalog_date_formats: text('date-fns patterns that are tried first in catalogs, separated by semicolons.', '', {
      format: 'date-patterns',
    }),
    catalog_max_age_days: whole('An older catalog is used with a notice.', 45, 1, 3650),
    catalog_max_mb: whole('Largest catalog file, in megabytes.', 500, 1, 100_000),
    catalogs_by_sftp: yes(
      'The newest catalogs come by SFTP, from the server that the secret scope names; the job installs the client.',
      false,
    ),
    recommender: group('Where recommendations come from.', {
      mode: word(
        'driver: calls from the driver; executors: calls from executors that reach the recommender; table: no calls.',
        RECOMMENDER_MODES,
      ),
      url: text('The whole address that is called, for driver and executors.', '', { format: 'call-url' }),
      table: text('A table, or a path in the volume, with answers; for table.', ''),
      timeout_seconds: whole('Seconds that one call may take.', 30, 1, 600),
      ca_file: text('PEM file of an authority to trust, in the volume. Empty: the well-known ones.', ''),
    }),
    without_failed: yes('Write the feeds without employees whose call failed for good, and name them.', false),
  }),
};

/** A target says only what is different: nothing is filled in there. */
function withoutDefaults(node: SchemaNode): SchemaNode {
  const { default: _default, properties, ...rest } = node;
  if (properties === undefined) return rest;
  return { ...rest, properties: mapValues(properties, withoutDefaults) };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** JSON Schema of `lakehouse.yaml`. */
export const DESCRIPTION_SCHEMA: SchemaNode = {
  type: 'object',
  additionalProperties: false,
  required: ['version'],
  properties: {
    version: { description: 'Version of this format.', const: 1 },
    name: text('Name of the job and of the bundle.', 'btc-fake', { format: 'job-name' }),
    managed_by: word('Who makes schema, volume and secret scope: bundle, terraform, or hand.', [
      'bundle',
      'terraform',
      'hand',
    ]),
    ...TARGET_PROPERTIES,
    workspace: WORKSPACE_SCHEMA,
    targets: {
      description: 'Each environment, with what is different there: any of the settings from host to simulation.',
      type: 'object',
      additionalProperties: false,
      default: { dev: {} },
      minProperties: 1,
      properties: Object.fromEntries(
        TARGET_NAMES.map((name) => [
          name,
          {
            type: ['object', 'null'],
            additionalProperties: false,
            properties: mapValues(TARGET_PROPERTIES, withoutDefaults),
          },
        ]),
      ),
    },
  },
};
