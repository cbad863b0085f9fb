import { resolve } from 'node:path';
/**
 * The settings as the code works with them: grouped by what they are for, times in milliseconds, absent when not set.
 */
import { type DatePattern, parseDatePatterns } from '../src/domain/catalog/date-pattern.ts';
import { STAGE_DEFINITIONS, type Stage } from '../src/domain/run/stages.ts';
import {
  type DatabricksLogin,
  type DatabricksSettings,
  databricks,
  databricksLogin,
  type WorkspaceSettings,
  workspaceSettings,
} from './databricks.ts';
import { present } from './present.ts';
import { proxyFor } from './proxy-choice.ts';
import { recommenderLogin } from './recommender-login.ts';
import type { Values } from './schema.ts';

/** Contract section 1, "Recommendations". */
export interface RecommenderSettings {
  readonly baseUrl: string;
  readonly endpoint: string;
  /** Says who calls; a secret. */
  readonly authHeader?: { readonly name: string; readonly value: string };
  /** What nobody may see of who calls, in every form. */
  readonly secrets?: readonly string[];
  /** The library that makes the calls. */
  readonly client: 'got' | 'undici';
  /** For one call in all. */
  readonly timeoutMs: number;
  /** How long workers pause when it fails for everybody, before employees fail. */
  readonly outagePatienceMs: number;
  readonly caFile?: string;
  /** The proxy that is on the way, with its login; absent: none. */
  readonly proxyUrl?: string;
}

/** An SFTP server with a password, a private key or both. */
export interface SftpServerSettings {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password?: string;
  readonly privateKeyFile?: string;
  readonly privateKeyPassphrase?: string;
  /** `SHA256:…`; absent, any host key is accepted. */
  readonly hostFingerprint?: string;
  /** Old SSH algorithms that are allowed besides those of today. */
  readonly legacyAlgorithms?: readonly string[];
  readonly remotePath: string;
  /** How long nothing may happen before a step is given up. */
  readonly stallMs: number;
  /** How long the transfer of one file may take in all. */
  readonly transferMs: number;
  /** How the names of these settings begin, for messages. */
  readonly settings: 'SFTP_INBOUND' | 'SFTP_OUTBOUND';
}

/** Where Redis is, and what its address cannot say. */
export interface RedisSettings {
  /** An address as `parseRedisAddress` reads it. Absent: the embedded Redis. */
  readonly url?: string;
  readonly caFile?: string;
  readonly sentinelUser?: string;
  readonly sentinelPassword?: string;
}

