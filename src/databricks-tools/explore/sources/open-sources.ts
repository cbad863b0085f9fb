import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { unreadable } from '../../../adapters/csv/rows.ts';
import { BtcFakeError, systemCode } from '../../../domain/errors.ts';
import type { Engine, RowReader } from '../engine.ts';
import { openTable, TABLE_PREFIX } from '../warehouse/open-table.ts';
import { openCsv } from './csv-source.ts';
import { openDelta } from './delta-source.ts';
import { openJsonLines } from './json-lines-source.ts';
import { openParquet } from './parquet-source.ts';
import type { OpenSource } from './source.ts';
import { openSqlite } from './sqlite-source.ts';

/** A source with the name of its dataset. */
export interface NamedSource {
  readonly name: string;
  readonly source: OpenSource;
}

/**
 * Opens what people name: CSV, Parquet, JSON lines and SQLite files, and folders of Delta tables.
 * @throws BtcFakeError FILE_UNREADABLE, USAGE when something is none of them.
 */
export async function openSources(
  engine: Engine,
  names: readonly string[],
  warehouse: RowReader | undefined,
): Promise<NamedSource[]> {
  const opened: { readonly base: string; readonly source: OpenSource }[] = [];
  for (const name of names)
    for (const source of await openNamed(engine, name, warehouse))
      opened.push({ base: baseName(source.table ?? name), source });
  const fileNames = distinctNames(opened.map(({ base }) => base));
  return opened.map(({ source }, index) => ({ name: fileNames[index]!, source }));
}

async function openNamed(engine: Engine, name: string, warehouse: RowReader | undefined): Promise<OpenSource[]> {
  if (warehouse !== undefined && isTable(name)) return [await openTable(warehouse, name)];
  return openSource(engine, name);
}

/** Whether a source is a table of a warehouse. */
export function isTable(name: string): boolean {
  return name.startsWith(TABLE_PREFIX);
}

/** A SQLite file has a source for each table; `FILE#TABLE` means one of them. */
async function openSource(engine: Engine, name: string): Promise<OpenSource[]> {
  const [, file = name, table] = /^(.*\.(?:db|sqlite|sqlite3))#(.+)$/i.exec(name) ?? [];
  const kind = await stat(file).catch((error: unknown) => {
    throw unreadable(file, systemCode(error), error);
  });
  const isDelta = kind.isDirectory() && existsSync(join(file, '_delta_log'));
  if (isDelta) return explained(file, async () => [await openDelta(engine, file)]);
  const open = kind.isFile() ? OPENERS[extname(file).toLowerCase()] : undefined;
  if (open !== undefined) return explained(file, () => open(engine, file, table));
  throw new BtcFakeError('USAGE', `${name} is no source that can be explored`, {
    remedy:
      'Name CSV (.csv, .tsv, .txt), Parquet, JSON lines (.jsonl, .ndjson, .json) or SQLite files, or Delta folders.',
  });
}

type Opener = (engine: Engine, path: string, table: string | undefined) => Promise<OpenSource[]>;
const csv: Opener = async (_, path) => [await openCsv(path)];
const json: Opener = async (engine, path) => [await openJsonLines(engine, path)];
const OPENERS: Readonly<Record<string, Opener>> = {
  ...{ '.csv': csv, '.tsv': csv, '.txt': csv, '.jsonl': json, '.ndjson': json, '.json': json },
  '.parquet': async (engine, path) => [await openParquet(engine, path)],
  ...{ '.db': openSqlite, '.sqlite': openSqlite, '.sqlite3': openSqlite },
};

/** What DuckDB says of a file as FILE_UNREADABLE. */
export async function explained<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BtcFakeError) throw error;
    const [what = ''] = String((error as Error).message).split('\n');
    throw new BtcFakeError('FILE_UNREADABLE', `it cannot be read (${what})`, {
      place: { file: path },
      remedy: 'Check that the file is whole and of the kind that its name says.',
      cause: error,
    });
  }
}

/** `orders` of `data/orders.csv`; only what every file system takes. */
function baseName(path: string): string {
  if (isTable(path)) return fileName(path.slice(TABLE_PREFIX.length).split('.').at(-1)!.replaceAll('`', ''));
  return fileName(basename(path).replace(/\.(csv|tsv|txt|parquet|jsonl|ndjson|json|db|sqlite|sqlite3)$/i, ''));
}

function fileName(base: string): string {
  return base.replace(/[\p{Cc}/\\:*?"<>|]/gu, '_').slice(0, 100) || 'dataset';
}

/**
 * Distinct names, also where case does not count: a name that is taken gets `_2`, `_3`. The order of the sources
 * decides, so the first ones keep their names when another is left out.
 */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((base) => {
    let name = base;
    for (let next = 2; taken.has(name.toLowerCase()); next += 1) name = `${base}_${next}`;
    taken.add(name.toLowerCase());
    return name;
  });
}
