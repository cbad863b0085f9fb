import { type ArrowPart, arrow, structs } from './driver-modules.ts';
import type { ResultColumn } from './duckdb-tables.ts';

/** How one type of DuckDB goes over the wire: its Thrift id, its Arrow type, and its values as Arrow takes them. */
interface WireType {
  readonly thriftId: number;
  readonly arrowType: () => ArrowPart;
  readonly toArrow: (value: unknown) => unknown;
}

const { TTypeId } = structs;
const DAY_MS = 86_400_000;
/** Every Arrow stream ends with this marker; pages travel without it. */
const END_OF_STREAM_BYTES = 8;

const text: WireType = { thriftId: TTypeId.STRING_TYPE, arrowType: () => new arrow.Utf8(), toArrow: String };
const integer: WireType = { thriftId: TTypeId.INT_TYPE, arrowType: () => new arrow.Int32(), toArrow: Number };
const timestamp: WireType = {
  thriftId: TTypeId.TIMESTAMP_TYPE,
  arrowType: () => new arrow.TimestampMicrosecond('Etc/UTC'),
  // Arrow's JavaScript takes milliseconds and stores microseconds, correctly from 1970 on.
  toArrow: (value) => Number((value as { micros: bigint }).micros) / 1000,
};

const WIRE_TYPES: Readonly<Record<string, WireType>> = {
  BOOLEAN: { thriftId: TTypeId.BOOLEAN_TYPE, arrowType: () => new arrow.Bool(), toArrow: (value) => value },
  TINYINT: integer,
  SMALLINT: integer,
  INTEGER: integer,
  BIGINT: {
    thriftId: TTypeId.BIGINT_TYPE,
    arrowType: () => new arrow.Int64(),
    toArrow: (value) => BigInt(value as bigint),
  },
  DOUBLE: { thriftId: TTypeId.DOUBLE_TYPE, arrowType: () => new arrow.Float64(), toArrow: Number },
  TIMESTAMP: timestamp,
  'TIMESTAMP WITH TIME ZONE': timestamp,
  DATE: {
    thriftId: TTypeId.DATE_TYPE,
    arrowType: () => new arrow.DateDay(),
    toArrow: (value) => (value as { days: number }).days * DAY_MS,
  },
};

function wireType(column: ResultColumn): WireType {
  return WIRE_TYPES[column.type] ?? text;
}

export function thriftTypeId(column: ResultColumn): number {
  return wireType(column).thriftId;
}

/** The schema message alone, as the metadata of a result carry it. */
export function arrowSchema(columns: readonly ResultColumn[]): Buffer {
  const stream = Buffer.from(arrow.tableToIPC(new arrow.Table(schemaOf(columns)), 'stream'));
  return stream.subarray(0, stream.length - END_OF_STREAM_BYTES);
}

/** The record batch of a page, without the schema message before it and the end marker after it. */
export function arrowBatch(columns: readonly ResultColumn[], rows: readonly unknown[][]): Buffer {
  const schema = schemaOf(columns);
  const children = columns.map((column, index) => {
    const { arrowType, toArrow } = wireType(column);
    const values = rows.map((row) => (row[index] === null ? null : toArrow(row[index])));
    return arrow.vectorFromArray(values, arrowType()).data[0];
  });
  const data = arrow.makeData({
    type: new arrow.Struct(schema.fields),
    length: rows.length,
    nullCount: 0,
    children,
  });
  const stream = Buffer.from(
    arrow.tableToIPC(new arrow.Table(schema, [new arrow.RecordBatch(schema, data)]), 'stream'),
  );
  return stream.subarray(arrowSchema(columns).length, stream.length - END_OF_STREAM_BYTES);
}

function schemaOf(columns: readonly ResultColumn[]): ArrowPart {
  return new arrow.Schema(columns.map((column) => new arrow.Field(column.name, wireType(column).arrowType(), true)));
}
