import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { requireRecommender } from '../../../config/load.ts';
import type { Settings } from '../../../config/settings.ts';
import { draftCopy } from '../../adapters/disk/feed-files.ts';
import { makeFolder } from '../../adapters/disk/output-folder.ts';
import { packageVersion } from '../../adapters/disk/package-root.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/feeds/rows.ts';
import { recommenderUrl } from '../../domain/recommender/url.ts';
import { checkedAsOf } from '../../domain/run/as-of.ts';
import { parseRunFileName } from '../../domain/run/file-names.ts';
import { localDate } from '../../domain/simulation/business-week.ts';
import { newestCatalogs } from '../../queries/newest-catalogs.ts';
import { type LocalSpark, prepareLocalSpark } from './environment.ts';
import { runNotebook } from './notebook-process.ts';
import { fetchTrainingTables } from './training-tables.ts';

/** What a native run is told, besides settings. */
export interface NativeRunChoice {
  /** File name of the notebook without its ending. */
  readonly notebook: string;
  readonly seed: string;
  /** Epoch milliseconds. */
  readonly asOf: number;
  readonly skipInvalidEmployees: boolean;
  readonly withoutFailed: boolean;
  /** Folder with content_assignments and content_completion as CSV or Parquet. */
  readonly trainingRecords?: string;
  /** Parquet with answers instead of calls. */
  readonly recommendations?: string;
}

/** What a native run came to. */
export interface NativeRunReport {
  readonly runId: string;
  readonly state: string;
  readonly employees: number;
  readonly failedEmployees: number;
  readonly notices: readonly string[];
  /** The folder of the drop. */
  readonly drop: string;
  /** Names of the files. */
  readonly files: readonly string[];
}

/** Who is told of a run, and what stops it. */
export interface NativeRunDependencies {
  readonly logger: Logger;
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
  readonly verbose: boolean;
}

const SCOPE = 'btc-fake';
const MEGABYTE = 1_000_000;
const LARGE_BYTES = 900_000;
const TABLES = ['content_assignments', 'content_completion'];

/**
 * Simulates a week on a local Spark with the settings of the queue, and puts its files into OUTPUT_DIR. Catalogs come
 * by SFTP where that is configured, else from SFTP_LOCAL_DIR. What the run needs again lies in `.btc-fake/volume`.
 * @throws BtcFakeError CONFIG_INVALID, FILE_UNREADABLE, DATABRICKS_LOCAL, and what SFTP or the notebook meets.
 */
export async function runNatively(
  settings: Settings,
  choice: NativeRunChoice,
  { logger, say, stop, verbose }: NativeRunDependencies,
): Promise<NativeRunReport> {
  const ofRecommender = recommenderWidgets(settings, choice);
  const spark: LocalSpark = await prepareLocalSpark({ say, stop });
  const { files, run } = settings;
  const asOf = checkedAsOf(choice.asOf);
  await newestCatalogs(settings, localDate(asOf, run.timeZone), { logger, signal: stop });
  const volume = resolve('.btc-fake', 'volume');
  await makeFolder(volume);
  const tables = await trainingTables(settings, choice, volume, say);
  const value = await runNotebook(
    spark,
    {
      notebook: choice.notebook,
      tables: tables.length > 0 ? { training_tables: tables } : {},
      secrets: ofRecommender.secrets,
      widgets: {
        environment: 'local',
        volume_root: volume,
        run_id: `native-${formatInstant(Date.now()).replace(/[-:]/g, '')}-${randomBytes(3).toString('hex')}`,
        seed: choice.seed,
        as_of: formatInstant(asOf),
        time_zone: run.timeZone,
        employees_file: resolve(files.employeesFile),
        template_file: files.userCompletionTemplateFile ? resolve(files.userCompletionTemplateFile) : '',
        catalog_folder: resolve(files.downloadDir),
        feed_date_format: run.feedDateFormat,
        catalog_date_formats: files.catalogDateFormats.map(({ pattern }) => pattern).join(';'),
        catalog_max_age_days: String(files.catalogMaxAgeDays),
        training_catalog: tables.length > 0 ? (settings.databricks?.catalog ?? 'local') : '',
        training_schema: tables.length > 0 ? (settings.databricks?.schema ?? 'training_records') : '',
        ...ofRecommender.widgets,
        catalog_max_mb: String(files.catalogMaxBytes / MEGABYTE),
        skip_invalid_employees: String(choice.skipInvalidEmployees),
        without_failed: String(choice.withoutFailed),
        software_version: packageVersion(),
      },
    },
    { warehouse: join(volume, 'tables'), large: await isLarge(files.employeesFile), say, stop, verbose },
  );
  const report = value as NativeRunReport;
  await collect(report, resolve(files.outputDir));
  return report;
}

