import { writeSync } from 'node:fs';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Cell, Column, ColumnType, Table } from '../domain/tables/table.ts';

type SchemaElement = ParquetWriter['schema'][number];

/** Rows of a row group: more need memory, fewer make readers slow. */
const GROUP_ROWS = 20_000;
/** Bytes that are written at once. */
const WRITE_BYTES = 1_000_000;
const MICROS = 1_000;

/**
 * Writes a table to a Parquet file, row by row; memory is that of one row group.
 * - BIGINT as INT64, text as UTF8, instants as TIMESTAMP in UTC with microseconds; a column is REQUIRED unless nullable
 */
export class ParquetFile {
  readonly #table: Table;
  readonly #writer: ParquetWriter;
  readonly #columns: Cell[][];
  #rows = 0;

  /**
   * @param handle of an empty file, which the caller closes.
   * @param metadata is kept in the footer by its keys.
   */
  constructor(table: Table, handle: number, metadata: Readonly<Record<string, string>>) {
    this.#table = table;
    this.#columns = table.columns.map(() => []);
    this.#writer = new ParquetWriter({
      writer: fileWriter(handle),
      schema: [{ name: 'root', num_children: table.columns.length }, ...table.columns.map(schemaElement)],
      kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    });
  }

  /** Rows so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Adds a row, its values in the order of the columns. @throws the system's error when a full group is written. */
  add(row: readonly Cell[]): void {
    for (let i = 0; i < row.length; i++) this.#columns[i]?.push(row[i] ?? null);
    this.#rows += 1;
    if (this.#rows % GROUP_ROWS === 0) this.#writeGroup();
  }

  /** Writes what is left, and the footer. @throws the system's error. */
  finish(): void {
    this.#writeGroup();
    this.#writer.finish();
  }

  #writeGroup(): void {
    if (this.#columns[0]?.length === 0) return;
    const columnData = this.#table.columns.map(({ name, type }, i) => ({
      name,
      data: type === 'instant' ? this.#columns[i]!.map(micros) : this.#columns[i]!,
      ...ENCODING[type],
    }));
    this.#writer.write({ columnData, rowGroupSize: GROUP_ROWS });
    for (const values of this.#columns) values.length = 0;
  }
}

const ENCODING = {
  bigint: { encoding: 'DELTA_BINARY_PACKED' },
  instant: { encoding: 'DELTA_BINARY_PACKED' },
  text: {},
} as const satisfies Record<ColumnType, object>;

function schemaElement({ name, type, nullable }: Column): SchemaElement {
  const repetition_type = nullable ? 'OPTIONAL' : 'REQUIRED';
  if (type === 'text')
    return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' }, repetition_type };
  if (type === 'bigint') return { name, type: 'INT64', repetition_type };
  const logical_type = { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } as const;
  return { name, type: 'INT64', converted_type: 'TIMESTAMP_MICROS', logical_type, repetition_type };
}

/** Microseconds of a year after 2255 are more than a number holds exactly. */
function micros(instant: Cell): number | bigint | null {
  if (typeof instant !== 'number') return null;
  const found = instant * MICROS;
  return Number.isSafeInteger(found) ? found : BigInt(instant) * BigInt(MICROS);
}

/** The library's own writer for files opens by name and overwrites; this one writes to a file that is open. */
function fileWriter(handle: number): ByteWriter {
  const writer = new ByteWriter();
  const flush = () => {
    const bytes = writer.getBytes();
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    writer.index = 0;
  };
  const grow = writer.ensure.bind(writer);
  writer.ensure = (size) => {
    if (writer.index > WRITE_BYTES) flush();
    grow(size);
  };
  writer.finish = flush;
  return writer;
}
