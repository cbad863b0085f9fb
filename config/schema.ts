/**
 * Every setting of BTC Fake, once. Types, templates, documentation and checks are all derived from or held against this
 * table. Units are part of the formats; `settings.ts` turns them into what the code works with.
 */
import {
  CRON,
  HOST,
  HOST_FINGERPRINT,
  HTTP_PATH,
  HTTP_URL,
  IDENTIFIER,
  oneOf,
  PORT,
  REDIS_ADDRESS,
  SECRET,
  SWITCH,
  TEXT,
  TIME_ZONE,
  TOKEN,
  URL_PATH,
  WEBHOOK_URL,
  WORKSPACE_HOST,
  wholeNumber,
} from './formats.ts';
import { optional, type Setting, secret, withDefault } from './setting.ts';

const SECONDS = wholeNumber('a number of seconds', 1, 600);
const LONG_SECONDS = wholeNumber('a number of seconds', 1, 3600);
const PATIENCE = wholeNumber('a number of seconds', 0, 86_400);
const HOURS = wholeNumber('a number of hours', 1, 168);
const DAYS = wholeNumber('a number of days', 1, 3650);
const MANY_JOBS = wholeNumber('a number', 1, 1000);
const FEW_JOBS = wholeNumber('a number', 1, 100);
const FINGERPRINT = 'SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDU0wHE7hAPdKGuVGo';

const RECOMMENDER = {
  API_BASE_URL: optional(
    HTTP_URL,
    'https://recommender.example',
    'Address of the ML Training Recommender API. Where the end of its path repeats the start of API_ENDPOINT, the two are joined once.',
  ),
  API_ENDPOINT: withDefault(URL_PATH, '/public/api/v1/mltr/v3/run', 'Path of the recommender call.'),
  API_CLIENT: withDefault(
    oneOf('got', 'undici'),
    'got',
    'Library that calls the recommender. undici takes far less of the processor for a call, the answers are the same.',
  ),
  API_TIMEOUT: withDefault(SECONDS, '30', 'Seconds that one recommender call may take in all.'),
  API_OUTAGE_PATIENCE: withDefault(
    PATIENCE,
    '1800',
    'Seconds that workers rest while the recommender fails for everybody or refuses everybody (401, 403), before employees fail; 0: not at all.',
  ),
  API_CA_FILE: optional(
    TEXT,
    'certs/private-ca.pem',
    "File (PEM) of the private certificate authority that signed the recommender's certificate.",
  ),
};

const FILES = {
  EMPLOYEES_FILE: withDefault(TEXT, 'input/employees.csv', 'CSV file of the employees to simulate.'),
  OUTPUT_DIR: withDefault(TEXT, 'generated_files/', 'Folder for the feed files, the summary and the manifest.'),
  SFTP_LOCAL_DIR: withDefault(
    TEXT,
    'downloaded_files/',
    'Folder for downloaded catalog files; without SFTP credentials the newest files in it are used.',
  ),
  USER_COMPLETION_TEMPLATE_FILE: optional(
    TEXT,
    'input/UserCompletion_v2_template.csv',
    'File to copy to UserCompletion_v2_….csv; not set, that file is not made.',
  ),
};

const DATABRICKS = {
  DATABRICKS_HOST: optional(
    WORKSPACE_HOST,
    'adb-1234567890123456.7.workspace.example',
    'Host of the Databricks workspace; may carry a port. Not set, open assignments are not read.',
  ),
  DATABRICKS_HTTP_PATH: optional(HTTP_PATH, '/sql/1.0/warehouses/1a2b3c4d5e6f7a8b', 'HTTP path of the SQL warehouse.'),
  DATABRICKS_TOKEN: secret(
    TOKEN,
    'dapi0123456789abcdef',
    'Personal access token. Comes before a client id and secret.',
  ),
  DATABRICKS_CLIENT_ID: optional(
    TOKEN,
    '01234567-89ab-cdef-0123-456789abcdef',
    'Id of the service principal for OAuth machine-to-machine; needs DATABRICKS_CLIENT_SECRET.',
  ),
  DATABRICKS_CLIENT_SECRET: secret(TOKEN, 'dose0123456789abcdef', 'Secret of the service principal.'),
  DATABRICKS_CATALOG: withDefault(IDENTIFIER, 'retail_systems_dev', 'Catalog of the training tables.'),
  DATABRICKS_SCHEMA: withDefault(IDENTIFIER, 'store_enablement', 'Schema of the training tables.'),
  DATABRICKS_TIMEOUT: withDefault(
    LONG_SECONDS,
    '600',
    'Seconds that Databricks may take for one answer. A warehouse that has to start first takes minutes.',
  ),
  DATABRICKS_CA_FILE: optional(
    TEXT,
    'certs/private-ca.pem',
    "File (PEM) of the private certificate authority that signed the workspace's certificate.",
  ),
};

