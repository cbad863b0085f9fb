// F8: what becomes of a landing that is broken off, whose place takes nothing, or that meets other content: the feeds
// stay as they are, and what has landed is whole, once.
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { ContentId } from '../../src/domain/ids.ts';
import { type SandboxRecommender, startRecommender } from '../../src/sandbox/recommender-server.ts';
import { FULL_SIZE } from '../support/full-size.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

const EMPLOYEES = FULL_SIZE ? 100_000 : 2_000;
const TEST_LIMIT_MS = FULL_SIZE ? 900_000 : 120_000;
const COMMAND_LIMIT_MS = FULL_SIZE ? 300_000 : 60_000;
const END_AT = pathToFileURL(join(import.meta.dirname, '../support/end-at-milestone.mjs')).href;
const RUN = ['run', '--json', '--seed', 'landing', '--as-of', '2025-10-28T11:00:00Z'];
/** 2 feeds, 2 catalogs, employees, summary; 7 tables; the manifest. */
const LANDED_FILES = 14;

let workspace: Workspace;
let recommender: SandboxRecommender;
let root: string;
let database: DuckDBConnection;
/** A run that was made without a lakehouse. */
let report: RunReport;

beforeAll(async () => {
  recommender = await startRecommender({ contentIds: [892_001, 1_915_003, 777] as ContentId[] });
  const employees = Array.from({ length: EMPLOYEES }, (_, i) => `${500_001 + i},${'abf'.charAt(i % 3)}`);
  workspace = await makeWorkspace({ employees, recommenderUrl: recommender.url, env: { JOB_ATTEMPTS: '1' } });
  root = workspace.path('lake');
  database = await (await DuckDBInstance.create(':memory:')).connect();
  report = (await command(RUN, {})).json<RunReport>();
}, TEST_LIMIT_MS);
afterEach(() => rm(root, { recursive: true, force: true }));
afterAll(async () => {
  database?.closeSync();
  await workspace?.remove();
  await recommender?.close();
});

const command = (args: readonly string[], env: Record<string, string> = { LAKEHOUSE_URL: 'lake' }) =>
  workspace.start(args, env, COMMAND_LIMIT_MS).ended;
const land = (env: Record<string, string> = {}) =>
  command(['land', report.runId, '--json'], { LAKEHOUSE_URL: 'lake', ...env });

async function landedFiles(): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  // What a killed copy leaves is no file of the lakehouse.
  return files.filter((file) => !file.endsWith('.part'));
}

async function value(sql: string): Promise<string> {
  const [row] = (await database.runAndReadAll(sql)).getRows();
  return String(row?.[0]);
}

/** Holds that everything of a run has landed, whole, and that nothing else lies there. */
async function expectLandedOnce({ runId, files }: RunReport): Promise<void> {
  const landed = await landedFiles();
  expect(landed).toHaveLength(LANDED_FILES);
  for (const { path } of files) {
    const copy = landed.find((file) => basename(file) === basename(path)) ?? '';
    expect((await readFile(copy)).equals(await readFile(workspace.path(path)))).toBe(true);
  }
  const table = (name: string) => `read_parquet('${root}/${name}/*/${runId}.parquet', hive_partitioning = false)`;
  for (const name of ['employees', 'assignments', 'recommendations', 'completions', 'left_out']) {
    const counted = await value(`SELECT count(*) FROM ${table(name)}`);
    expect([name, counted]).toEqual([name, await value(`SELECT ${name} FROM ${table('runs')}`)]);
  }
  expect(await value(`SELECT count(DISTINCT position) FROM ${table('employees')}`)).toBe(String(EMPLOYEES));
  const feed = files.find(({ name }) => name.startsWith('ContentUserCompletion'));
  expect(await value(`SELECT count(*) FROM ${table('completions')}`)).toBe(String(feed?.rows));
}

describe('F8: a process that ends while a run lands', () => {
  // The small size has the first feed, the first table, the table before `runs`, `runs`, and the manifest.
  const files = FULL_SIZE ? Array.from({ length: LANDED_FILES }, (_, i) => i + 1) : [1, 7, 12, 13, 14];
  test.each(['ground-truth-written:1', ...files.map((file) => `file-landed:${file}`)])(
    'at %s leaves what the next landing makes whole, every file once',
    async (milestone) => {
      const killed = await land({ END_AT: milestone, NODE_OPTIONS: `--import=${END_AT}` });
      expect(killed.code).toBe('SIGKILL');
      const { code, stderr } = await land();
      expect([code, stderr]).toEqual([0, expect.anything()]);
      await expectLandedOnce(report);
    },
    TEST_LIMIT_MS,
  );
});

