import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { BtcFakeError } from '../../../domain/errors.ts';
import type { Engine } from '../engine.ts';
import { namesOfHeaders } from './column-names.ts';
import { csvRelation } from './csv-source.ts';
import type { OpenSource } from './source.ts';

/** A row as SQLite gives it; whole numbers as bigint. */
type Row = readonly unknown[];

/** What both libraries can do. */
interface SqliteFile {
  tables(): string[];
  columns(table: string): string[];
  rows(table: string): Iterable<Row>;
  close(): void;
}

/** Enough of either library's database. */
interface Database {
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
  close(): void;
}

interface Statement {
  all(): unknown[];
  iterate(): Iterable<unknown>;
  setReadBigInts?(on: boolean): unknown;
  safeIntegers?(on: boolean): unknown;
}

const REMEDY = 'Use Node.js 22.13 or later, or install better-sqlite3: npm install better-sqlite3@12';
const FLUSH_CHARACTERS = 256 * 1024;

/** The tables of a SQLite file, each of them a source. The file is read in one transaction and never written. */
export async function openSqlite(engine: Engine, path: string, only?: string): Promise<OpenSource[]> {
  const file = await openFile(path);
  try {
    const tables = file.tables().filter((table) => only === undefined || table === only);
    if (tables.length === 0)
      throw new BtcFakeError('FILE_UNREADABLE', only === undefined ? 'it has no table' : `it has no table ${only}`, {
        place: { file: path },
        remedy: `Its tables: ${file.tables().join(', ') || 'none'}.`,
      });
    const sources: OpenSource[] = [];
    for (const [index, table] of tables.entries()) sources.push(await tableSource(engine, file, path, table, index));
    return sources;
  } finally {
    file.close();
  }
}

/** Copies a table into a CSV file of the engine's folder, row by row, where DuckDB reads it. */
async function tableSource(
  engine: Engine,
  file: SqliteFile,
  path: string,
  table: string,
  index: number,
): Promise<OpenSource> {
  const columns = namesOfHeaders(file.columns(table));
  const copy = join(engine.folder, `sqlite-${index}-${Buffer.from(path).toString('hex').slice(-20)}.csv`);
  const out = createWriteStream(copy);
  let text = `${columns.map((_, position) => `c${position}`).join(',')}\n`;
  for (const row of file.rows(table)) {
    text += `${row.map(cellOf).join(',')}\n`;
    if (text.length < FLUSH_CHARACTERS) continue;
    if (!out.write(text)) await once(out, 'drain');
    text = '';
  }
  out.end(text);
  await finished(out);
  return {
    ...{ format: 'sqlite', path, table },
    columns: columns.map((named) => ({ ...named, physical: 'text' as const, dataType: 'string' })),
    ...csvRelation(copy, columns.length, ','),
  };
}

/** Nothing for null; a lone column needs quotes, or its row would be a blank line. */
function cellOf(value: unknown, _: number, row: Row): string {
  if (value === null || value === undefined) return row.length === 1 ? '""' : '';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
  return `"${text.replaceAll('"', '""')}"`;
}

async function openFile(path: string): Promise<SqliteFile> {
  const database = await openDatabase(path);
  // One transaction: tables that are written meanwhile stay as they were when it began.
  database.exec('BEGIN');
  const names = (sql: string) => (database.prepare(sql).all() as { readonly name: string }[]).map(({ name }) => name);
  const quotedTable = (table: string) => `"${table.replaceAll('"', '""')}"`;
  return {
    tables: () =>
      names(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
      ),
    columns: (table) => names(`SELECT name FROM pragma_table_info('${table.replaceAll("'", "''")}') ORDER BY cid`),
    rows: function* (table) {
      const columns = names(`SELECT name FROM pragma_table_info('${table.replaceAll("'", "''")}') ORDER BY cid`);
      const statement = database.prepare(`SELECT * FROM ${quotedTable(table)}`);
      (statement.setReadBigInts ?? statement.safeIntegers)?.call(statement, true);
      for (const row of statement.iterate() as Iterable<Record<string, unknown>>)
        yield columns.map((name) => row[name]);
    },
    close: () => database.close(),
  };
}

/** Node's own SQLite where it has one, else better-sqlite3. @throws BtcFakeError USAGE when there is neither. */
async function openDatabase(path: string): Promise<Database> {
  const own = await libraryOf('node:sqlite');
  if (own !== undefined) return new (own.DatabaseSync as DatabaseClass)(path, { readOnly: true });
  const other = await libraryOf('better-sqlite3');
  if (other !== undefined) return new (other.default as DatabaseClass)(path, { readonly: true, fileMustExist: true });
  throw new BtcFakeError('USAGE', `${path}: this Node.js cannot read SQLite`, { remedy: REMEDY });
}

type DatabaseClass = new (path: string, options: object) => Database;

/** A library that may not be there. */
async function libraryOf(name: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return (await import(name)) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
