import { Ajv, type SchemaObject } from 'ajv';
import { parse } from 'yaml';

/**
 * What Databricks would refuse in a job or a bundle, written from its documentation and sharing nothing with the code
 * that makes them. Types are held by the public SDK's `CreateJob` elsewhere.
 */

/** Where job settings are used: the Jobs API names notebooks without an ending, a bundle by the file. */
export type JobDialect = 'api' | 'bundle';

interface AnyTask {
  readonly task_key?: string;
  readonly depends_on?: unknown;
  readonly job_cluster_key?: string;
  readonly notebook_task?: { readonly notebook_path?: string };
}

interface AnyJob {
  readonly name?: string;
  readonly tasks?: readonly AnyTask[];
  readonly job_clusters?: readonly { readonly job_cluster_key?: string }[];
  readonly queue?: { readonly enabled?: unknown };
  readonly schedule?: { readonly quartz_cron_expression?: string; readonly timezone_id?: string };
  readonly parameters?: readonly { readonly name?: string; readonly default?: unknown }[];
}

/** The only texts that Databricks may replace: those that a job of ours asks for. */
const ASKED_FOR = ['{{job.run_id}}', '{{job.start_time.iso_datetime}}'];

/** Everything that is wrong with the settings of a job; `files` are the notebooks that exist, with their endings. */
export function jobProblems(job: AnyJob, dialect: JobDialect, files: readonly string[]): string[] {
  const problems: string[] = [];
  const tasks = job.tasks ?? [];
  const keys = tasks.map(({ task_key }) => task_key);
  if (tasks.length === 0) problems.push('no task');
  if (new Set(keys).size !== keys.length) problems.push('a task key twice');
  if (typeof job.queue?.enabled !== 'boolean') problems.push('queue.enabled is not said');
  const clusters = (job.job_clusters ?? []).map(({ job_cluster_key }) => job_cluster_key);
  for (const task of tasks) {
    const path = task.notebook_task?.notebook_path ?? '';
    const hasEnding = /\.(py|ipynb)$/.test(path);
    const isThere = files.some((file) => (dialect === 'api' ? path.endsWith(`/${stem(file)}`) : path === `./${file}`));
    if (hasEnding === (dialect === 'api'))
      problems.push(`notebook path ${path} ${hasEnding ? 'with' : 'without'} ending`);
    if (!isThere) problems.push(`notebook ${path} does not exist`);
    if (dialect === 'api' && !path.startsWith('/')) problems.push(`notebook path ${path} is not absolute`);
    if (task.job_cluster_key !== undefined && !clusters.includes(task.job_cluster_key))
      problems.push('no such cluster');
    for (const { task_key } of dependencies(task)) if (!keys.includes(task_key)) problems.push(`no task ${task_key}`);
  }
  if (hasCycle(tasks)) problems.push('a cycle of tasks');
  problems.push(...scheduleProblems(job.schedule), ...parameterProblems(job.parameters ?? []));
  for (const text of textsOf(job)) {
    const left = ASKED_FOR.reduce((rest, reference) => rest.replaceAll(reference, ''), text);
    if (left.includes('{{') || (dialect === 'api' && left.includes('${'))) problems.push(`evaluated: ${text}`);
  }
  return problems;
}

function stem(file: string): string {
  return file.replace(/\.(py|ipynb)$/, '');
}

function dependencies({ depends_on }: AnyTask): { task_key: string }[] {
  return Array.isArray(depends_on) ? depends_on.filter((one) => typeof one === 'object') : [];
}

function hasCycle(tasks: readonly AnyTask[]): boolean {
  const left = new Map(tasks.map((task) => [task.task_key, dependencies(task).map(({ task_key }) => task_key)]));
  for (let size = -1; size !== left.size; ) {
    size = left.size;
    for (const [key, needs] of left) if (needs.every((need) => !left.has(need))) left.delete(key);
  }
  return left.size > 0;
}

function scheduleProblems(schedule: AnyJob['schedule']): string[] {
  if (schedule === undefined) return [];
  const fields = (schedule.quartz_cron_expression ?? '').split(' ');
  const problems: string[] = [];
  if (fields.length < 6 || fields.length > 7) problems.push('a Quartz expression has six or seven fields');
  else {
    const [, , , dayOfMonth, , dayOfWeek = ''] = fields;
    if ((dayOfMonth === '?') === (dayOfWeek === '?')) problems.push('a Quartz expression has exactly one ?');
    if (/(^|[^0-9])(0|[89]|\d\d)/.test(dayOfWeek)) problems.push('Quartz counts days of the week from 1 to 7');
  }
  if (
    !Intl.supportedValuesOf('timeZone')
      .concat('UTC')
      .includes(schedule.timezone_id ?? '')
  )
    problems.push('unknown zone');
  return problems;
}

function parameterProblems(parameters: NonNullable<AnyJob['parameters']>): string[] {
  const names = parameters.map(({ name }) => name ?? '');
  const problems = names.filter((name) => !/^[\w.-]+$/.test(name)).map((name) => `parameter name ${name}`);
  if (new Set(names).size !== names.length) problems.push('a parameter twice');
  if (parameters.some(({ default: value }) => typeof value !== 'string')) problems.push('a parameter that is no text');
  return problems;
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

const text = { type: 'string' };
const names = { type: 'string', pattern: '^[A-Za-z0-9_$\\{\\}.-]+$' };
const group = (properties: Record<string, unknown>, required: readonly string[] = []): SchemaObject => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required: [...required],
});
const map = (value: unknown) => ({
  type: 'object',
  additionalProperties: value,
  propertyNames: { pattern: '^[A-Za-z0-9_-]+$' },
});
const anything = {};

