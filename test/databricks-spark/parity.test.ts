// Proves that the notebook on real Spark makes, byte for byte, the files that the queue makes from the same inputs: with a real SFTP
// server, a real SQL driver and real HTTP calls on the queue's side, Delta tables and real HTTP calls on Spark's.
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { ContentId } from '../../src/domain/ids.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import { startVendorSftpServer, type VendorSftpServer } from '../../src/sandbox/vendor-sftp-server.ts';
import { FULL_SIZE } from '../support/full-size.ts';
import { type SparkRunner, startSpark } from '../support/spark-runner.ts';
import { loadRecords, type SparkWorld, sparkWorld } from '../support/spark-world.ts';
import { startWarehouse } from '../support/warehouse/warehouse.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

const { SPARK_PYTHON = '', SPARK_JARS = '' } = process.env;
const LIMIT_MS = 600_000;
const LOGIN = { username: 'reader', password: 'right-password' };
const CALL_PATH = '/public/api/v1/mltr/v3/run';
const CATALOGS = ['StandAloneContent_v2_2025_10_27_1_77434e.csv', 'CourseCatalog_V2_2025_9_1_1_ec83a5.csv'] as const;
const FRESH_SEED = Math.floor(Math.random() * 1_000_000);

/** A run of both engines. The session's zone is Spark's alone. */
interface Case {
  readonly seed: number;
  readonly employees: number;
  readonly asOf: string;
  readonly timeZone: string;
  readonly sessionZone: string;
  readonly dateFormat?: string;
}

const CASES: readonly Case[] = [
  // The first second of a week, on the day after the clocks went back.
  { seed: 1, employees: 2_000, asOf: '2025-10-26T23:01:00Z', timeZone: 'Europe/Berlin', sessionZone: 'UTC' },
  // The last second before a due date, in a zone ahead of UTC by a day and more.
  {
    seed: 2,
    employees: 500,
    asOf: '2025-10-25T00:13:59Z',
    timeZone: 'Pacific/Auckland',
    sessionZone: 'America/Los_Angeles',
    dateFormat: 'yy_MM_dd',
  },
  {
    seed: FRESH_SEED,
    employees: 500,
    asOf: '2025-10-28T11:00:00Z',
    timeZone: 'America/Los_Angeles',
    sessionZone: 'Asia/Kolkata',
  },
  ...(FULL_SIZE
    ? [{ seed: 4, employees: 20_000, asOf: '2025-10-28T11:00:00Z', timeZone: 'UTC', sessionZone: 'UTC' }]
    : []),
];

let workspace: Workspace;
let sftp: VendorSftpServer;
let recommender: SandboxRecommender;
let spark: SparkRunner;

beforeAll(async () => {
  workspace = await makeWorkspace();
  await mkdir(workspace.path('vendor'));
  sftp = await startVendorSftpServer({ files: workspace.path('vendor'), ...LOGIN });
  recommender = await startRecommender({ contentIds: sparkWorld(0, 0).contentIds as ContentId[] });
  spark = startSpark({ python: SPARK_PYTHON, jars: SPARK_JARS }, workspace.path('spark'));
}, LIMIT_MS);

afterAll(async () => {
  await spark?.close();
  await Promise.all([recommender?.close(), sftp?.close()]);
  await workspace?.remove();
});

/** Puts a world where both engines find it. */
async function lay(world: SparkWorld): Promise<void> {
  await writeFile(workspace.path('input/employees.csv'), world.employees);
  await writeFile(workspace.path('input/template.csv'), '"UserId","Text"\n"1","a"\n"2","b"');
  await writeFile(workspace.path('vendor', CATALOGS[0]), world.standAlone);
  await writeFile(workspace.path('vendor', CATALOGS[1]), world.courses);
  await writeFile(workspace.path('vendor', `Copy of ${CATALOGS[0]}`), 'x');
}

/** The files of a finished run by name. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])),
  );
}

/** What both manifests must agree in: all but the engine and where its inputs came from. */
function comparable(text: string | undefined): unknown {
  const { engine, sources, ...manifest } = JSON.parse(text ?? '{}');
  const catalogs = manifest.inputs.catalogs.map(({ from, ...catalog }: { from: string }) => catalog);
  return { ...manifest, inputs: { ...manifest.inputs, catalogs } };
}

async function queueRun(
  one: Case,
  records: readonly [string, string],
): Promise<{ runId: string; files: Record<string, string> }> {
  const world = sparkWorld(one.seed, one.employees);
  await lay(world);
  const warehouse = await startWarehouse();
  try {
    await loadRecords(warehouse, world, records);
    const output = workspace.path(`queue-${one.seed}`);
    const result = await workspace.run(
      ['run', '--json', '--seed', 'parity', '--as-of', one.asOf, '--output', output, '--skip-invalid-employees'],
      {
        API_BASE_URL: recommender.url,
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
      },
    );
    if (result.code !== 0) throw new Error(result.stderr);
    return { runId: result.json<RunReport>().runId, files: await filesOf(output) };
  } finally {
    await warehouse.close();
  }
}

describe('the native job and the queue', () => {
  test.each(CASES)(
    'make the same bytes: seed $seed, $employees employees, $timeZone',
    async (one) => {
      const records = [
        workspace.path(`assignments-${one.seed}.parquet`),
        workspace.path(`completions-${one.seed}.parquet`),
      ] as const;
      const { runId, files } = await queueRun(one, records);
      const root = workspace.path(`volume-${one.seed}`);
      await cp(workspace.path('vendor'), join(root, 'catalogs'), { recursive: true });
      await cp(workspace.path('input'), join(root, 'input'), { recursive: true });
      const run = () =>
        spark.run({
          sessionZone: one.sessionZone,
          tables: { training_tables: records },
          widgets: {
            volume_root: root,
            run_id: runId,
            seed: 'parity',
            as_of: one.asOf,
            time_zone: one.timeZone,
            feed_date_format: one.dateFormat ?? 'yyyy_M_d',
            template_file: 'input/template.csv',
            training_catalog: 'retail_systems_dev',
            training_schema: 'store_enablement',
            recommender_url: `${recommender.url}${CALL_PATH}`,
            skip_invalid_employees: 'true',
          },
        });
      expect(await run()).toMatchObject({ value: { state: 'finished' } });
      const [day = ''] = await readdir(join(root, 'drops'));
      const drop = join(root, 'drops', day);
      const native = { ...(await filesOf(drop)), ...(await filesOf(join(drop, 'inputs'))) };
      const manifest = Object.keys(files).find((name) => name.endsWith('.manifest.json')) ?? '';
      for (const [name, text] of Object.entries(files))
        if (name !== manifest) expect([name, native[name]]).toEqual([name, text]);
      expect(comparable(native[manifest])).toEqual(comparable(files[manifest]));
      // Again with the same inputs: nothing is asked twice, nothing changes, nothing is doubled.
      const calls = recommender.calls;
      expect(await run()).toMatchObject({ value: { state: 'finished' } });
      expect({ ...(await filesOf(drop)), ...(await filesOf(join(drop, 'inputs'))) }).toEqual(native);
      expect(recommender.calls).toBe(calls);
    },
    LIMIT_MS,
  );
});