describe('F8: a place that takes nothing', () => {
  test(
    'fails the landing and not the files, ends a waiting run with 1, and lands when it is re-queued',
    async () => {
      await writeFile(root, 'no folder');
      const failed = await command(RUN);
      expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('LANDING_FAILED')]);
      const stuck = failed.json<RunReport>();
      expect(stuck).toMatchObject({ state: 'failed', stage: 'landing' });
      expect(stuck.files.map(({ rows }) => rows)).toEqual(report.files.map(({ rows }) => rows));
      await rm(root);
      const retried = await command(['retry', stuck.runId, '--json']);
      expect([retried.code, retried.json<RunReport>().state]).toEqual([0, 'finished']);
      await expectLandedOnce(retried.json<RunReport>());
    },
    TEST_LIMIT_MS,
  );
});

test('doctor tries a write in the folder that runs land in', async () => {
  const landing = async () => {
    const findings = (await command(['doctor', '--json'])).json<{ what: string; state: string; detail: string }[]>();
    return findings.find(({ what }) => what === 'Landing');
  };
  expect(await landing()).toMatchObject({ state: 'fine', detail: `${root} can be written` });
  await rm(root, { recursive: true });
  await writeFile(root, 'no folder');
  expect(await landing()).toMatchObject({ state: 'wrong', detail: `${root} cannot be written (EEXIST)` });
}, 60_000);

describe('F8: a run that has landed', () => {
  test(
    'lands again without a change, also beside another run, and is an error beside other content',
    async () => {
      expect((await land()).json()).toMatchObject({ created: LANDED_FILES, there: 0 });
      expect((await land()).json()).toMatchObject({ created: 0, there: LANDED_FILES });
      const other = (await command(RUN)).json<RunReport>();
      expect(other.state).toBe('finished');
      // Both use the same catalogs, which lie there once.
      expect(await landedFiles()).toHaveLength(2 * LANDED_FILES - 2);
      const ofOther = (await landedFiles()).find((file) => file.includes(`_${other.token}.manifest`)) ?? '';
      await chmod(ofOther, 0o644);
      await writeFile(ofOther, '{}');
      const refused = await command(['land', other.runId]);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('LANDING_CONFLICT')]);
      expect((await land()).code).toBe(0);
      const deleted = await command(['delete', other.runId]);
      expect([deleted.code, deleted.stderr]).toEqual([0, expect.stringContaining(`what has landed in ${root}`)]);
      expect(await landedFiles()).toHaveLength(2 * LANDED_FILES - 2);
    },
    TEST_LIMIT_MS,
  );

  test(
    'has its catalogs aside where others of their names lie in the drop, and its tables refuse a run of the same id',
    async () => {
      const drop = join(root, 'drops/2025-10-28');
      const { standAlone } = workspace.catalogNames;
      await mkdir(drop, { recursive: true });
      await writeFile(join(drop, standAlone), 'another catalog');
      expect((await land()).code).toBe(0);
      const aside = await readFile(join(drop, report.token, standAlone));
      expect(aside.equals(await readFile(workspace.path('downloaded_files', standAlone)))).toBe(true);
      expect(await readFile(join(drop, standAlone), 'utf8')).toBe('another catalog');
      const table = (await landedFiles()).find((file) => file.includes('/completions/')) ?? '';
      await writeFile(table, 'no Parquet');
      const refused = await land();
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('LANDING_CONFLICT')]);
    },
    TEST_LIMIT_MS,
  );
});

test(
  'a run keeps the place that it landed in first, and a run that never landed needs LAKEHOUSE_URL',
  async () => {
    const kept = await command(['land', report.runId, '--json'], { LAKEHOUSE_URL: 'elsewhere' });
    expect(kept.json()).toMatchObject({ root, created: LANDED_FILES });
    const never = (await command(RUN, {})).json<RunReport>();
    const refused = await command(['land', never.runId], {});
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('Set LAKEHOUSE_URL')]);
  },
  TEST_LIMIT_MS,
);
