import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { ContentId } from '../../src/domain/ids.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import { startVendorSftpServer, type VendorSftpServer } from '../../src/sandbox/vendor-sftp-server.ts';
import type { BtcFakeResult } from './btc-fake.ts';
import { type NotebookOutcome, type SparkRunner, startSpark } from './spark-runner.ts';
import { loadRecords, type SparkWorld, sparkWorld } from './spark-world.ts';
import { startWarehouse } from './warehouse/warehouse.ts';
import { makeWorkspace, type Workspace } from './workspace.ts';

/** For 20,000 employees on a busy machine. */
const LONGEST_QUEUE_RUN_MS = 300_000;
const LOGIN = { username: 'reader', password: 'right-password' };
const CALL_PATH = '/public/api/v1/mltr/v3/run';
const CATALOGS = ['StandAloneContent_v2_2025_10_27_1_77434e.csv', 'CourseCatalog_V2_2025_9_1_1_ec83a5.csv'] as const;

/** A run that both engines make. The session's zone is Spark's alone. */
export interface EngineCase {
  /** Names the run's folders, and is what its world is made from. */
  readonly seed: number;
  readonly employees: number;
  readonly asOf: string;
  readonly timeZone: string;
  readonly sessionZone: string;
  readonly dateFormat?: string;
}

/** The files of a run by name. */
export type FilesByName = Readonly<Record<string, string>>;

/** A run of the queue, and where both tables lie as Parquet. */
export interface QueueRun {
  readonly result: BtcFakeResult;
  readonly runId: string;
  readonly files: FilesByName;
  readonly records: readonly [string, string];
}

