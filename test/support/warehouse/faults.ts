/** The calls of the Thrift service that the driver makes, and `Token`, the call to the OAuth endpoint. */
export type WarehouseCall =
  | 'Token'
  | 'OpenSession'
  | 'ExecuteStatement'
  | 'GetOperationStatus'
  | 'GetResultSetMetadata'
  | 'FetchResults'
  | 'CloseOperation'
  | 'CloseSession';

/** What goes wrong in one call. */
export type FaultEffect =
  /** Answers with this HTTP status and no body; with a `location`, it is a redirection. */
  | { readonly kind: 'status'; readonly status: number; readonly location?: string; readonly retryAfter?: string }
  /** Answers 200 with a page that is no Thrift. */
  | { readonly kind: 'page'; readonly html: string }
  /** Closes the connection without an answer. */
  | { readonly kind: 'drop' }
  /** Sends half of the answer, then closes the connection. */
  | { readonly kind: 'cut' }
  /** Sends half of the answer as if it were all: HTTP is fine, Thrift is not. */
  | { readonly kind: 'truncate' }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Answers correctly, this much later. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Answers with an error status of the service. */
  | { readonly kind: 'error'; readonly message: string }
  /** On ExecuteStatement: takes the statement, then reports this as its failure. */
  | { readonly kind: 'sql-error'; readonly message: string }
  /** On ExecuteStatement: gives the rows in the order of `arrange`, whatever ORDER BY says. */
  | { readonly kind: 'reorder'; readonly arrange: (rows: unknown[][]) => unknown[][] }
  /** On ExecuteStatement: takes the statement and never gets ready with it, like a warehouse that does not start. */
  | { readonly kind: 'never-ready' };

export type WarehouseFault = FaultEffect & {
  readonly on: WarehouseCall;
  /** Which call of this kind is the first to suffer, counted from 1 when the fault is added. Default 1. */
  readonly call?: number;
  /** How many calls in a row suffer. Default 1. */
  readonly times?: number;
};

/** The faults of a warehouse. Each call takes the first fault that is due for it. */
export interface FaultPlan {
  add(fault: WarehouseFault): void;
  clear(): void;
  /** Counts one call and says what goes wrong with it. For the warehouse itself. */
  take(call: WarehouseCall): FaultEffect | undefined;
}

export function createFaultPlan(): FaultPlan {
  let planned: { fault: WarehouseFault; seen: number }[] = [];
  return {
    add: (fault) => {
      planned.push({ fault, seen: 0 });
    },
    clear: () => {
      planned = [];
    },
    take: (call) => {
      let due: FaultEffect | undefined;
      for (const plan of planned.filter(({ fault }) => fault.on === call)) {
        plan.seen += 1;
        const first = plan.fault.call ?? 1;
        if (plan.seen >= first && plan.seen < first + (plan.fault.times ?? 1)) due ??= plan.fault;
      }
      return due;
    },
  };
}
