import { join } from 'node:path';
import { type Engine, literal, quoted } from '../engine.ts';
import { type DeltaColumn, type DeltaTable, readDeltaLog } from './delta-log.ts';
import { describedColumns } from './parquet-source.ts';
import { noneUnreadable, type OpenSource } from './source.ts';

/** The name of the column with the file of a row; no table has it. */
const FILE = '\u0001file';

/** The rows of the newest version of a Delta table, as its log names them. @throws BtcFakeError FILE_UNREADABLE. */
export async function openDelta(engine: Engine, folder: string): Promise<OpenSource> {
  const table = await readDeltaLog(engine, folder);
  const described = await describedColumns(engine, await relationOf(engine, folder, table));
  return { format: 'delta', path: folder, ...described, unreadable: noneUnreadable };
}

async function relationOf(
  engine: Engine,
  folder: string,
  { files, columns, partitionColumns }: DeltaTable,
): Promise<string> {
  const isPartition = ({ name }: DeltaColumn) => partitionColumns.includes(name);
  if (files.length === 0)
    return `(SELECT ${columns.map((one) => `${emptyValue(one)} AS ${quoted(one.name)}`).join(', ')} WHERE false)`;
  const paths = files.map(({ path }) => literal(join(folder, path)));
  // Folder names say nothing: `sensor=007` would become 7.
  const read = `read_parquet([${paths.join(', ')}], union_by_name=true, hive_partitioning=false, filename=${literal(FILE)})`;
  const inFiles = new Set(
    (await engine.rows(`DESCRIBE SELECT * FROM ${read}`)).map(({ column_name: name }) => String(name)),
  );
  const values = files.map(
    ({ partition }, index) =>
      `(${[paths[index], ...partitionColumns.map((name) => (partition[name] ? literal(partition[name]) : 'NULL'))].join(', ')})`,
  );
  const names = ['path', ...partitionColumns.map((_, index) => `p${index}`)];
  const selected = columns.map((one) => {
    const index = partitionColumns.indexOf(one.name);
    const inFile = inFiles.has(one.name) ? `f.${quoted(one.name)}` : emptyValue(one);
    return `${isPartition(one) ? `p.p${index}::${duckType(one.type)}` : inFile} AS ${quoted(one.name)}`;
  });
  return `(SELECT ${selected.join(', ')} FROM ${read} f JOIN (VALUES ${values.join(', ')}) p(${names.join(', ')}) ON f.${quoted(FILE)} = p.path)`;
}

function emptyValue({ type }: DeltaColumn): string {
  return `NULL::${duckType(type)}`;
}

/** A type of Delta's schema as DuckDB spells it. */
function duckType(type: string): string {
  const types: Readonly<Record<string, string>> = {
    ...{ byte: 'TINYINT', short: 'SMALLINT', integer: 'INTEGER', long: 'BIGINT', float: 'FLOAT', double: 'DOUBLE' },
    ...{ boolean: 'BOOLEAN', date: 'DATE', timestamp: 'TIMESTAMPTZ', timestamp_ntz: 'TIMESTAMP', binary: 'BLOB' },
  };
  return /^decimal\(\d+,\d+\)$/.test(type) ? type : (types[type] ?? 'VARCHAR');
}
