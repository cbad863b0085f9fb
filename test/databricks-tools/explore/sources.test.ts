// Proves that a Delta table is what its log says, whatever else lies in its folder, that Parquet keeps its types, and
// that a SQLite file gives a dataset for each table.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../support/failure-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { exploredPaths } from './exploration.ts';

const temporary = temporaryFolder('explore-sources');
let instance: DuckDBInstance;
let duck: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  duck = await instance.connect();
});

afterAll(() => {
  duck.closeSync();
  instance.closeSync();
});

const COLUMNS = [
  { name: 'id', type: 'long' },
  { name: 'sensor', type: 'string' },
  { name: 'value', type: 'double' },
  { name: 'later', type: 'decimal(10,2)' },
];

/** A table of three commits: two files written, one of them replaced; `stale` stays in the folder. */
async function deltaTable(change: (folder: string) => Promise<void> = async () => {}): Promise<string> {
  const folder = await mkdtemp(join(temporary.path, 'delta-'));
  await mkdir(join(folder, '_delta_log'));
  for (const [partition, file, from, to, later] of [
    ['007', 'stale', 0, 100, false],
    ['007', 'new', 0, 30, false],
    ['7', 'other file', 30, 50, true],
  ] as const) {
    await mkdir(join(folder, `sensor=${partition}`), { recursive: true });
    await duck.run(
      `COPY (SELECT range AS id, range / 2.0 AS value ${later ? ', 1.25::DECIMAL(10,2) AS later' : ''} FROM range(${from}, ${to}))
        TO '${join(folder, `sensor=${partition}`, `${file}.parquet`)}'`,
    );
  }
  await commit(folder, 0, [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        schemaString: JSON.stringify({ type: 'struct', fields: COLUMNS }),
        partitionColumns: ['sensor'],
        configuration: {},
      },
    },
    { add: { path: 'sensor=007/stale.parquet', partitionValues: { sensor: '007' } } },
  ]);
  await commit(folder, 1, [
    { remove: { path: 'sensor=007/stale.parquet' } },
    { add: { path: 'sensor=007/new.parquet', partitionValues: { sensor: '007' } } },
  ]);
  await commit(folder, 2, [{ add: { path: 'sensor=7/other%20file.parquet', partitionValues: { sensor: '7' } } }]);
  await change(folder);
  return folder;
}

async function commit(folder: string, version: number, actions: readonly object[]): Promise<void> {
  const path = join(folder, '_delta_log', `${String(version).padStart(20, '0')}.json`);
  await writeFile(path, actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
}

describe('a Delta table', () => {
  test('has the rows of its newest version, and partitions as text', async () => {
    const folder = await deltaTable();
    const found = (await exploredPaths(temporary.path, [folder])).dataset();
    expect(found).toMatchObject({ source_format: 'delta', row_count: 50, candidate_keys: [['id']] });
    expect(Object.keys(found.columns)).toEqual(['id', 'sensor', 'value', 'later']);
    const sensors = found.columns.sensor?.universal_metrics.most_common_values?.map(({ value }) => value);
    expect(sensors).toEqual(['007', '7']);
    expect(found.columns.later).toMatchObject({ data_type: 'decimal(10,2)', universal_metrics: { null_count: 30 } });
  });

  test('is read from its newest checkpoint, without the commits before', async () => {
    const folder = await deltaTable(async (table) => {
      const log = join(table, '_delta_log');
      const schema = JSON.stringify({ type: 'struct', fields: COLUMNS }).replaceAll("'", "''");
      const add = (path: string, sensor: string) =>
        `SELECT {'path': '${path}', 'partitionValues': MAP {'sensor': '${sensor}'}} AS add, NULL AS "metaData", NULL AS protocol`;
      await duck.run(`COPY (${add('sensor=007/new.parquet', '007')} UNION ALL ${add('sensor=7/other%20file.parquet', '7')}
        UNION ALL SELECT NULL, {'schemaString': '${schema}', 'partitionColumns': ['sensor']}, NULL
        UNION ALL SELECT NULL, NULL, {'minReaderVersion': 1})
        TO '${join(log, '00000000000000000002.checkpoint.parquet')}' (FORMAT parquet)`);
      for (const version of [0, 1]) await rm(join(log, `0000000000000000000${version}.json`));
      await commit(table, 3, [{ remove: { path: 'sensor=7/other%20file.parquet' } }]);
    });
    expect((await exploredPaths(temporary.path, [folder])).dataset().row_count).toBe(30);
  });

  test.each([
    [
      'deletion vectors',
      [{ add: { path: 'sensor=7/x.parquet', deletionVector: { storageType: 'u' } } }],
      'rows are deleted by deletion vectors',
    ],
    [
      'a feature that is not known',
      [{ protocol: { minReaderVersion: 3, readerFeatures: ['variantType'] } }],
      'it has the feature variantType',
    ],
    [
      'renamed columns',
      [{ metaData: { schemaString: '{"fields":[]}', configuration: { 'delta.columnMapping.mode': 'name' } } }],
      'its columns are renamed (column mapping by name)',
    ],
  ])('with %s is refused by its name', async (_, actions, what) => {
    const folder = await deltaTable((table) => commit(table, 3, actions));
    const error = await failureOf(exploredPaths(temporary.path, [folder]));
    expect(error).toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining(what) });
  });

  test('whose log has a gap is refused', async () => {
    const folder = await deltaTable((table) => commit(table, 4, []));
    expect((await failureOf(exploredPaths(temporary.path, [folder]))).message).toContain('its log has no version 3');
  });
});

