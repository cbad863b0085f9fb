// Proves that the tables beside the notebook's drop (contract section 7) hold, row by row and type by type, what the
// queue's run of the same inputs came to: its feeds, its manifest, its population, and what the recommender answers.
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { packageVersion } from '../../src/adapters/disk/package-root.ts';
import type { Manifest } from '../../src/domain/run/manifest.ts';
import { readPlainCsv } from '../support/plain-csv.ts';
import type { SparkRunner } from '../support/spark-runner.ts';
import {
  type EngineCase,
  type FilesByName,
  manifestName,
  startTwoEngines,
  type TwoEngines,
} from '../support/two-engines.ts';

const LIMIT_MS = 600_000;
const CALL_PATH = '/public/api/v1/mltr/v3/run';
const ONE: EngineCase = {
  seed: 21,
  employees: 150,
  asOf: '2025-10-28T11:00:00Z',
  timeZone: 'Europe/Berlin',
  sessionZone: 'America/Los_Angeles',
};

/** As contract section 7 has them; `run_date` comes from the path. */
const COLUMNS: Readonly<Record<string, string>> = {
  employees: 'run_id text, position id, employee_id id, employee_type text',
  manager_choices:
    'run_id text, rank id, content_id id, title text, create_date instant, assigned id, completed_this_week id, open_this_week id, already_open id, already_completed id',
  assignments:
    'run_id text, employee_id id, content_id id, request_id id, source text, create_date instant, start_date instant, due_date instant, content_type text',
  recommendations: 'run_id text, employee_id id, rank id, content_id id',
  completions: 'run_id text, employee_id id, content_id id, source text, date_started instant, date_completed instant',
  left_out: 'run_id text, employee_id id, reason text',
  runs: 'run_id text, engine text, as_of instant, seed text, business_timezone text, week_start instant, week_due instant, employees id, assignments id, recommendations id, completions id, left_out id, software_version text',
};
const TYPES: Readonly<Record<string, string>> = {
  BIGINT: 'id',
  VARCHAR: 'text',
  'TIMESTAMP WITH TIME ZONE': 'instant',
};
/** As feeds write an instant; empty for none. */
const written = (column: string) => `coalesce(strftime(${column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ'), '')`;

let engines: TwoEngines;
let spark: SparkRunner;
let database: DuckDBConnection;
let runId: string;
let queue: FilesByName;
let manifest: Manifest;

beforeAll(async () => {
  engines = await startTwoEngines();
  spark = engines.startSpark(true);
  database = await (await DuckDBInstance.create(':memory:')).connect();
  const run = await engines.queue(ONE, { env: { LAKEHOUSE_URL: 'lake' } });
  const native = await engines.native(spark, ONE, run, { widgets: { software_version: packageVersion() } });
  if (native.value === undefined) throw new Error(JSON.stringify(native.error));
  [runId, queue] = [run.runId, run.files];
  manifest = JSON.parse(queue[manifestName(queue)] ?? '') as Manifest;
}, LIMIT_MS);

afterAll(async () => {
  database?.closeSync();
  await spark?.close();
  await engines?.close();
});

/** The table's one file. */
function table(name: string): string {
  return `read_parquet('${join(engines.volume(ONE), name, 'run_date=2025-10-28', `${runId}.parquet`)}', hive_partitioning = false)`;
}

/** Rows as text, in the order of the text. */
async function rows(sql: string): Promise<string[]> {
  const found = (await database.runAndReadAll(sql)).getRows();
  return found.map((row) => row.map(String).join('|')).sort();
}

function feed(start: string): string[] {
  const name = Object.keys(queue).find((one) => one.startsWith(start)) ?? '';
  const records = readPlainCsv(queue[name] ?? '') ?? [];
  const below = records.slice(1).filter(({ fields }) => fields.length > 1);
  return below.map(({ fields }) => fields.join('|')).sort();
}

test.each(Object.entries(COLUMNS))('%s has the columns and the types of the contract', async (name, columns) => {
  const found = (await database.runAndReadAll(`DESCRIBE SELECT * FROM ${table(name)}`)).getRows();
  expect(found.map(([column, type]) => `${column} ${TYPES[String(type)] ?? type}`).join(', ')).toBe(columns);
});

