/** Whether a warehouse runs. A real warehouse that is stopped starts by itself when it is called, and takes minutes. */
export interface Power {
  /**
   * Stops it: the next call starts it, and until `needsMs` later all calls are refused with what `Retry-After` then
   * says.
   */
  stop(options: { readonly needsMs: number; readonly retryAfter?: string }): void;
  /** What a call is refused with, now; undefined while it runs. For the warehouse itself. */
  refusal(): { readonly headers: Readonly<Record<string, string>> } | undefined;
  /** How many calls were refused since it was stopped. */
  readonly refused: number;
}

export function createPower(now: () => number = () => performance.now()): Power {
  let stopped: { needsMs: number; retryAfter?: string } | undefined;
  let runsAt: number | undefined;
  let refused = 0;
  return {
    stop: (options) => {
      stopped = options;
      runsAt = undefined;
      refused = 0;
    },
    refusal: () => {
      if (stopped === undefined) return undefined;
      runsAt ??= now() + stopped.needsMs;
      if (now() >= runsAt) {
        stopped = undefined;
        return undefined;
      }
      refused += 1;
      const { retryAfter } = stopped;
      return {
        headers: {
          'x-thriftserver-error-message': 'TEMPORARILY_UNAVAILABLE: the warehouse is starting',
          ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
        },
      };
    },
    get refused() {
      return refused;
    },
  };
}
