// Proves that other readers of CSV, Python's csv module and DuckDB, read from our feeds the cells that were written,
// each of them.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { draftFeed } from '../../src/adapters/disk/feed-files.ts';
import { readPlainCsv } from '../support/plain-csv.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const COLUMNS = ['first', 'second', 'third', 'fourth'];
const ROWS = 20_000;
const home = temporaryFolder('csv-read-back');
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const REPEAT = `Repeat it with FUZZ_SEED=${seed}`;

const hasPython = spawnSync('python3', ['--version']).status === 0;
const PYTHON = `import csv, json, sys
csv.field_size_limit(sys.maxsize)
with open(sys.argv[1], newline='', encoding='utf-8') as file:
    json.dump(list(csv.reader(file, strict=True)), sys.stdout)`;

/** All cells of a file, the header's too, as Python's csv module reads them. */
function readByPython(path: string): string[][] {
  return JSON.parse(execFileSync('python3', ['-c', PYTHON, path], { encoding: 'utf8', maxBuffer: 2 ** 29 }));
}

/** The same as DuckDB reads them. */
async function readByDuckDb(path: string, columns: number): Promise<string[][]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const names = Array.from({ length: columns }, (_, i) => `'c${i}': 'VARCHAR'`).join(', ');
    const options = `header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = {${names}}`;
    const more = `parallel = false, nullstr = '', allow_quoted_nulls = false, max_line_size = 10000000`;
    // Something in front, because DuckDB's client takes a byte-order mark off the front of every text.
    const cells = Array.from({ length: columns }, (_, i) => `'|' || c${i}`).join(', ');
    const result = await connection.runAndReadAll(`SELECT ${cells} FROM read_csv('${path}', ${options}, ${more})`);
    return (result.getRows() as string[][]).map((row) => row.map((cell) => cell.slice(1)));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const anyCell = fc.oneof(
  // No NUL: DuckDB drops it, older Pythons refuse the file, and nothing that holds one gets as far as a feed.
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
  fc
    .array(
      fc.constantFrom(
        '"',
        '""',
        ',',
        '\n',
        '\r',
        '\r\n',
        ';',
        '\t',
        ' ',
        "'",
        '\\',
        '=1+1',
        'NULL',
        '\\N',
        'é',
        '😀',
        '\uFEFF',
        '\u2028',
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join('')),
  fc.constantFrom('', '1,915,085', '2025-10-28T11:00:00Z', 'Media', 'x'.repeat(5_000)),
);

test('cells of any text come back as they were written, every one', async () => {
  const rows = fc.sample(fc.tuple(anyCell, anyCell, anyCell, anyCell), { numRuns: ROWS, seed });
  const path = join(home.path, 'feed.csv');
  const draft = await draftFeed(path, COLUMNS);
  await draft.write(rows);
  await draft.finish();
  await draft.publish();
  await draft.discard();
  expectSameCells('DuckDB', await readByDuckDb(path, COLUMNS.length), [COLUMNS, ...rows]);
  if (hasPython) expectSameCells('Python', readByPython(path), [COLUMNS, ...rows]);
});

const FEEDS = ['docs/samples/generated', 'test/fixtures/small-run/expected'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.csv'))
    .map((name) => join(folder, name)),
);

test.each(FEEDS)('%s is read alike by all of them', async (name) => {
  const path = join(ROOT, name);
  const records = readPlainCsv(execFileSync('cat', [path], { encoding: 'utf8' }))!.map(({ fields }) => fields);
  expect(records.length).toBeGreaterThan(0);
  expectSameCells('DuckDB', await readByDuckDb(path, records[0]!.length), records);
  if (hasPython) expectSameCells('Python', readByPython(path), records);
});

function expectSameCells(
  reader: string,
  found: readonly (readonly string[])[],
  written: readonly (readonly string[])[],
) {
  const differing = written.findIndex((row, i) => JSON.stringify(row) !== JSON.stringify(found[i]));
  if (differing === -1 && found.length === written.length) return;
  const [wrote, read] = [written, found].map((rows) => JSON.stringify(rows[differing]));
  throw new Error(
    `${reader} reads ${found.length} of ${written.length} rows; row ${differing}: ${wrote} as ${read}. ${REPEAT}`,
  );
}
