import { createRequire } from 'node:module';

/**
 * The modules of the installed Databricks driver (Thrift, the generated service, Arrow), so the stand-in speaks its
 * exact protocol. None has types that can be used from here; these are as narrow as the stand-in needs.
 */
const requireAsDriver = createRequire(createRequire(import.meta.url).resolve('@databricks/sql'));

/**
 * Thrift wants a uuid package that is an ES module, which jest cannot `require` before Node.js 24.9. Under jest it gets
 * the driver's own, older one, which has the same functions. (Nothing here ever sends a Thrift UUID.)
 */
const { jest } = import.meta as { jest?: { mock(path: string, factory: () => unknown): void } };
jest?.mock(createRequire(requireAsDriver.resolve('thrift')).resolve('uuid'), () => requireAsDriver('uuid'));

export interface ThriftStruct {
  write(output: object): void;
}

type StructClass = new (fields: object) => ThriftStruct;
type Codes<Name extends string> = Readonly<Record<Name, number>>;

interface ServiceTypes {
  readonly TStatus: StructClass;
  readonly THandleIdentifier: StructClass;
  readonly TSessionHandle: StructClass;
  readonly TOperationHandle: StructClass;
  readonly TOpenSessionResp: StructClass;
  readonly TCloseSessionResp: StructClass;
  readonly TExecuteStatementResp: StructClass;
  readonly TGetOperationStatusResp: StructClass;
  readonly TGetResultSetMetadataResp: StructClass;
  readonly TFetchResultsResp: StructClass;
  readonly TCloseOperationResp: StructClass;
  readonly TTableSchema: StructClass;
  readonly TColumnDesc: StructClass;
  readonly TTypeDesc: StructClass;
  readonly TTypeEntry: StructClass;
  readonly TPrimitiveTypeEntry: StructClass;
  readonly TRowSet: StructClass;
  readonly TSparkArrowBatch: StructClass;
  readonly TStatusCode: Codes<'SUCCESS_STATUS' | 'ERROR_STATUS' | 'INVALID_HANDLE_STATUS'>;
  readonly TOperationState: Codes<'RUNNING_STATE' | 'FINISHED_STATE' | 'ERROR_STATE'>;
  readonly TOperationType: Codes<'EXECUTE_STATEMENT'>;
  readonly TProtocolVersion: Codes<'SPARK_CLI_SERVICE_PROTOCOL_V8'>;
  readonly TSparkRowSetType: Codes<'ARROW_BASED_SET'>;
  readonly TTypeId: Codes<
    'BOOLEAN_TYPE' | 'INT_TYPE' | 'BIGINT_TYPE' | 'DOUBLE_TYPE' | 'STRING_TYPE' | 'TIMESTAMP_TYPE' | 'DATE_TYPE'
  >;
}

interface ThriftTransport {
  rollbackPosition(): void;
}

interface ThriftProtocol {
  readMessageBegin(): { fname: string };
}

interface ThriftModule {
  TBufferedTransport: {
    new (input: undefined, onFlush: (answer: Buffer) => void): ThriftTransport;
    receiver(onMessage: (transport: ThriftTransport) => void, sequenceId: number): (bytes: Buffer) => void;
  };
  TBinaryProtocol: new (transport: ThriftTransport) => ThriftProtocol;
}

interface ServiceModule {
  Processor: new (handler: object) => { process(input: ThriftProtocol, output: ThriftProtocol): void };
}

/** A type, field, schema, vector or table of Arrow: handed from one of its functions to the next, never looked into. */
export interface ArrowPart {
  readonly fields?: readonly ArrowPart[];
}

interface ArrowModule {
  readonly Bool: new () => ArrowPart;
  readonly Int32: new () => ArrowPart;
  readonly Int64: new () => ArrowPart;
  readonly Float64: new () => ArrowPart;
  readonly Utf8: new () => ArrowPart;
  readonly DateDay: new () => ArrowPart;
  readonly TimestampMicrosecond: new (timeZone: string) => ArrowPart;
  readonly Struct: new (fields: readonly ArrowPart[] | undefined) => ArrowPart;
  readonly Field: new (name: string, type: ArrowPart, nullable: boolean) => ArrowPart;
  readonly Schema: new (fields: readonly ArrowPart[]) => ArrowPart;
  readonly RecordBatch: new (schema: ArrowPart, data: ArrowPart) => ArrowPart;
  readonly Table: new (schema: ArrowPart, batches?: readonly ArrowPart[]) => ArrowPart;
  vectorFromArray(values: readonly unknown[], type: ArrowPart): { readonly data: readonly ArrowPart[] };
  makeData(parts: {
    type: ArrowPart;
    length: number;
    nullCount: number;
    children: readonly (ArrowPart | undefined)[];
  }): ArrowPart;
  tableToIPC(table: ArrowPart, format: 'stream'): Uint8Array;
}

export const arrow = requireAsDriver('apache-arrow') as ArrowModule;
export const thrift = requireAsDriver('thrift') as ThriftModule;
export const Int64 = requireAsDriver('node-int64') as new (value: number) => object;
export const service = requireAsDriver('@databricks/sql/thrift/TCLIService.js') as ServiceModule;
export const structs = requireAsDriver('@databricks/sql/thrift/TCLIService_types.js') as ServiceTypes;
