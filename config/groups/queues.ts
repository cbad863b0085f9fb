import { oneOf, REDIS_ADDRESS, SECRET, TEXT, wholeNumber } from '../formats.ts';
import { optional, secret, withDefault } from '../setting.ts';

const SECONDS = wholeNumber('a number of seconds', 1, 600);
const MANY_JOBS = wholeNumber('a number', 1, 1000);
const FEW_JOBS = wholeNumber('a number', 1, 100);

/** Redis, and how much a worker does at the same time. */
export const QUEUES = {
  REDIS_URL: secret(
    REDIS_ADDRESS,
    'rediss://:password@redis.example:6379/0',
    'Redis to work with. Not set, an embedded one is started under .btc-fake/.',
  ),
  REDIS_CA_FILE: optional(
    TEXT,
    'certs/private-ca.pem',
    "File (PEM) of the private certificate authority that signed Redis' certificate.",
  ),
  REDIS_SENTINEL_USER: optional(TEXT, 'sentinel', "The sentinels' own user, where they ask for one."),
  REDIS_SENTINEL_PASSWORD: secret(SECRET, 'sentinel-password', "The sentinels' own password."),
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
  LANDING_CONCURRENCY: withDefault(FEW_JOBS, '1', 'Runs that land at the same time, per worker process.'),
  JOB_ATTEMPTS: withDefault(FEW_JOBS, '5', 'How often a job is tried in all when what fails may pass.'),
  SHUTDOWN_TIMEOUT: withDefault(
    SECONDS,
    '30',
    'Seconds that jobs in progress get to finish when a worker is told to stop.',
  ),
  LOG_LEVEL: withDefault(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    'The least important messages that are still logged.',
    'debug',
  ),
};
