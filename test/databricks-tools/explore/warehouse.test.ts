// Proves that tables of Databricks are counted by the warehouse, in few statements and without their rows, and give the
// findings that the same rows give as a file.
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { failureOf } from '../../support/failure-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { startWarehouse, type Warehouse } from '../../support/warehouse/warehouse.ts';
import { exploredPaths } from './exploration.ts';

const temporary = temporaryFolder('explore-warehouse');
let warehouse: Warehouse;

const CUSTOMERS = `SELECT i AS customer_id, 'Person ' || i AS "the name", CASE WHEN i % 3 = 0 THEN 'gold' ELSE 'silver' END AS segment,
  (i % 50)::DOUBLE AS score, CASE WHEN i % 10 = 0 THEN NULL WHEN i = 7 THEN 90000.5 ELSE i * 1.5 END AS spend, DATE '2025-01-01' + i::INT AS since,
  9007199254740993 + i AS big, i % 50 >= 25 AS left_us FROM range(1, 201) t(i)`;
const ORDERS = `SELECT i AS order_id, (i * 7) % 150 + 1 AS customer_id, TIMESTAMPTZ '2025-03-01 00:00:00Z' + INTERVAL (i) HOUR AS ordered_at,
  (i % 90) + 0.25 AS amount FROM range(1, 701) t(i)`;

beforeAll(async () => {
  warehouse = await startWarehouse();
  await warehouse.load(`CREATE TABLE customers AS ${CUSTOMERS}; CREATE TABLE "odd orders" AS ${ORDERS}`);
});

afterAll(() => warehouse.close());

const login = () => ({
  host: warehouse.host,
  httpPath: warehouse.httpPath,
  catalog: warehouse.catalog,
  schema: warehouse.schema,
  token: warehouse.token,
  caFile: warehouse.caFile,
});
const table = (name: string) => `databricks:${warehouse.catalog}.${warehouse.schema}.${name}`;

test('a table gives the findings that the same rows give as a file', async () => {
  const path = join(temporary.path, 'customers.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const duck = await instance.connect();
  await duck.run(`COPY (${CUSTOMERS}) TO '${path}'`);
  duck.closeSync();
  instance.closeSync();
  const options = { label: 'left_us' };
  const ofFile = (await exploredPaths(temporary.path, [path], options)).dataset();
  const before = warehouse.statements.length;
  const ofTable = (
    await exploredPaths(temporary.path, [table('customers')], { ...options, warehouse: login() })
  ).dataset();
  expect(warehouse.statements.length - before).toBeLessThanOrEqual(12);
  expect(ofTable).toMatchObject({
    source_format: 'databricks',
    row_count: 200,
    leakage_suspects: [{ column: 'score' }],
  });
  const { source_path: _, source_format: __, columns: tableColumns, recommendations: ___, ...tableFacts } = ofTable;
  const { source_path: _a, source_format: _b, columns: fileColumns, recommendations: _c, ...fileFacts } = ofFile;
  expect(tableFacts).toEqual(fileFacts);
  for (const [name, column] of Object.entries(tableColumns)) {
    const { type_metrics: metrics, ...facts } = column;
    const { type_metrics: expected, ...expectedFacts } = fileColumns[name]!;
    expect(facts).toEqual(expectedFacts);
    // The stand-in cannot compute the skewness of numbers as large as those of `big`; Spark takes the mean off first.
    const named = (metrics: object) => Object.keys(metrics).filter((metric) => metric !== 'skewness' || name !== 'big');
    expect(named(metrics).sort()).toEqual(named(expected).sort());
    for (const [metric, value] of Object.entries(metrics)) {
      // The stand-in's skewness is corrected already, which Spark's is not; its quantiles are approximate.
      if (metric === 'skewness' || metric === 'quantiles') continue;
      const wanted = expected[metric as keyof typeof expected];
      if (typeof value === 'number' && typeof wanted === 'number') expect(value).toBeCloseTo(wanted, 6);
      else expect([metric, value]).toEqual([metric, wanted]);
    }
  }
});

test('the rows of a table stay in the warehouse', async () => {
  const before = warehouse.statements.length;
  await exploredPaths(temporary.path, [table('customers')], { warehouse: login() });
  for (const { sql } of warehouse.statements.slice(before))
    expect(sql).toMatch(/count\(|information_schema| LIMIT 100$/);
});

test('tables are joined by keys that the warehouse counts', async () => {
  const sources = [table('customers'), table('`odd orders`')];
  const { loaded } = await exploredPaths(temporary.path, sources, { warehouse: login(), label: 'left_us' });
  expect([...loaded.datasets.keys()]).toEqual(['customers', 'odd orders']);
  expect(loaded.findings.relationships).toEqual([
    expect.objectContaining({
      ...{ left_dataset: 'customers', right_dataset: 'odd orders', relationship_type: 'one_to_many' },
      ...{ left_columns: ['customer_id'], right_columns: ['customer_id'], left_coverage: 0.75, right_coverage: 1 },
    }),
  ]);
  expect(loaded.findings.event_datasets).toEqual(['odd orders']);
});

test('a table that is not there, a sample and a missing warehouse are errors', async () => {
  const missing = failureOf(exploredPaths(temporary.path, [table('nothing')], { warehouse: login() }));
  expect(await missing).toMatchObject({ code: 'USAGE', message: expect.stringContaining('there is no table') });
  const sample = failureOf(exploredPaths(temporary.path, [table('customers')], { warehouse: login(), sample: 5 }));
  expect((await sample).message).toBe('--sample is not possible with tables: the warehouse counts all rows');
  expect((await failureOf(exploredPaths(temporary.path, [table('customers')]))).code).toBe('CONFIG_INVALID');
});
