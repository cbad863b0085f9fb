import type { WarehouseSession } from '../../../adapters/databricks/session.ts';
import { BtcFakeError } from '../../../domain/errors.ts';
import { literal, type RowReader } from '../engine.ts';
import { namesOfHeaders } from '../sources/column-names.ts';
import { noneUnreadable, type OpenSource, type Physical, viewColumn } from '../sources/source.ts';

/** How a table of Databricks is named: `databricks:catalog.schema.table`. */
export const TABLE_PREFIX = 'databricks:';

/** A session as what runs statements; whole numbers beyond 2^53 are texts there too. */
export function readerOf(session: WarehouseSession, table: string): RowReader {
  return {
    rows: async (sql) => {
      const rows: Readonly<Record<string, unknown>>[] = [];
      for await (const chunk of session.select({ sql, parameters: {}, table })) rows.push(...chunk);
      return rows;
    },
  };
}

/** Opens a table with the columns that the catalog declares. @throws BtcFakeError USAGE for a name that is none. */
export async function openTable(reader: RowReader, source: string): Promise<OpenSource> {
  const [catalog, schema, table, ...more] = partsOf(source.slice(TABLE_PREFIX.length));
  if (!catalog || !schema || !table || more.length > 0)
    throw new BtcFakeError('USAGE', `${source} is no table`, { remedy: 'Write databricks:catalog.schema.table.' });
  const declared = await reader.rows(
    `SELECT column_name, data_type, numeric_precision, numeric_scale FROM ${name(catalog)}.information_schema.columns
      WHERE table_catalog = ${sparkText(catalog)} AND table_schema = ${sparkText(schema)} AND table_name = ${sparkText(table)} ORDER BY ordinal_position`,
  );
  if (declared.length === 0)
    throw new BtcFakeError('USAGE', `there is no table ${catalog}.${schema}.${table}, or this login may not see it`, {
      remedy: 'Check the name, and that the login has SELECT on the table.',
    });
  const names = declared.map((row) => String(row.column_name));
  const named = namesOfHeaders(names);
  const columns = declared.map((row, position) => ({ ...named[position]!, ...typeOf(row) }));
  const selected = names.map((column, position) => `${name(column)} AS ${viewColumn(position)}`).join(', ');
  return {
    ...{ format: 'databricks', path: `${catalog}.${schema}.${table}`, columns, warehouse: reader },
    relation: `(SELECT ${selected} FROM ${name(catalog)}.${name(schema)}.${name(table)})`,
    unreadable: noneUnreadable,
  };
}

/** Parts of a dotted name; a part in backticks may hold dots. */
function partsOf(text: string): string[] {
  return Array.from(text.matchAll(/`((?:[^`]|``)+)`|([^.`]+)/g), ([, quotedPart, plain]) =>
    quotedPart === undefined ? plain! : quotedPart.replaceAll('``', '`'),
  );
}

function name(part: string): string {
  return `\`${part.replaceAll('`', '``')}\``;
}

/** Spark takes a backslash in a text as an escape; a name that has one is not supported by the catalog. */
function sparkText(text: string): string {
  if (text.includes('\\')) throw new BtcFakeError('USAGE', 'a name of a table holds no backslash');
  return literal(text);
}

/** How a declared type is treated, and its name in findings. */
function typeOf(row: Readonly<Record<string, unknown>>): { readonly physical: Physical; readonly dataType: string } {
  const type = String(row.data_type).toUpperCase();
  if (/^(TINYINT|BYTE|SMALLINT|SHORT|INT|INTEGER|BIGINT|LONG)$/.test(type))
    return { physical: 'whole', dataType: 'bigint' };
  if (/^(FLOAT|REAL|DOUBLE)$/.test(type)) return { physical: 'number', dataType: 'double' };
  if (type.startsWith('DECIMAL'))
    return { physical: 'number', dataType: `decimal(${Number(row.numeric_precision)},${Number(row.numeric_scale)})` };
  if (type === 'BOOLEAN') return { physical: 'boolean', dataType: 'boolean' };
  if (type === 'DATE') return { physical: 'date', dataType: 'date' };
  if (type.startsWith('TIMESTAMP')) return { physical: 'timestamp', dataType: 'timestamp' };
  if (/^(STRING|VARCHAR|CHAR)/.test(type)) return { physical: 'text', dataType: 'string' };
  return { physical: 'other', dataType: type === 'BINARY' || type === 'BLOB' ? 'binary' : 'string' };
}