type ServerSettings<Prefix extends string> = {
  readonly [N in
    | 'HOST'
    | 'USER'
    | 'PRIVATE_KEY_FILE'
    | 'HOST_FINGERPRINT'
    | 'REMOTE_PATH' as `${Prefix}_${N}`]: Setting<string, null>;
} & { readonly [N in 'PASSWORD' | 'PRIVATE_KEY_PASSPHRASE' as `${Prefix}_${N}`]: Setting<string, null> } & {
  readonly [N in 'PORT' as `${Prefix}_${N}`]: Setting<number, string>;
};

/** The same settings for each SFTP server that BTC Fake talks to. */
function server<Prefix extends string>(prefix: Prefix, whose: string, path: string, use: string) {
  return {
    [`${prefix}_HOST`]: optional(HOST, 'sftp.vendor.example', `Host of ${whose}.`),
    [`${prefix}_PORT`]: withDefault(PORT, '22', `Port of ${whose}.`),
    [`${prefix}_USER`]: optional(TEXT, 'btc-reader', `User name on ${whose}.`),
    [`${prefix}_PASSWORD`]: secret(SECRET, 'correct horse', `Password on ${whose}; or use a private key.`),
    [`${prefix}_PRIVATE_KEY_FILE`]: optional(
      TEXT,
      '/run/secrets/sftp_key',
      `File of the private key for ${whose}. With a password as well, the server may ask for either or both.`,
    ),
    [`${prefix}_PRIVATE_KEY_PASSPHRASE`]: secret(SECRET, 'battery staple', `Passphrase of ${prefix}_PRIVATE_KEY_FILE.`),
    [`${prefix}_HOST_FINGERPRINT`]: optional(
      HOST_FINGERPRINT,
      FINGERPRINT,
      `The host key that ${whose} must show; not set, any key is accepted with a warning that names it.`,
    ),
    [`${prefix}_REMOTE_PATH`]: optional(TEXT, path, use),
  } as unknown as ServerSettings<Prefix>;
}

const INBOUND = {
  ...server('SFTP_INBOUND', "the vendor's SFTP server", '/outgoing/catalogs', 'Remote folder of the catalog files.'),
};

const PUBLISHING = {
  ...server('SFTP_OUTBOUND', 'the SFTP server to publish to', '/incoming/feeds', 'Remote folder to publish into.'),
  SFTP_PUBLISH_ENABLED: withDefault(SWITCH, 'false', "Upload the run's files to the outbound SFTP server.", 'true'),
};

const BOTH_SERVERS = {
  SFTP_TIMEOUT: withDefault(SECONDS, '30', 'Seconds without any progress after which an SFTP step is given up.'),
};

const RUN = {
  BUSINESS_TIMEZONE: withDefault(
    TIME_ZONE,
    'UTC',
    'Time zone that decides days and weeks (files are written in UTC).',
    'America/Los_Angeles',
  ),
  FEED_DATE_FORMAT: withDefault(oneOf('yyyy_M_d', 'yy_MM_dd'), 'yyyy_M_d', 'How dates stand in names of feed files.'),
  RUN_RETENTION_DAYS: withDefault(DAYS, '30', "Days after which a finished run's data expire from Redis."),
};

const QUEUES = {
  REDIS_URL: secret(
    REDIS_ADDRESS,
    'rediss://:password@redis.example:6379/0',
    'Redis to work with. Not set, an embedded one is started under .btc-fake/.',
  ),
  RUN_START_CONCURRENCY: withDefault(FEW_JOBS, '1', 'Runs that one worker process starts at the same time.'),
  CATALOG_CONCURRENCY: withDefault(FEW_JOBS, '2', 'Catalog downloads at the same time, per worker process.'),
  ASSIGNMENT_CONCURRENCY: withDefault(FEW_JOBS, '1', 'Assignment steps at the same time, per worker process.'),
  EMPLOYEE_CONCURRENCY: withDefault(MANY_JOBS, '50', 'Employees (recommender calls) at the same time, per process.'),
  EMPLOYEE_CONCURRENCY_MAX: optional(
    MANY_JOBS,
    '400',
    'Up to so many while the recommender answers as quickly as it answers EMPLOYEE_CONCURRENCY. Not set, always EMPLOYEE_CONCURRENCY.',
  ),
  ASSEMBLY_CONCURRENCY: withDefault(FEW_JOBS, '1', 'File assemblies at the same time, per worker process.'),
  PUBLISH_CONCURRENCY: withDefault(FEW_JOBS, '1', 'Publications at the same time, per worker process.'),
  JOB_ATTEMPTS: withDefault(FEW_JOBS, '5', 'How often a job is tried in all when what fails may pass.'),
  SHUTDOWN_TIMEOUT: withDefault(
    SECONDS,
    '30',
    'Seconds that jobs in hand get to finish when a worker is told to stop.',
  ),
  LOG_LEVEL: withDefault(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    'The least important messages that are still logged.',
    'debug',
  ),
};

