import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireEmbeddedRedis } from '../../src/adapters/embedded-redis/embedded-redis.ts';
import type { SftpServer } from '../../src/adapters/sftp/server.ts';
import { type BtcFakeResult, type RunningBtcFake, startBtcFake } from './btc-fake.ts';
import type { Warehouse } from './warehouse/warehouse.ts';

/** A content of a catalog file: id, whether it is a Daily Dose, when it was made. */
export type CatalogRow = readonly [id: number, dailyDose: boolean, createDate: string];

/** What a command finds in its folder and its environment. What is not given is not configured. */
export interface WorkspaceOptions {
  /** Lines of `input/employees.csv` below its header (`104829,a`), or the whole text. */
  readonly employees?: readonly string[] | string;
  /** Rows of the two catalog files of 28 October 2025. Default: a few of each. */
  readonly standAlone?: readonly CatalogRow[];
  readonly courses?: readonly CatalogRow[];
  /** Where the vendor's files are put; default `downloaded_files/`, where a run without SFTP finds them. */
  readonly vendorFolder?: string;
  readonly sftpInbound?: SftpServer & { readonly remotePath: string };
  readonly recommenderUrl?: string;
  readonly warehouse?: Warehouse;
  /** None: commands start an embedded Redis in the folder. */
  readonly redisUrl?: string;
  /** The text of the UserCompletion template. */
  readonly template?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A temporary folder in which commands run. */
export interface Workspace {
  readonly folder: string;
  readonly catalogNames: { readonly standAlone: string; readonly courses: string };
  /** The environment that commands get; `env` of a call is laid over it. */
  readonly env: Readonly<Record<string, string>>;
  /** A path in the folder. */
  path(...names: string[]): string;
  /** Writes a file in the folder. */
  write(name: string, text: string): Promise<void>;
  start(args: readonly string[], env?: Readonly<Record<string, string>>, limitMs?: number): RunningBtcFake;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<BtcFakeResult>;
  /** Kills the commands that still run, stops the folder's embedded Redis, and removes the folder. */
  remove(): Promise<void>;
}

const CATALOG_NAMES = {
  standAlone: 'StandAloneContent_v2_2025_10_28_1_77434e.csv',
  courses: 'CourseCatalog_V2_2025_10_27_1_ec83a5.csv',
};
const DEFAULT_STAND_ALONE: readonly CatalogRow[] = [
  [1_915_001, true, '2025-10-01'],
  [1_915_002, true, '2025-10-02'],
  [1_915_003, false, '2025-10-03'],
  [1_915_004, false, '2025-10-04'],
  [1_915_005, false, '2025-10-05'],
];
const DEFAULT_COURSES: readonly CatalogRow[] = [
  [892_001, false, '2025-09-01'],
  [892_002, false, '2025-09-02'],
];

/** Makes a workspace; the caller removes it. */
export async function makeWorkspace(options: WorkspaceOptions = {}): Promise<Workspace> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'btc-fake-system-')));
  const path = (...names: string[]) => join(folder, ...names);
  const vendorFolder = options.vendorFolder ?? path('downloaded_files');
  await Promise.all([mkdir(path('input')), mkdir(vendorFolder, { recursive: true })]);
  await writeFile(join(vendorFolder, CATALOG_NAMES.standAlone), catalog(options.standAlone ?? DEFAULT_STAND_ALONE));
  await writeFile(join(vendorFolder, CATALOG_NAMES.courses), catalog(options.courses ?? DEFAULT_COURSES));
  const { employees = [] } = options;
  const lines =
    typeof employees === 'string' ? employees : `${['employee_id,employee_edu_type', ...employees].join('\n')}\n`;
  await writeFile(path('input', 'employees.csv'), lines);
  if (options.template !== undefined) await writeFile(path('input', 'template.csv'), options.template);
  const env = environment(options);
  const running: RunningBtcFake[] = [];
  const start: Workspace['start'] = (args, more = {}, limitMs) => {
    const limit = limitMs === undefined ? {} : { limitMs };
    const command = startBtcFake(args, { cwd: folder, env: { ...env, ...more }, ...limit });
    running.push(command);
    return command;
  };
  return {
    folder,
    catalogNames: CATALOG_NAMES,
    env,
    path,
    write: (name, text) => writeFile(path(name), text),
    start,
    run: (args, more) => start(args, more).ended,
    async remove() {
      await Promise.all(running.map((command) => command.kill()));
      // Commands that were killed cannot stop their Redis; a process that joins it and lets go last does.
      if (existsSync(path('.btc-fake', 'redis.json'))) await (await acquireEmbeddedRedis(folder)).release();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A catalog file in the vendor's style: every field quoted, ids grouped. */
export function catalog(rows: readonly CatalogRow[]): string {
  const lines = rows.map(
    ([id, dailyDose, createDate]) =>
      `"${id.toLocaleString('en-US')}","Training ${id}","${dailyDose ? 'TRUE' : 'FALSE'}","${createDate}"\n`,
  );
  return `"ContentId","Title","Daily_Dose_BA","CreateDate"\n${lines.join('')}`;
}

/** Settings of an SFTP server, for either direction. */
export function sftpEnvironment(
  prefix: 'SFTP_INBOUND' | 'SFTP_OUTBOUND',
  server: SftpServer & { readonly remotePath: string },
): Record<string, string> {
  const { host, port, username, password, privateKeyFile, hostFingerprint, remotePath } = server;
  return present({
    [`${prefix}_HOST`]: host,
    [`${prefix}_PORT`]: String(port),
    [`${prefix}_USER`]: username,
    [`${prefix}_PASSWORD`]: password,
    [`${prefix}_PRIVATE_KEY_FILE`]: privateKeyFile,
    [`${prefix}_HOST_FINGERPRINT`]: hostFingerprint,
    [`${prefix}_REMOTE_PATH`]: remotePath,
  });
}

function environment({ sftpInbound, recommenderUrl, warehouse, redisUrl, template, env }: WorkspaceOptions) {
  return {
    ...(sftpInbound ? sftpEnvironment('SFTP_INBOUND', sftpInbound) : {}),
    ...present({
      API_BASE_URL: recommenderUrl,
      REDIS_URL: redisUrl,
      USER_COMPLETION_TEMPLATE_FILE: template === undefined ? undefined : 'input/template.csv',
      DATABRICKS_HOST: warehouse?.host,
      DATABRICKS_HTTP_PATH: warehouse?.httpPath,
      DATABRICKS_TOKEN: warehouse?.token,
      DATABRICKS_CA_FILE: warehouse?.caFile,
      DATABRICKS_CATALOG: warehouse?.catalog,
      DATABRICKS_SCHEMA: warehouse?.schema,
    }),
    ...env,
  };
}

function present(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
