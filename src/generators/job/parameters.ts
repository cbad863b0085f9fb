import type { Target } from '../../domain/description/description.ts';

/** A parameter of the job, which its notebooks read as the widget of the same name. */
export interface JobParameter {
  readonly name: string;
  readonly about: string;
  /**
   * Its value for a target, in an export of a version of BTC Fake. Databricks replaces what stands in `{{…}}` when a
   * run starts; nothing else does.
   */
  readonly value: (target: Target, version: string) => string;
}

/** All parameters of the job, in the order of the notebook's widgets. */
export const JOB_PARAMETERS: readonly JobParameter[] = [
  { name: 'environment', about: 'dev, qa or prod', value: ({ name }) => name },
  {
    name: 'training_catalog',
    about: 'catalog of content_assignments and content_completion',
    value: ({ training_records }) => training_records.catalog,
  },
  { name: 'training_schema', about: 'schema of the same', value: ({ training_records }) => training_records.schema },
  { name: 'catalog', about: 'catalog that is written to', value: ({ catalog }) => catalog },
  { name: 'schema', about: 'schema that is written to', value: ({ schema }) => schema },
  { name: 'volume', about: 'volume with inputs and drops', value: ({ volume }) => volume },
  { name: 'run_id', about: 'id of the run', value: () => 'native-{{job.run_id}}' },
  { name: 'seed', about: 'empty: the run id', value: () => '' },
  // A repaired run keeps its start time, and so its bytes.
  { name: 'as_of', about: 'instant that is simulated', value: () => '{{job.start_time.iso_datetime}}' },
  { name: 'time_zone', about: 'business time zone', value: ({ simulation }) => simulation.time_zone },
  {
    name: 'employees_file',
    about: 'below the root of the volume, or an absolute path',
    value: ({ simulation }) => simulation.employees_file,
  },
  {
    name: 'template_file',
    about: 'UserCompletion template; empty: none',
    value: ({ simulation }) => simulation.template_file,
  },
  {
    name: 'feed_date_format',
    about: 'yyyy_M_d or yy_MM_dd',
    value: ({ simulation }) => simulation.feed_date_format,
  },
  {
    name: 'catalog_date_formats',
    about: 'date-fns patterns, separated by ;',
    value: ({ simulation }) => simulation.catalog_date_formats,
  },
  {
    name: 'catalog_max_age_days',
    about: 'an older catalog is used with a notice',
    value: ({ simulation }) => String(simulation.catalog_max_age_days),
  },
  {
    name: 'catalog_max_mb',
    about: 'largest catalog file, in megabytes',
    value: ({ simulation }) => String(simulation.catalog_max_mb),
  },
  {
    name: 'recommender_mode',
    about: 'driver, executors or table',
    value: ({ simulation }) => simulation.recommender.mode,
  },
  {
    name: 'recommender_url',
    about: 'the whole address that is called',
    value: ({ simulation }) => simulation.recommender.url,
  },
  {
    name: 'recommender_table',
    about: 'table, or path in the volume, with answers',
    value: ({ simulation }) => simulation.recommender.table,
  },
  {
    name: 'recommender_timeout',
    about: 'seconds for one call',
    value: ({ simulation }) => String(simulation.recommender.timeout_seconds),
  },
  {
    name: 'recommender_ca_file',
    about: 'PEM file of an authority to trust, in the volume; empty: the well-known ones',
    value: ({ simulation }) => simulation.recommender.ca_file,
  },
  { name: 'secret_scope', about: 'scope with credentials', value: ({ secret_scope }) => secret_scope },
  {
    name: 'output',
    about: 'root of the drops; empty: the root of the volume',
    value: ({ storage_url }) => storage_url ?? '',
  },
  {
    name: 'without_failed',
    about: 'true: write the feeds without employees whose call failed for good',
    value: ({ simulation }) => String(simulation.without_failed),
  },
  {
    name: 'skip_invalid_employees',
    about: 'true: leave out rows of employees that are wrong',
    value: () => 'false',
  },
  { name: 'software_version', about: 'of the BTC Fake that wrote the job', value: (_, version) => version },
];