const SCHEDULE = {
  SCHEDULE_CRON: withDefault(
    CRON,
    '0 6 * * 1',
    'When the scheduled run starts: minute, hour, day of month, month, day of week. At least once a week.',
  ),
  SCHEDULE_TIMEZONE: optional(
    TIME_ZONE,
    'America/Los_Angeles',
    'Time zone of SCHEDULE_CRON. Not set, BUSINESS_TIMEZONE counts.',
  ),
  SCHEDULE_CATCH_UP_HOURS: withDefault(
    wholeNumber('a number of hours', 0, 168),
    '24',
    'How late a missed scheduled run is still started once; 0 never does.',
  ),
  SCHEDULE_OVERLAP: withDefault(
    oneOf('start', 'skip'),
    'start',
    'What the next scheduled run does while an earlier run has not ended: start all the same, or skip its turn.',
  ),
};

const OPERATIONS = {
  DASHBOARD_HOST: withDefault(
    HOST,
    '127.0.0.1',
    'Address that the dashboard listens on. Any other than this machine alone needs DASHBOARD_USER and DASHBOARD_PASSWORD.',
    '0.0.0.0',
  ),
  DASHBOARD_PORT: withDefault(PORT, '3000', 'Port of the dashboard.'),
  DASHBOARD_USER: optional(TEXT, 'operator', 'User name that the dashboard asks for.'),
  DASHBOARD_PASSWORD: secret(SECRET, 'correct horse', 'Password that the dashboard asks for.'),
  METRICS_HOST: withDefault(HOST, '127.0.0.1', 'Address that a worker serves its health and metrics on.', '0.0.0.0'),
  METRICS_PORT: optional(PORT, '9464', 'Port of health and metrics of a worker. Not set, a worker serves none.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    HTTP_URL,
    'http://collector.example:4318',
    'OpenTelemetry collector (OTLP over HTTP) that gets traces. Not set, none are made.',
  ),
  ALERT_WEBHOOK_URL: secret(
    WEBHOOK_URL,
    'https://hooks.example/services/T000/B000',
    'Address that gets a JSON message when a run ends, waits for failed employees, fails or is overdue.',
  ),
  ALERT_OVERDUE_HOURS: withDefault(HOURS, '6', 'Hours after its start at which a run that has not ended is overdue.'),
};

const SETTINGS = {
  ...RECOMMENDER,
  ...FILES,
  ...DATABRICKS,
  ...INBOUND,
  ...PUBLISHING,
  ...BOTH_SERVERS,
  ...RUN,
  ...QUEUES,
  ...SCHEDULE,
  ...OPERATIONS,
};

/** The parts of the documentation, and the settings of each. */
const GROUPS: readonly (readonly [title: string, settings: object])[] = [
  ['Recommender', RECOMMENDER],
  ['Files', FILES],
  ['Databricks', DATABRICKS],
  ["The vendor's SFTP server", INBOUND],
  ['Publishing', PUBLISHING],
  ['Both SFTP servers', BOTH_SERVERS],
  ['The run', RUN],
  ['Queues and workers', QUEUES],
  ['Schedule', SCHEDULE],
  ['Dashboard, metrics and alerts', OPERATIONS],
];

/** The name of a setting, which is also its environment variable. */
export type SettingName = keyof typeof SETTINGS;
/** All settings by name, parsed, in the units of the schema; null is "not set". */
export type Values = {
  readonly [N in SettingName]: (typeof SETTINGS)[N] extends Setting<infer T, infer Default>
    ? T | (Default extends null ? null : never)
    : never;
};

/** The names of all settings, in the order of the documentation. */
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** The settings by what they are for: the sections of the documentation, in its order. */
export const SETTING_GROUPS: readonly { readonly title: string; readonly names: readonly SettingName[] }[] = GROUPS.map(
  ([title, settings]) => ({ title, names: Object.keys(settings) as SettingName[] }),
);

/** The convict schema: each setting with the environment variable that it is read from. */
export const SCHEMA = Object.fromEntries(
  SETTING_NAMES.map((name) => [name, { ...SETTINGS[name], env: name }]),
) as unknown as { readonly [N in SettingName]: (typeof SETTINGS)[N] & { readonly env: N } };

/** Whether a text is the name of a setting. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SCHEMA, name);
}