/** What one of the engines is given besides, or instead. */
export interface EngineChoice {
  readonly world?: SparkWorld;
  readonly recommenderUrl?: string;
  /** Refuses an employees file with rows that are wrong; false unless given. */
  readonly strict?: boolean;
  /** Settings of the queue. */
  readonly env?: Readonly<Record<string, string>>;
  /** Widgets of the notebook. */
  readonly widgets?: Readonly<Record<string, string>>;
  /** Another notebook than that of the sources. */
  readonly notebook?: string;
  /** Secrets of the notebook's scope. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Both engines and the servers that they share. */
export interface TwoEngines {
  readonly workspace: Workspace;
  readonly recommender: SandboxRecommender;
  /** The secrets by which the notebook reaches the SFTP server. */
  readonly sftpSecrets: Readonly<Record<string, string>>;
  /** Runs the built command with an SFTP server, a warehouse and a recommender. */
  queue(one: EngineCase, choice?: EngineChoice): Promise<QueueRun>;
  /** Runs the notebook on the same inputs, for a run of the queue. */
  native(spark: SparkRunner, one: EngineCase, run: QueueRun, choice?: EngineChoice): Promise<NotebookOutcome>;
  /** Leaves nothing of the notebook's earlier runs in its volume but the inputs. */
  forget(one: EngineCase): Promise<void>;
  /** Where the notebook reads and writes. */
  volume(one: EngineCase): string;
  /** The notebook's drop: feeds, summary and manifest. */
  dropped(one: EngineCase): Promise<FilesByName>;
  startSpark(connect: boolean): SparkRunner;
  close(): Promise<void>;
}

/** Starts the servers that both engines need; the caller closes them. */
export async function startTwoEngines(): Promise<TwoEngines> {
  const workspace = await makeWorkspace();
  await mkdir(workspace.path('vendor'));
  const sftp = await startVendorSftpServer({ files: workspace.path('vendor'), ...LOGIN });
  const recommender = await startRecommender({ contentIds: sparkWorld(0, 0).contentIds as ContentId[] });
  const volume = (one: EngineCase) => workspace.path(`volume-${one.seed}`);
  return {
    workspace,
    recommender,
    sftpSecrets: {
      'sftp-host': '127.0.0.1',
      'sftp-port': String(sftp.port),
      'sftp-user': LOGIN.username,
      'sftp-password': LOGIN.password,
      'sftp-host-fingerprint': sftp.hostFingerprint,
      'sftp-path': '/',
    },
    volume,
    queue: (one, choice = {}) => runQueue(workspace, sftp, recommender, one, choice),
    native: (spark, one, run, choice = {}) =>
      runNotebook(spark, one, run, volume(one), { recommenderUrl: recommender.url, ...choice }),
    forget: async (one) => {
      const made = (await readdir(volume(one))).filter((name) => !['catalogs', 'input'].includes(name));
      for (const name of made) await rm(join(volume(one), name), { recursive: true });
    },
    dropped: async (one) => {
      const drops = join(volume(one), 'drops');
      const [day = ''] = await readdir(drops);
      return { ...(await filesOf(join(drops, day))), ...(await filesOf(join(drops, day, 'inputs'))) };
    },
    startSpark: (connect) => {
      const { SPARK_PYTHON = '', SPARK_JARS = '' } = process.env;
      const folder = workspace.path(connect ? 'spark-connect' : 'spark-classic');
      return startSpark({ python: SPARK_PYTHON, jars: SPARK_JARS, connect }, folder);
    },
    async close() {
      await Promise.all([recommender.close(), sftp.close()]);
      await workspace.remove();
    },
  };
}

/** What both manifests must agree in: all but the engine and where its inputs came from. */
export function comparableManifest(text: string | undefined): unknown {
  const { engine, sources, ...manifest } = JSON.parse(text ?? '{}');
  const catalogs = manifest.inputs.catalogs.map(({ from, ...catalog }: { from: string }) => catalog);
  return { ...manifest, inputs: { ...manifest.inputs, catalogs } };
}

/** The manifest among a run's files. */
export function manifestName(files: FilesByName): string {
  return Object.keys(files).find((name) => name.endsWith('.manifest.json')) ?? '';
}

async function runQueue(
  workspace: Workspace,
  sftp: VendorSftpServer,
  recommender: SandboxRecommender,
  one: EngineCase,
  {
    world = sparkWorld(one.seed, one.employees),
    recommenderUrl = recommender.url,
    strict = false,
    env = {},
  }: EngineChoice,
): Promise<QueueRun> {
  await lay(workspace, world, workspace.path(`volume-${one.seed}`));
  const records = ['assignments', 'completions'].map((table) =>
    workspace.path(`${table}-${one.seed}.parquet`),
  ) as unknown as [string, string];
  const output = workspace.path(`queue-${one.seed}`);
  const warehouse = await startWarehouse();
  try {
    await loadRecords(warehouse, world, records);
    const started = workspace.start(
      [
        'run',
        '--json',
        '--seed',
        'parity',
        '--as-of',
        one.asOf,
        '--output',
        output,
        ...(strict ? [] : ['--skip-invalid-employees']),
      ],
      {
        API_BASE_URL: recommenderUrl,
        BUSINESS_TIMEZONE: one.timeZone,
        FEED_DATE_FORMAT: one.dateFormat ?? 'yyyy_M_d',
        USER_COMPLETION_TEMPLATE_FILE: 'input/template.csv',
        SFTP_INBOUND_HOST: '127.0.0.1',
        SFTP_INBOUND_PORT: String(sftp.port),
        SFTP_INBOUND_USER: LOGIN.username,
        SFTP_INBOUND_PASSWORD: LOGIN.password,
        SFTP_INBOUND_HOST_FINGERPRINT: sftp.hostFingerprint,
        SFTP_INBOUND_REMOTE_PATH: '/',
        DATABRICKS_HOST: warehouse.host,
        DATABRICKS_HTTP_PATH: warehouse.httpPath,
        DATABRICKS_TOKEN: warehouse.token,
        DATABRICKS_CA_FILE: warehouse.caFile,
        ...env,
      },
      LONGEST_QUEUE_RUN_MS,
    );
    const result = await started.ended;
    const report = /^\s*\{/.test(result.stdout) ? result.json<RunReport>() : undefined;
    const isWritten = result.code === 0;
    return { result, runId: report?.runId ?? 'refused', files: isWritten ? await filesOf(output) : {}, records };
  } finally {
    await warehouse.close();
  }
}

function runNotebook(
  spark: SparkRunner,
  one: EngineCase,
  { runId, records }: QueueRun,
  root: string,
  { recommenderUrl, strict = false, widgets = {}, secrets, notebook }: EngineChoice,
): Promise<NotebookOutcome> {
  return spark.run({
    ...(notebook === undefined ? {} : { notebook }),
    sessionZone: one.sessionZone,
    tables: { training_tables: records },
    ...(secrets ? { secrets: { scope: secrets } } : {}),
    widgets: {
      ...(secrets ? { secret_scope: 'scope' } : {}),
      volume_root: root,
      run_id: runId,
      seed: 'parity',
      as_of: one.asOf,
      time_zone: one.timeZone,
      feed_date_format: one.dateFormat ?? 'yyyy_M_d',
      template_file: 'input/template.csv',
      training_catalog: 'retail_systems_dev',
      training_schema: 'store_enablement',
      recommender_url: `${recommenderUrl}${CALL_PATH}`,
      skip_invalid_employees: String(!strict),
      ...widgets,
    },
  });
}

/** Puts a world where both engines find it. */
async function lay(workspace: Workspace, world: SparkWorld, root: string): Promise<void> {
  await writeFile(workspace.path('input/employees.csv'), world.employees);
  await writeFile(workspace.path('input/template.csv'), '"UserId","Text"\n"1","a"\n"2","b"');
  await writeFile(workspace.path('vendor', CATALOGS[0]), world.standAlone);
  await writeFile(workspace.path('vendor', CATALOGS[1]), world.courses);
  await writeFile(workspace.path('vendor', `Copy of ${CATALOGS[0]}`), 'x');
  await rm(root, { recursive: true, force: true });
  await cp(workspace.path('vendor'), join(root, 'catalogs'), { recursive: true });
  await cp(workspace.path('input'), join(root, 'input'), { recursive: true });
}

async function filesOf(folder: string): Promise<FilesByName> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
  const texts = entries.map(async ({ name }) => [name, await readFile(join(folder, name), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(texts));
}
