import type { Description, Target } from '../../domain/description/description.ts';
import { quartzSchedule } from '../../domain/schedule/quartz.ts';
import { JOB_PARAMETERS } from './parameters.ts';
import { JOB_TASKS } from './tasks.ts';

/** What the job settings are made from, besides the description. */
export interface JobSource {
  /** Of the BTC Fake that writes the job. */
  readonly version: string;
  /** Path of a notebook, as the place where the settings are used takes it. */
  readonly notebookPath: (notebook: string) => string;
  /** Path of the wheel that clusters install; absent: notebooks import the modules that lie beside them. */
  readonly wheelPath?: string;
  /** Text of a parameter; default: its value for the target. */
  readonly parameter?: (name: string, value: string) => string;
}

const CLUSTER_KEY = 'btc_fake';
const MINUTE_SECONDS = 60;

/** Name of the job of a target in the workspace. */
export function jobName({ name }: Pick<Description, 'name'>, target: Pick<Target, 'name'>): string {
  return `${name}-${target.name}`;
}

/** The settings of the native job for one target, as the Jobs API 2.2 takes them (`CreateJob`). */
export function jobSettings(description: Description, target: Target, source: JobSource) {
  const { job, schedule, notifications } = target;
  const { version, notebookPath, wheelPath, parameter = (_, value) => value } = source;
  const onCluster = job.compute === 'cluster';
  const quartz = quartzSchedule(schedule.cron);
  // The description was checked when it was read.
  if ('refusal' in quartz) throw new Error(`${schedule.cron}: ${quartz.refusal}`);
  return {
    name: jobName(description, target),
    description: 'BTC Fake: the simulated week, natively on Databricks. Written by btc-fake databricks export.',
    tags: { product: 'btc-fake', environment: target.name as string },
    format: 'MULTI_TASK' as const,
    max_concurrent_runs: 1,
    queue: { enabled: true },
    timeout_seconds: job.timeout_minutes * MINUTE_SECONDS,
    schedule: {
      quartz_cron_expression: quartz.expression,
      timezone_id: schedule.time_zone,
      pause_status: schedule.paused ? ('PAUSED' as const) : ('UNPAUSED' as const),
    },
    parameters: JOB_PARAMETERS.map(({ name, value }) => ({ name, default: parameter(name, value(target, version)) })),
    email_notifications: {
      on_failure: [...notifications.on_failure],
      on_success: [...notifications.on_success],
      on_duration_warning_threshold_exceeded: [...notifications.on_long_run],
      no_alert_for_skipped_runs: true,
    },
    health: {
      rules: [
        {
          metric: 'RUN_DURATION_SECONDS' as const,
          op: 'GREATER_THAN' as const,
          value: job.warn_after_minutes * MINUTE_SECONDS,
        },
      ],
    },
    ...(onCluster ? { job_clusters: [{ job_cluster_key: CLUSTER_KEY, new_cluster: cluster(target) }] } : {}),
    tasks: JOB_TASKS.map(({ key, notebook, about, dependsOn }) => ({
      task_key: key,
      description: about,
      ...(dependsOn.length > 0 ? { depends_on: dependsOn.map((task_key) => ({ task_key })) } : {}),
      ...(onCluster ? { job_cluster_key: CLUSTER_KEY } : {}),
      ...(onCluster && wheelPath !== undefined ? { libraries: [{ whl: wheelPath }] } : {}),
      notebook_task: { notebook_path: notebookPath(notebook), source: 'WORKSPACE' as const },
      max_retries: job.retries,
      min_retry_interval_millis: job.retry_after_minutes * MINUTE_SECONDS * 1000,
      retry_on_timeout: false,
      timeout_seconds: job.timeout_minutes * MINUTE_SECONDS,
    })),
  };
}

function cluster({ job }: Target) {
  const { spark_version, node_type = '', workers } = job.cluster;
  const singleNode = {
    spark_conf: { 'spark.databricks.cluster.profile': 'singleNode', 'spark.master': 'local[*]' },
    custom_tags: { ResourceClass: 'SingleNode' },
  };
  return {
    spark_version,
    node_type_id: node_type,
    num_workers: workers,
    data_security_mode: 'SINGLE_USER' as const,
    ...(workers === 0 ? singleNode : {}),
  };
}
