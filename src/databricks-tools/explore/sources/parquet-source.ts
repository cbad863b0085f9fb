import { type Engine, literal, quoted } from '../engine.ts';
import { namesOfHeaders } from './column-names.ts';
import { noneUnreadable, type OpenSource, type Physical, viewColumn } from './source.ts';

/** A Parquet file, with the types that it declares. @throws BtcFakeError FILE_UNREADABLE. */
export async function openParquet(engine: Engine, path: string): Promise<OpenSource> {
  const described = await describedColumns(engine, `read_parquet(${literal(path)})`);
  return { format: 'parquet', path, ...described, unreadable: noneUnreadable };
}

/** The columns of a relation of DuckDB with their types, and the relation with the view's names for them. */
export async function describedColumns(
  engine: Engine,
  relation: string,
): Promise<Pick<OpenSource, 'columns' | 'relation'>> {
  const rows = await engine.rows(`DESCRIBE SELECT * FROM ${relation}`);
  const names = rows.map(({ column_name: name }) => String(name));
  const named = namesOfHeaders(names);
  const columns = rows.map(({ column_type: type }, position) => ({ ...named[position]!, ...typeOf(String(type)) }));
  const selected = names.map((name, position) => {
    const type = String(rows[position]!.column_type);
    const isNested = /[[(]|^(STRUCT|MAP|UNION|LIST)/.test(type) && !type.startsWith('DECIMAL');
    return `${isNested ? `CAST(to_json(${quoted(name)}) AS VARCHAR)` : quoted(name)} AS ${viewColumn(position)}`;
  });
  return { columns, relation: `(SELECT ${selected.join(', ')} FROM ${relation})` };
}

/** How a type of DuckDB is treated, and its name in Spark. */
function typeOf(type: string): { readonly physical: Physical; readonly dataType: string } {
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT|UTINYINT|USMALLINT|UINTEGER)$/.test(type))
    return { physical: 'whole', dataType: 'bigint' };
  if (/^(UBIGINT|HUGEINT|UHUGEINT)$/.test(type)) return { physical: 'whole', dataType: 'decimal(38,0)' };
  if (/^(FLOAT|DOUBLE)$/.test(type)) return { physical: 'number', dataType: 'double' };
  if (type.startsWith('DECIMAL')) return { physical: 'number', dataType: type.toLowerCase() };
  if (type === 'BOOLEAN') return { physical: 'boolean', dataType: 'boolean' };
  if (type === 'DATE') return { physical: 'date', dataType: 'date' };
  if (type.startsWith('TIMESTAMP')) return { physical: 'timestamp', dataType: 'timestamp' };
  return type === 'BLOB' ? { physical: 'other', dataType: 'binary' } : { physical: 'text', dataType: 'string' };
}
