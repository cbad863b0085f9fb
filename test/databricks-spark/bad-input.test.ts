// Proves that the notebook refuses bad input as the queue does: with the same code, the same words and the same place.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SparkRunner } from '../support/spark-runner.ts';
import { type SparkWorld, sparkWorld } from '../support/spark-world.ts';
import { type EngineCase, startTwoEngines, type TwoEngines } from '../support/two-engines.ts';

const LIMIT_MS = 600_000;
const ONE: EngineCase = {
  seed: 9,
  employees: 20,
  asOf: '2025-10-28T11:00:00Z',
  timeZone: 'Europe/Berlin',
  sessionZone: 'America/Los_Angeles',
};
const GOOD = sparkWorld(ONE.seed, ONE.employees);
const TABLE_OF_TEXTS = 'ALTER TABLE content_assignments ALTER';

/** What is wrong, and what both engines must say. */
type Wrong = readonly [what: string, change: Partial<SparkWorld>, code: string, message: string];

const WRONG: readonly Wrong[] = [
  [
    'rows of employees',
    { employees: 'employee_id,employee_edu_type\n1,a\n1,b\nx,a\n' },
    'EMPLOYEES_INVALID',
    'employees.csv: 2 rows are wrong',
  ],
  [
    'a header',
    { employees: 'id,employee_edu_type\n1,a\n' },
    'EMPLOYEES_INVALID',
    'employees.csv:1: the header has no column employee_id',
  ],
  [
    'a file without employees',
    { employees: 'employee_id,employee_edu_type\n' },
    'EMPLOYEES_INVALID',
    'employees.csv: the file holds no employees',
  ],
  [
    'an open quote',
    { employees: 'employee_id,employee_edu_type\n1,a\n2,"b\n3,f\n' },
    'EMPLOYEES_INVALID',
    'employees.csv:3: a quoted field is never closed',
  ],
  [
    'semicolons',
    { employees: 'employee_id;employee_edu_type\n1;a\n' },
    'EMPLOYEES_INVALID',
    'employees.csv: it is separated by semicolons',
  ],
  [
    'a catalog without ids',
    { standAlone: 'Title\nx\n' },
    'CATALOG_INVALID',
    'StandAloneContent_v2_2025_10_27_1_77434e.csv: no id column (it has: Title)',
  ],
  [
    'text behind a quote',
    { courses: 'CourseId,Title\n1,"a" b\n' },
    'CATALOG_INVALID',
    'CourseCatalog_V2_2025_9_1_1_ec83a5.csv:2: something stands behind the closing quote',
  ],
  [
    'a catalog of which no row can be used',
    { courses: 'CourseId,Title\nto follow,x\n' },
    'CATALOG_INVALID',
    'CourseCatalog_V2_2025_9_1_1_ec83a5.csv: none of its rows can be used (1)',
  ],
  [
    'an instant in a table',
    {
      records: `${TABLE_OF_TEXTS} assignment_due_date TYPE VARCHAR; INSERT INTO content_assignments (ba_id, content_id, assignment_due_date) VALUES (700003, 1915000, 'soon');`,
    },
    'DATABRICKS_VALUE',
    'retail_systems_dev.store_enablement.content_assignments holds "soon" in assignment_due_date',
  ],
  [
    'an employee id in a table',
    {
      records: `${TABLE_OF_TEXTS} ba_id TYPE VARCHAR; INSERT INTO content_assignments (ba_id, content_id) VALUES ('7e5', 1915000);`,
    },
    'DATABRICKS_VALUE',
    'retail_systems_dev.store_enablement.content_assignments holds "7e5" in ba_id',
  ],
  [
    'a date in a table',
    {
      records: `ALTER TABLE content_completion ALTER completion_date TYPE VARCHAR; INSERT INTO content_completion VALUES (700003, 1915000, '28.10.2025');`,
    },
    'DATABRICKS_VALUE',
    'retail_systems_dev.store_enablement.content_completion holds "28.10.2025" in completion_date',
  ],
];

let engines: TwoEngines;
let spark: SparkRunner;

beforeAll(async () => {
  engines = await startTwoEngines();
  spark = engines.startSpark(true);
}, LIMIT_MS);

afterAll(async () => {
  await spark?.close();
  await engines?.close();
});

test.each(WRONG)(
  'both engines refuse %s with the same code, words and place',
  async (_what, change, code, message) => {
    const choice = { world: { ...GOOD, ...change }, strict: true };
    const run = await engines.queue(ONE, choice);
    const { error } = await engines.native(spark, ONE, run, choice);
    expect(error?.code).toBe(code);
    expect(error?.message).toContain(message);
    expect(run.result.code).toBe(1);
    const said = `${run.result.stdout}${run.result.stderr}`.replaceAll('\\"', '"');
    expect(said).toContain(code);
    expect(said).toContain(error?.message);
    // What follows of a bad file are its places; what follows of a bad table is advice.
    if (code === 'EMPLOYEES_INVALID') for (const line of error?.lines ?? []) expect(said).toContain(line);
  },
  LIMIT_MS,
);

test('the session keeps its own time zone, also after an error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'btc-fake-notebook-'));
  const notebook = join(folder, 'zone.py');
  const lines = [
    '# Databricks notebook source',
    'import json',
    'from btc_native.records import in_utc',
    'zones = []',
    'try:',
    '    with in_utc(spark):',
    '        zones.append(spark.conf.get("spark.sql.session.timeZone"))',
    '        raise ValueError',
    'except ValueError:',
    '    zones.append(spark.conf.get("spark.sql.session.timeZone"))',
    'dbutils.notebook.exit(json.dumps({"zones": zones}))',
  ];
  await writeFile(notebook, `${lines.join('\n')}\n`);
  const { value } = await spark.run({ notebook, widgets: {}, sessionZone: 'Asia/Kolkata' });
  await rm(folder, { recursive: true });
  expect(value).toEqual({ zones: ['UTC', 'Asia/Kolkata'] });
});
