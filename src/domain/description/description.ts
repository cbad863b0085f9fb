import type { Workspace } from '../workspace/workspace.ts';

/**
 * The lakehouse as `lakehouse.yaml` describes it, with the file's own names. Everything that is generated for
 * Databricks is made from it. Defaults are filled in; what is not set is absent.
 */

/** The environments that a description can have, in the order in which a change moves through them. */
export const TARGET_NAMES = ['dev', 'qa', 'prod'] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

/** Where the recommendations of a native run come from. */
export const RECOMMENDER_MODES = ['driver', 'executors', 'table'] as const;

/** When the native job runs. */
export interface JobSchedule {
  /** Five fields, as in SCHEDULE_CRON. */
  readonly cron: string;
  /** IANA name. */
  readonly time_zone: string;
  readonly paused: boolean;
}

/** Who is told by e-mail. */
export interface Notifications {
  readonly on_failure: readonly string[];
  readonly on_success: readonly string[];
  readonly on_long_run: readonly string[];
}

/** What the job runs on, and for how long. */
export interface JobCompute {
  readonly compute: 'serverless' | 'cluster';
  readonly cluster: {
    readonly spark_version: string;
    /** Must be set for a cluster: each cloud has other names. */
    readonly node_type?: string;
    readonly workers: number;
  };
  /** How often a failed task is started again. */
  readonly retries: number;
  readonly retry_after_minutes: number;
  readonly timeout_minutes: number;
  /** A run that takes longer sends the `on_long_run` e-mails. */
  readonly warn_after_minutes: number;
}

/** What the simulation is told; the file's words for the settings of `btc-fake run`. */
export interface SimulationChoice {
  readonly time_zone: string;
  /** Below the volume's root, or an absolute path. */
  readonly employees_file: string;
  /** Empty: no UserCompletion file is made. */
  readonly template_file: string;
  readonly feed_date_format: 'yyyy_M_d' | 'yy_MM_dd';
  /** date-fns patterns, separated by `;`. */
  readonly catalog_date_formats: string;
  readonly catalog_max_age_days: number;
  readonly catalog_max_mb: number;
  /** Whether the newest catalogs come by SFTP from the server in the secret scope; the notebook installs the client. */
  readonly catalogs_by_sftp: boolean;
  readonly recommender: {
    readonly mode: (typeof RECOMMENDER_MODES)[number];
    /** The whole address that is called. */
    readonly url: string;
    /** For `table`: three-level name of the table, or a path in the volume. */
    readonly table: string;
    readonly timeout_seconds: number;
    /** PEM file of an authority to trust, below the volume's root or an absolute path; empty: the well-known ones. */
    readonly ca_file: string;
  };
  readonly without_failed: boolean;
}

/** What may differ from one target to the next. */
export interface TargetSettings {
  /** Host name of the workspace, without a scheme. */
  readonly host?: string;
  /** What is written: Unity Catalog names. */
  readonly catalog: string;
  readonly schema: string;
  readonly volume: string;
  readonly secret_scope: string;
  /** Root of landed runs (contract section 7). */
  readonly storage_url?: string;
  /** Folder of the workspace that holds the notebooks. */
  readonly workspace_folder: string;
  /** What is read: the tables of contract section 1. */
  readonly training_records: { readonly catalog: string; readonly schema: string };
  readonly schedule: JobSchedule;
  readonly notifications: Notifications;
  readonly job: JobCompute;
  readonly simulation: SimulationChoice;
}

/** One target, complete: the file's settings with those of the target in their place. */
export interface Target extends TargetSettings {
  readonly name: TargetName;
}

/** A whole description. */
export interface Description {
  readonly version: 1;
  /** Name of the job and of the bundle. */
  readonly name: string;
  /** Who makes schema, volume and secret scope: the bundle, Terraform, or somebody by hand. */
  readonly managed_by: 'bundle' | 'terraform' | 'hand';
  readonly targets: readonly Target[];
  /** The workspace as code, where the file describes it. */
  readonly workspace?: Workspace;
}