/** All settings, deeply read-only and frozen. */
export interface Settings {
  /** Absent when API_BASE_URL is not set; see `requireRecommender`. */
  readonly recommender?: RecommenderSettings;
  readonly files: {
    readonly employeesFile: string;
    readonly outputDir: string;
    readonly downloadDir: string;
    /** Beyond that the newest catalog file is used with a notice. */
    readonly catalogMaxAgeDays: number;
    readonly catalogMaxBytes: number;
    /** How dates in catalog files may be written, besides the ways that the contract knows. */
    readonly catalogDateFormats: readonly DatePattern[];
    readonly userCompletionTemplateFile?: string;
  };
  /** Absent when its host, HTTP path or credentials are missing: open assignments are then not read. */
  readonly databricks?: DatabricksSettings;
  /** What is set of a login, with a host or without; absent when nothing is. */
  readonly databricksLogin?: DatabricksLogin;
  /** The workspace of DATABRICKS_HOST; absent without a login. */
  readonly workspace?: WorkspaceSettings;
  /** Absent without credentials: the newest files in `files.downloadDir` are then used. */
  readonly sftpInbound?: SftpServerSettings;
  /** Present whenever `publish.enabled`. */
  readonly sftpOutbound?: SftpServerSettings;
  readonly publish: { readonly enabled: boolean };
  /** Where runs land, absolute; absent: nowhere. */
  readonly lakehouseUrl?: string;
  readonly run: {
    readonly timeZone: string;
    readonly feedDateFormat: Values['FEED_DATE_FORMAT'];
    readonly retentionMs: number;
  };
  readonly redis: RedisSettings;
  readonly queues: {
    /** Jobs at the same time in one worker process, by queue name. */
    readonly concurrency: Readonly<Record<Stage, number>>;
    /** Absent: the number of employees at the same time is fixed. */
    readonly employeeConcurrencyMax?: number;
    readonly jobAttempts: number;
    readonly shutdownTimeoutMs: number;
  };
  readonly schedule: {
    readonly cron: string;
    /** IANA name. */
    readonly timeZone: string;
    /** How late a missed slot is still started. */
    readonly catchUpMs: number;
    readonly overlap: Values['SCHEDULE_OVERLAP'];
  };
  readonly dashboard: {
    readonly host: string;
    readonly port: number;
    /** What a proxy has the dashboard's addresses begin with: `/btc-fake`, or empty. */
    readonly basePath: string;
    /** Both or none. */
    readonly login?: { readonly user: string; readonly password: string };
  };
  /** Absent: a worker serves no health and metrics. */
  readonly metrics?: { readonly host: string; readonly port: number };
  /** `proxyUrl` as above. */
  readonly telemetry: { readonly otlpEndpoint?: string; readonly proxyUrl?: string };
  readonly alerts: { readonly webhookUrl?: string; readonly proxyUrl?: string; readonly overdueMs: number };
  /** All proxies that are configured, with their logins, whether anything is reached through them or not. */
  readonly proxies: readonly string[];
  readonly log: { readonly level: Values['LOG_LEVEL'] };
}

const MEGABYTE = 1_000_000;
const SECOND_MS = 1000;
const HOUR_MS = 60 * 60 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;

function sftpServer(values: Values, side: SftpServerSettings['settings']): SftpServerSettings | null {
  const host = values[`${side}_HOST`];
  const username = values[`${side}_USER`];
  const remotePath = values[`${side}_REMOTE_PATH`];
  const password = values[`${side}_PASSWORD`];
  const privateKeyFile = values[`${side}_PRIVATE_KEY_FILE`];
  if (host === null || username === null || remotePath === null) return null;
  if (password === null && privateKeyFile === null) return null;
  return {
    host,
    port: values[`${side}_PORT`],
    username,
    remotePath,
    stallMs: values.SFTP_TIMEOUT * SECOND_MS,
    transferMs: values.SFTP_TRANSFER_TIMEOUT * SECOND_MS,
    settings: side,
    ...present({
      password,
      privateKeyFile,
      privateKeyPassphrase: values[`${side}_PRIVATE_KEY_PASSPHRASE`],
      hostFingerprint: values[`${side}_HOST_FINGERPRINT`],
      legacyAlgorithms: values[`${side}_LEGACY_ALGORITHMS`],
    }),
  };
}

function recommender(values: Values): RecommenderSettings | null {
  if (values.API_BASE_URL === null) return null;
  return {
    baseUrl: values.API_BASE_URL,
    endpoint: values.API_ENDPOINT,
    client: values.API_CLIENT,
    timeoutMs: values.API_TIMEOUT * SECOND_MS,
    outagePatienceMs: values.API_OUTAGE_PATIENCE * SECOND_MS,
    ...present({ caFile: values.API_CA_FILE, ...recommenderLogin(values) }),
    ...present({ proxyUrl: proxyFor(values.API_BASE_URL, values) }),
  };
}

function proxyForAny(address: string | null, values: Values): string | null {
  return address === null ? null : proxyFor(address, values);
}

function metrics(values: Values): NonNullable<Settings['metrics']> | null {
  return values.METRICS_PORT === null ? null : { host: values.METRICS_HOST, port: values.METRICS_PORT };
}