/** Whether an employees file holds 100,000 rows or more, by its size; a missing file is the notebook's error. */
async function isLarge(employeesFile: string): Promise<boolean> {
  return ((await stat(employeesFile).catch(() => undefined))?.size ?? 0) > LARGE_BYTES;
}

/** How the notebook gets recommendations: widgets, and secrets by scope. @throws BtcFakeError CONFIG_INVALID. */
function recommenderWidgets(settings: Settings, { recommendations }: NativeRunChoice) {
  if (recommendations !== undefined) {
    return { widgets: { recommender_mode: 'table', recommender_table: resolve(recommendations) }, secrets: {} };
  }
  const { baseUrl, endpoint, timeoutMs, authHeader, caFile, proxyUrl } = requireRecommender(settings);
  const secrets = {
    ...(authHeader ? { 'recommender-auth-header': `${authHeader.name}: ${authHeader.value}` } : {}),
    ...(proxyUrl === undefined ? {} : { 'recommender-proxy': proxyUrl }),
  };
  const hasSecrets = Object.keys(secrets).length > 0;
  const widgets = {
    recommender_url: recommenderUrl(baseUrl, endpoint).href,
    recommender_timeout: String(Math.ceil(timeoutMs / 1000)),
    recommender_attempts: String(settings.queues.jobAttempts),
    recommender_ca_file: caFile === undefined ? '' : resolve(caFile),
    secret_scope: hasSecrets ? SCOPE : '',
  };
  return { widgets, secrets: hasSecrets ? { [SCOPE]: secrets } : {} };
}

/** The files of the training records; none when they are not configured, which the notebook says in a notice. */
async function trainingTables(
  { databricks, files }: Settings,
  { trainingRecords, skipInvalidEmployees }: NativeRunChoice,
  volume: string,
  say: (line: string) => void,
): Promise<string[]> {
  if (trainingRecords !== undefined) return tableFiles(trainingRecords);
  if (databricks === undefined) return [];
  say(`Reading training records from ${databricks.host}`);
  return fetchTrainingTables(databricks, files.employeesFile, skipInvalidEmployees, join(volume, 'training-records'));
}

/** The two tables in a folder. @throws BtcFakeError FILE_UNREADABLE when one is missing. */
async function tableFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return TABLES.map((table) => {
    const name = names.find((one) => one === `${table}.parquet` || one === `${table}.csv`);
    if (name !== undefined) return resolve(folder, name);
    throw new BtcFakeError('FILE_UNREADABLE', `${folder}: there is no ${table}.csv and no ${table}.parquet`, {
      remedy: 'Put both tables of the training records there; docs/databricks.md says what their columns are.',
    });
  });
}

/** Copies the files of a run out of its drop, each as a whole. @throws BtcFakeError OUTPUT_UNWRITABLE. */
async function collect({ drop, files }: NativeRunReport, folder: string): Promise<void> {
  for (const name of files) {
    const inDrop = parseRunFileName(name)?.about === undefined ? join(drop, name) : join(drop, 'inputs', name);
    const draft = await draftCopy(inDrop, join(folder, name));
    try {
      await draft.finish();
      await draft.publish();
    } finally {
      await draft.discard();
    }
  }
}
