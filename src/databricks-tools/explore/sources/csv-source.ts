import { open } from 'node:fs/promises';
import { unreadable } from '../../../adapters/csv/rows.ts';
import { BtcFakeError, systemCode } from '../../../domain/errors.ts';
import { type Engine, literal, numberOf } from '../engine.ts';
import { namesOfHeaders } from './column-names.ts';
import { type OpenSource, viewColumn } from './source.ts';

const DELIMITERS = [',', ';', '\t', '|'];
/** A header is shorter. */
const MOST_HEADER_BYTES = 1024 * 1024;

/**
 * A CSV file in UTF-8 whose first record is its header. The separator is comma, semicolon, tab or bar, whichever the
 * header has most often. Every value is read as text; records that do not fit the header are counted, not read.
 * @throws BtcFakeError FILE_UNREADABLE.
 */
export async function openCsv(path: string): Promise<OpenSource> {
  const header = await headerOf(path);
  const columns = namesOfHeaders(header.fields).map((named) => ({
    ...named,
    physical: 'text' as const,
    dataType: 'string',
  }));
  return { format: 'csv', path, columns, ...csvRelation(path, columns.length, header.delimiter) };
}

/** How DuckDB reads a CSV file of so many columns. */
export function csvRelation(
  path: string,
  columns: number,
  delimiter: string,
): Pick<OpenSource, 'relation' | 'unreadable'> {
  const types = Array.from({ length: columns }, (_, position) => `${viewColumn(position)}: 'VARCHAR'`);
  const options = [
    `delim=${literal(delimiter)}`,
    `quote='"', escape='"', header=true, auto_detect=false, store_rejects=true, rejects_limit=0`,
    `columns={${types.join(', ')}}`,
  ];
  return {
    relation: `read_csv(${literal(path)}, ${options.join(', ')})`,
    unreadable: unreadableRecords,
  };
}

/** Counts what the last scan left out. */
async function unreadableRecords(engine: Engine): Promise<number> {
  const [row] = await engine.rows(
    'SELECT count(DISTINCT line) AS lines FROM reject_errors WHERE scan_id = (SELECT max(scan_id) FROM reject_scans)',
  );
  return numberOf(row?.lines);
}

async function headerOf(path: string): Promise<{ readonly fields: string[]; readonly delimiter: string }> {
  const text = await beginningOf(path);
  if (text.trim() === '')
    throw new BtcFakeError('FILE_UNREADABLE', 'it is empty: a CSV file begins with a header', {
      place: { file: path },
      remedy: 'Leave the file out, or write its header.',
    });
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, fields: firstRecord(text, delimiter) }));
  return counts.reduce((best, next) => (next.fields.length > best.fields.length ? next : best));
}

async function beginningOf(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_HEADER_BYTES), 0, MOST_HEADER_BYTES, 0);
      return buffer.toString('utf8', 0, bytesRead).replace(/^\uFEFF/, '');
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, systemCode(error), error);
  }
}

/** The fields of the first record, which may hold quoted line breaks. */
function firstRecord(text: string, delimiter: string): string[] {
  const fields: string[] = [];
  let field = '';
  let inQuotes = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (inQuotes) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else inQuotes = false;
    } else if (character === '"' && field === '') inQuotes = true;
    else if (character === delimiter) {
      fields.push(field);
      field = '';
    } else if (character === '\n' || character === '\r') break;
    else field += character;
  }
  return [...fields, field];
}