const job = group({
  name: text,
  description: text,
  tags: map(text),
  format: { enum: ['MULTI_TASK', 'SINGLE_TASK'] },
  max_concurrent_runs: { type: 'integer', minimum: 0 },
  queue: group({ enabled: { type: 'boolean' } }, ['enabled']),
  timeout_seconds: { type: 'integer', minimum: 0 },
  schedule: group({ quartz_cron_expression: text, timezone_id: text, pause_status: { enum: ['PAUSED', 'UNPAUSED'] } }, [
    'quartz_cron_expression',
    'timezone_id',
  ]),
  parameters: { type: 'array', items: group({ name: text, default: text }, ['name', 'default']) },
  email_notifications: anything,
  health: anything,
  job_clusters: {
    type: 'array',
    items: group({ job_cluster_key: text, new_cluster: anything }, ['job_cluster_key', 'new_cluster']),
  },
  tasks: {
    type: 'array',
    items: group(
      {
        task_key: text,
        description: text,
        depends_on: { type: 'array', items: group({ task_key: text, outcome: text }, ['task_key']) },
        job_cluster_key: text,
        libraries: { type: 'array', items: group({ whl: text }) },
        notebook_task: group({ notebook_path: text, source: { enum: ['WORKSPACE', 'GIT'] } }, ['notebook_path']),
        max_retries: { type: 'integer', minimum: -1 },
        min_retry_interval_millis: { type: 'integer', minimum: 0 },
        retry_on_timeout: { type: 'boolean' },
        timeout_seconds: { type: 'integer', minimum: 0 },
      },
      ['task_key'],
    ),
  },
});

const BUNDLE = group(
  {
    bundle: group({ name: names }, ['name']),
    variables: map(group({ description: text, type: { const: 'complex' }, default: anything })),
    resources: group({
      jobs: map(job),
      schemas: map(group({ catalog_name: names, name: names, comment: text }, ['catalog_name', 'name'])),
      volumes: map(
        group(
          {
            catalog_name: names,
            schema_name: names,
            name: names,
            volume_type: { enum: ['MANAGED', 'EXTERNAL'] },
            comment: text,
          },
          ['catalog_name', 'schema_name', 'name', 'volume_type'],
        ),
      ),
      secret_scopes: map(group({ name: names }, ['name'])),
    }),
    targets: map(
      group({
        mode: { enum: ['development', 'production'] },
        default: { type: 'boolean' },
        workspace: group({
          host: { type: 'string', pattern: '^https://[^/]+$' },
          root_path: { type: 'string', pattern: '^/Workspace/' },
        }),
        variables: map(anything),
        resources: group({ jobs: map(job) }),
      }),
    ),
  },
  ['bundle', 'targets'],
);

const validate = new Ajv({ allErrors: true }).compile(BUNDLE);

/** Everything that is wrong with a `databricks.yml`: its form, its references, and the job of each of its targets. */
export function bundleProblems(yaml: string, files: readonly string[]): string[] {
  const bundle = parse(yaml) as Record<string, never>;
  if (!validate(bundle))
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  const { targets } = bundle as unknown as { targets: Record<string, { default?: boolean }> };
  const problems =
    Object.values(targets).filter((target) => target.default).length === 1 ? [] : ['not one default target'];
  for (const name of Object.keys(targets)) {
    const deployed = deployedJob(yaml, name);
    problems.push(
      ...textsOf(deployed)
        .flatMap((one) => [...one.matchAll(/\$\{([^}]*)\}/g)])
        .map(([, path]) => `unresolved ${path}`),
    );
    problems.push(...jobProblems(deployed, 'bundle', files).map((problem) => `${name}: ${problem}`));
  }
  return problems;
}

/** The job of a target with its variables, and its own settings merged over those for all targets. */
export function deployedJob(yaml: string, targetName: string): AnyJob {
  const bundle = parse(yaml) as {
    bundle: { name: string };
    variables: Record<string, { default?: unknown }>;
    resources: Record<string, Record<string, Record<string, unknown>>>;
    targets: Record<string, { variables?: Record<string, unknown>; resources?: { jobs?: Record<string, object> } }>;
  };
  const target = bundle.targets[targetName] ?? {};
  const look = (path: string): unknown => {
    if (path === 'bundle.target') return targetName;
    const [head, ...keys] = path.split('.');
    if (head === 'var') return target.variables?.[keys[0] ?? ''] ?? bundle.variables[keys[0] ?? '']?.default;
    return head === 'resources'
      ? keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], bundle.resources)
      : undefined;
  };
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one)]));
    if (typeof value !== 'string') return value;
    const whole = /^\$\{([^}]*)\}$/.exec(value)?.[1];
    const found = whole === undefined ? undefined : look(whole);
    if (found !== undefined) return fill(found);
    return value.replace(/\$\{([^}]*)\}/g, (reference, path: string) => {
      const part = look(path);
      return part === undefined ? reference : String(fill(part));
    });
  };
  const [key = ''] = Object.keys(bundle.resources.jobs ?? {});
  return fill({ ...bundle.resources.jobs?.[key], ...target.resources?.jobs?.[key] }) as AnyJob;
}