function dashboard(values: Values): Settings['dashboard'] {
  const { DASHBOARD_USER: user, DASHBOARD_PASSWORD: password } = values;
  const login = user === null || password === null ? null : { user, password };
  const basePath = values.DASHBOARD_BASE_PATH ?? '';
  return { host: values.DASHBOARD_HOST, port: values.DASHBOARD_PORT, basePath, ...present({ login }) };
}

function deepFreeze<T extends object>(object: T): T {
  for (const value of Object.values(object)) {
    if (typeof value === 'object' && value !== null) deepFreeze(value);
  }
  return Object.freeze(object);
}

/** Groups parsed values; the rules between them have been checked before. */
export function shapeSettings(values: Values): Settings {
  return deepFreeze({
    ...present({
      recommender: recommender(values),
      databricks: databricks(values),
      databricksLogin: databricksLogin(values),
      workspace: values.DATABRICKS_HOST === null ? null : workspaceSettings(values.DATABRICKS_HOST, values),
      sftpInbound: sftpServer(values, 'SFTP_INBOUND'),
      sftpOutbound: sftpServer(values, 'SFTP_OUTBOUND'),
      metrics: metrics(values),
    }),
    files: {
      employeesFile: values.EMPLOYEES_FILE,
      outputDir: values.OUTPUT_DIR,
      downloadDir: values.SFTP_LOCAL_DIR,
      catalogMaxAgeDays: values.CATALOG_MAX_AGE_DAYS,
      catalogMaxBytes: values.CATALOG_MAX_MB * MEGABYTE,
      catalogDateFormats: values.CATALOG_DATE_FORMATS === null ? [] : parseDatePatterns(values.CATALOG_DATE_FORMATS)!,
      ...present({ userCompletionTemplateFile: values.USER_COMPLETION_TEMPLATE_FILE }),
    },
    publish: { enabled: values.SFTP_PUBLISH_ENABLED },
    ...present({ lakehouseUrl: values.LAKEHOUSE_URL === null ? null : rootOf(values.LAKEHOUSE_URL) }),
    run: {
      timeZone: values.BUSINESS_TIMEZONE,
      feedDateFormat: values.FEED_DATE_FORMAT,
      retentionMs: values.RUN_RETENTION_DAYS * DAY_MS,
    },
    redis: present({
      url: values.REDIS_URL,
      caFile: values.REDIS_CA_FILE,
      sentinelUser: values.REDIS_SENTINEL_USER,
      sentinelPassword: values.REDIS_SENTINEL_PASSWORD,
    }),
    queues: {
      concurrency: Object.fromEntries(
        STAGE_DEFINITIONS.map(({ name, concurrency }) => [name, values[concurrency]]),
      ) as Record<Stage, number>,
      ...present({ employeeConcurrencyMax: values.EMPLOYEE_CONCURRENCY_MAX }),
      jobAttempts: values.JOB_ATTEMPTS,
      shutdownTimeoutMs: values.SHUTDOWN_TIMEOUT * SECOND_MS,
    },
    schedule: {
      cron: values.SCHEDULE_CRON,
      timeZone: values.SCHEDULE_TIMEZONE ?? values.BUSINESS_TIMEZONE,
      catchUpMs: values.SCHEDULE_CATCH_UP_HOURS * HOUR_MS,
      overlap: values.SCHEDULE_OVERLAP,
    },
    dashboard: dashboard(values),
    telemetry: present({
      otlpEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
      proxyUrl: proxyForAny(values.OTEL_EXPORTER_OTLP_ENDPOINT, values),
    }),
    alerts: {
      overdueMs: values.ALERT_OVERDUE_HOURS * HOUR_MS,
      ...present({ webhookUrl: values.ALERT_WEBHOOK_URL, proxyUrl: proxyForAny(values.ALERT_WEBHOOK_URL, values) }),
    },
    proxies: [values.HTTPS_PROXY, values.HTTP_PROXY].filter((proxy) => proxy !== null),
    log: { level: values.LOG_LEVEL },
  });
}

/** A folder is the same wherever a worker was started; an address stays as it is. */
function rootOf(url: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(url) ? url : resolve(url);
}