test('Parquet keeps its types, and nested values are JSON text', async () => {
  const path = join(temporary.path, 'typed.parquet');
  await duck.run(`COPY (SELECT 5::BIGINT AS n, 1.50::DECIMAL(9,2) AS price, DATE '9999-12-31' AS d, TIMESTAMP '0001-01-01 00:00:00' AS t,
    true AS yes, [1, 2] AS list, 'NaN'::DOUBLE AS nan, '\\x00'::BLOB AS b) TO '${path}'`);
  const { columns } = (await exploredPaths(temporary.path, [path])).dataset();
  expect(Object.entries(columns).map(([name, { data_type: type }]) => `${name} ${type}`)).toEqual([
    ...[
      'n bigint',
      'price decimal(9,2)',
      'd date',
      't timestamp',
      'yes boolean',
      'list string',
      'nan double',
      'b binary',
    ],
  ]);
  expect(columns.d?.type_metrics).toMatchObject({ max: '9999-12-31' });
  expect(columns.t?.type_metrics).toMatchObject({ min: '0001-01-01T00:00:00.000Z' });
});

/** Node.js from 22.13 has SQLite; before, somebody may have installed better-sqlite3. */
async function sqlite(): Promise<((path: string, sql: string) => void) | undefined> {
  for (const name of ['node:sqlite', 'better-sqlite3']) {
    const library = (await import(name).catch(() => undefined)) as Record<string, unknown> | undefined;
    const Database = (library?.DatabaseSync ?? library?.default) as
      | (new (
          path: string,
        ) => { exec(sql: string): void; close(): void })
      | undefined;
    if (Database === undefined) continue;
    return (path, sql) => {
      const database = new Database(path);
      database.exec(sql);
      database.close();
    };
  }
  return undefined;
}

const writeSqlite = await sqlite();

(writeSqlite ? test : test.skip)(
  'a SQLite file gives a dataset for each table (needs Node.js 22.13 or better-sqlite3)',
  async () => {
    const path = join(temporary.path, 'plant.db');
    writeSqlite!(
      path,
      `CREATE TABLE readings (id INTEGER PRIMARY KEY, sensor TEXT, "the value" REAL, big INTEGER, raw BLOB);
     INSERT INTO readings VALUES (1, 'a "b"', 1.5, 9007199254740993, x'0aff'), (2, NULL, 2.5, 3, NULL), (3, '', -1, NULL, NULL);
     CREATE TABLE "odd ""name""" (x TEXT); INSERT INTO "odd ""name""" VALUES ('one'), ('two
lines');`,
    );
    const { loaded } = await exploredPaths(temporary.path, [path]);
    const [odd, readings] = [...loaded.datasets.values()];
    expect([odd?.source_table, readings?.source_table]).toEqual(['odd "name"', 'readings']);
    expect([odd?.row_count, readings?.row_count]).toEqual([2, 3]);
    expect(readings?.columns.big?.type_metrics.max).toBe('9007199254740993');
    expect(readings?.columns['the value']?.type_metrics.mean).toBe(1);
    const one = await exploredPaths(temporary.path, [`${path}#readings`]);
    expect([...one.loaded.datasets.keys()]).toEqual(['readings']);
  },
);

(writeSqlite ? test.skip : test)('without SQLite in Node.js, what to install is said', async () => {
  const path = join(temporary.path, 'plant.db');
  await writeFile(path, 'SQLite format 3\0');
  const error = await failureOf(exploredPaths(temporary.path, [path]));
  expect(error).toMatchObject({ code: 'USAGE', remedy: expect.stringContaining('npm install better-sqlite3@12') });
});