test.each(Object.keys(COLUMNS))(
  '%s has the rows, the columns and the types that the queue has landed',
  async (name) => {
    const landed = `read_parquet('${engines.workspace.path('lake', name, '*', `${runId}.parquet`)}', hive_partitioning = false)`;
    const differs = name === 'runs' ? ' EXCLUDE (engine)' : '';
    const describe = async (from: string) =>
      rows(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${from})`);
    expect(await describe(landed)).toEqual(await describe(table(name)));
    const all = async (from: string) => rows(`SELECT *${differs} FROM ${from}`);
    expect(await all(landed)).toEqual(await all(table(name)));
  },
);

test('the completions are those of the feed', async () => {
  const sql = `SELECT employee_id, format('{:,}', content_id), ${written('date_started')}, ${written('date_completed')} FROM ${table('completions')}`;
  expect(await rows(sql)).toEqual(feed('ContentUserCompletion'));
  const bySource = await rows(`SELECT source, count(*) FROM ${table('completions')} GROUP BY ALL`);
  const { ai, manager } = manifest.counts.completionsBySource;
  expect(bySource).toEqual([`ai|${ai}`, `manager|${manager}`]);
});

test('the assignments that nobody completed are those of the feed', async () => {
  const sql = `SELECT a.employee_id, ${written('create_date')}, request_id, format('{:,}', a.content_id), ${written('start_date')},
    ${written('due_date')}, content_type FROM ${table('assignments')} a ANTI JOIN ${table('completions')} c USING (employee_id, content_id)`;
  expect(await rows(sql)).toEqual(feed('Non_Completed_Assignments'));
  const [open] = await rows(`SELECT count(*) FROM ${table('assignments')} WHERE source = 'databricks'`);
  expect(open).toBe(String(manifest.assignments.openAssignments));
});

test('the recommendations are what the recommender answers, in its order', async () => {
  const ids = await rows(`SELECT employee_id FROM ${table('employees')}`);
  const expected = await Promise.all(
    ids.map(async (id) => {
      const body = `{"data":{"ba_id":${id}}}`;
      const answer = await (await fetch(`${engines.recommender.url}${CALL_PATH}`, { method: 'POST', body })).json();
      const { ml_recommendations: list } = (
        answer as { response: { ml_recommendations: { recommended_content_id: number }[] } }
      ).response;
      return list.map(({ recommended_content_id: content }, i) => `${id}|${i + 1}|${content}`);
    }),
  );
  expect(await rows(`SELECT employee_id, rank, content_id FROM ${table('recommendations')}`)).toEqual(
    expected.flat().sort(),
  );
});

test("the manager's choices are those of the manifest, and the employees those of the drop", async () => {
  const reasons = ['completed-this-week', 'open-this-week', 'already-open', 'already-completed'] as const;
  const chosen = manifest.assignments.dailyDose.map(({ contentId, assigned, skipped }, i) =>
    [i + 1, contentId, assigned, ...reasons.map((reason) => skipped[reason])].join('|'),
  );
  const columns = 'rank, content_id, assigned, completed_this_week, open_this_week, already_open, already_completed';
  expect(await rows(`SELECT ${columns} FROM ${table('manager_choices')}`)).toEqual(chosen);
  const dropped = await engines.dropped(ONE);
  const population = Object.entries(dropped).find(([name]) => name.startsWith('employees_'))?.[1] ?? '';
  const lines = population.trim().split('\n').slice(1);
  const positions = lines.map((line, i) => `${i}|${line.replace(',', '|')}`).sort();
  expect(lines).toHaveLength(ONE.employees);
  expect(await rows(`SELECT position, employee_id, employee_type FROM ${table('employees')}`)).toEqual(positions);
});

test('the run is told with its counts, and nobody was left out', async () => {
  const sql = `SELECT engine, ${written('as_of')}, seed, business_timezone, ${written('week_start')}, ${written('week_due')}, employees,
    completions, left_out FROM ${table('runs')}`;
  const { week, counts } = manifest;
  const completions = counts.completionsBySource.ai + counts.completionsBySource.manager;
  const told = ['native', manifest.asOf, 'parity', ONE.timeZone, week.start, week.due, ONE.employees, completions, 0];
  expect(await rows(sql)).toEqual([told.join('|')]);
  expect(await rows(`SELECT * FROM ${table('left_out')}`)).toEqual([]);
});
