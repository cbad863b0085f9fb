import { randomBytes, randomUUID } from 'node:crypto';
import { arrowBatch, arrowSchema, thriftTypeId } from './arrow-pages.ts';
import { Int64, structs, type ThriftStruct } from './driver-modules.ts';
import type { ResultColumn } from './duckdb-tables.ts';

/** How the service names a session or an operation. */
export interface Handle {
  guid: Buffer;
}

const { TStatusCode } = structs;

/** The status of a call that succeeded. */
export function ok(): ThriftStruct {
  return new structs.TStatus({ statusCode: TStatusCode.SUCCESS_STATUS });
}

/** The status of a call that the warehouse could not serve. */
export function failed(message: string): ThriftStruct {
  return new structs.TStatus({ statusCode: TStatusCode.ERROR_STATUS, errorMessage: message, errorCode: 1 });
}

/** What a call about a session or an operation gets that the warehouse does not know, or no longer. */
export function invalidHandle(what: 'Session' | 'Operation'): ThriftStruct {
  const message = `Invalid ${what}Handle: it was closed or has expired`;
  return new structs.TStatus({ statusCode: TStatusCode.INVALID_HANDLE_STATUS, errorMessage: message, errorCode: 1 });
}

/** The driver prints ids as UUIDs and fails on bytes that are none. */
export function newHandle(remember: (id: string) => void): ThriftStruct {
  const guid = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
  remember(idOf({ guid }));
  return new structs.THandleIdentifier({ guid, secret: randomBytes(16) });
}

/** A handle as the key of a map. */
export function idOf(handle: Handle): string {
  return handle.guid.toString('hex');
}

/** What the driver asks for before it reads rows: names, types and the Arrow schema. */
export function resultMetadata(columns: readonly ResultColumn[]): ThriftStruct {
  const described = columns.map((column, index) => {
    const primitiveEntry = new structs.TPrimitiveTypeEntry({ type: thriftTypeId(column) });
    const typeDesc = new structs.TTypeDesc({ types: [new structs.TTypeEntry({ primitiveEntry })] });
    return new structs.TColumnDesc({ columnName: column.name, position: index + 1, typeDesc });
  });
  return new structs.TGetResultSetMetadataResp({
    status: ok(),
    resultFormat: structs.TSparkRowSetType.ARROW_BASED_SET,
    lz4Compressed: false,
    arrowSchema: arrowSchema(columns),
    schema: new structs.TTableSchema({ columns: described }),
  });
}

/** One page of rows as a single Arrow batch; none at all for an empty page. */
export function rowSet(columns: readonly ResultColumn[], rows: readonly unknown[][]): ThriftStruct {
  const rowCount = new Int64(rows.length);
  const arrowBatches =
    rows.length === 0 ? [] : [new structs.TSparkArrowBatch({ batch: arrowBatch(columns, rows), rowCount })];
  return new structs.TRowSet({ startRowOffset: new Int64(0), rows: [], arrowBatches });
}
