import { structs } from './driver-modules.ts';
import type { DuckDbTables, ResultCursor, StatementParameter } from './duckdb-tables.ts';
import type { FaultEffect } from './faults.ts';
import { reorderedCursor } from './reordered-cursor.ts';
import { failed, type Handle, idOf, invalidHandle, newHandle, ok, resultMetadata, rowSet } from './thrift-structs.ts';

interface SessionRequest {
  sessionHandle: { sessionId: Handle };
}
interface OpenSessionRequest {
  configuration?: Readonly<Record<string, string>>;
}
interface StatementRequest extends SessionRequest {
  statement: string;
  parameters?: { name: string; type?: string; value?: { stringValue?: string } }[];
}
interface OperationRequest {
  operationHandle: { operationId: Handle };
}
interface FetchRequest extends OperationRequest {
  maxRows: { toNumber(): number };
}

/** A statement as the driver sent it. */
export interface ReceivedStatement {
  readonly sql: string;
  readonly params: Readonly<Record<string, string | null>>;
}

/** One statement on its way: no cursor yet means that it is running. */
interface Operation {
  readonly started: Promise<void>;
  cursor?: ResultCursor;
  failure?: string;
}

export interface ThriftService {
  /** What a generated `Processor` calls for one request: a method for each call of the service. */
  handlerWith(fault: FaultEffect | undefined): object;
  readonly statements: ReceivedStatement[];
  openSessions(): number;
  openOperations(): number;
  /** Forgets all sessions and operations, as a warehouse does that was restarted or waited too long. */
  expireSessions(): void;
}

const MAX_POLL_MS = 250;
/** What a workspace's administrator may have set for all sessions. */
const WORKSPACE_TIME_ZONE = 'America/Chicago';
const { TOperationState } = structs;

/** The part of the warehouse's Thrift service that the driver uses for queries, over `tables`. */
export function createThriftService(tables: DuckDbTables, pageRows: number): ThriftService {
  /** The time zone of each. */
  const sessions = new Map<string, string>();
  const operations = new Map<string, Operation>();
  const statements: ReceivedStatement[] = [];

  const closeOperation = (id: string): void => {
    operations.get(id)?.cursor?.close();
    operations.delete(id);
  };
  const cursorOf = (request: OperationRequest) => operations.get(idOf(request.operationHandle.operationId))?.cursor;
  const start = (request: StatementRequest, effect: FaultEffect | undefined): Operation => {
    const parameters = readParameters(request);
    const timeZone = sessions.get(idOf(request.sessionHandle.sessionId)) ?? WORKSPACE_TIME_ZONE;
    statements.push({ sql: request.statement, params: valuesOf(parameters) });
    if (effect?.kind === 'never-ready') return { started: new Promise(() => {}) };
    if (effect?.kind === 'sql-error') return { started: Promise.resolve(), failure: effect.message };
    const operation: Operation = {
      started: tables.query(request.statement, parameters, timeZone).then(
        (cursor) => {
          operation.cursor = effect?.kind === 'reorder' ? reorderedCursor(cursor, effect.arrange) : cursor;
        },
        (error: Error) => {
          operation.failure = error.message;
        },
      ),
    };
    return operation;
  };

  const handlerWith = (fault: FaultEffect | undefined): object => ({
    OpenSession: async ({ configuration }: OpenSessionRequest) => {
      const sessionId = newHandle((id) => sessions.set(id, configuration?.TIMEZONE ?? WORKSPACE_TIME_ZONE));
      return new structs.TOpenSessionResp({
        status: ok(),
        serverProtocolVersion: structs.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V8,
        sessionHandle: new structs.TSessionHandle({ sessionId }),
      });
    },
    CloseSession: async (request: SessionRequest) => {
      const known = sessions.delete(idOf(request.sessionHandle.sessionId));
      return new structs.TCloseSessionResp({ status: known ? ok() : invalidHandle('Session') });
    },
    ExecuteStatement: async (request: StatementRequest) => {
      if (fault?.kind === 'error') return new structs.TExecuteStatementResp({ status: failed(fault.message) });
      if (!sessions.has(idOf(request.sessionHandle.sessionId))) {
        return new structs.TExecuteStatementResp({ status: invalidHandle('Session') });
      }
      const operationId = newHandle((id) => operations.set(id, start(request, fault)));
      const operationType = structs.TOperationType.EXECUTE_STATEMENT;
      const operationHandle = new structs.TOperationHandle({ operationId, operationType, hasResultSet: true });
      return new structs.TExecuteStatementResp({ status: ok(), operationHandle });
    },
    GetOperationStatus: async (request: OperationRequest) => {
      if (fault?.kind === 'error') return new structs.TGetOperationStatusResp({ status: failed(fault.message) });
      const operation = operations.get(idOf(request.operationHandle.operationId));
      if (!operation) return new structs.TGetOperationStatusResp({ status: invalidHandle('Operation') });
      await atMost(MAX_POLL_MS, operation.started);
      return new structs.TGetOperationStatusResp({
        status: ok(),
        operationState: stateOf(operation),
        errorMessage: operation.failure,
        displayMessage: operation.failure,
        hasResultSet: true,
      });
    },
    GetResultSetMetadata: async (request: OperationRequest) => {
      if (fault?.kind === 'error') return new structs.TGetResultSetMetadataResp({ status: failed(fault.message) });
      const cursor = cursorOf(request);
      return cursor
        ? resultMetadata(cursor.columns)
        : new structs.TGetResultSetMetadataResp({ status: invalidHandle('Operation') });
    },
    FetchResults: async (request: FetchRequest) => {
      if (fault?.kind === 'error') return new structs.TFetchResultsResp({ status: failed(fault.message) });
      const cursor = cursorOf(request);
      if (!cursor) return new structs.TFetchResultsResp({ status: invalidHandle('Operation') });
      const { rows, hasMore } = await cursor.next(Math.min(request.maxRows.toNumber(), pageRows));
      return new structs.TFetchResultsResp({
        status: ok(),
        hasMoreRows: hasMore,
        results: rowSet(cursor.columns, rows),
      });
    },
    CloseOperation: async (request: OperationRequest) => {
      closeOperation(idOf(request.operationHandle.operationId));
      return new structs.TCloseOperationResp({ status: ok() });
    },
  });

  return {
    handlerWith,
    statements,
    openSessions: () => sessions.size,
    openOperations: () => operations.size,
    expireSessions: () => {
      sessions.clear();
      for (const id of [...operations.keys()]) closeOperation(id);
    },
  };
}

function stateOf({ cursor, failure }: Operation): number {
  if (failure !== undefined) return TOperationState.ERROR_STATE;
  return cursor ? TOperationState.FINISHED_STATE : TOperationState.RUNNING_STATE;
}

function readParameters(request: StatementRequest): Record<string, StatementParameter> {
  const entries = (request.parameters ?? []).map(({ name, type, value }): [string, StatementParameter] => [
    name,
    { type, value: value?.stringValue ?? null },
  ]);
  return Object.fromEntries(entries);
}

function valuesOf(parameters: Record<string, StatementParameter>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, value]));
}

async function atMost(limitMs: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}
