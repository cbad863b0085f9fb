const SHORTEST_MS = 1_000;
const LONGEST_MS = 15_000;

/** How a wait for a SQL warehouse stands. Instants are epoch milliseconds. */
export interface WarehouseWaiting {
  readonly now: number;
  /** When it was first found not to be ready. */
  readonly since: number;
  /** How long it is waited for in all. */
  readonly patienceMs: number;
  /** What the warehouse asked for (`Retry-After`). */
  readonly retryAfterMs?: number | undefined;
}

/**
 * Milliseconds until a starting warehouse is asked again (contract section 1, "Training records"): what it asked for,
 * else half of the wait so far, from 1 to 15 s. The last try is at the end of the patience; then undefined.
 */
export function warehouseWaitMs({ now, since, patienceMs, retryAfterMs }: WarehouseWaiting): number | undefined {
  const leftMs = since + patienceMs - now;
  if (leftMs <= 0) return undefined;
  const pauseMs = retryAfterMs ?? Math.min((now - since) / 2, LONGEST_MS);
  return Math.ceil(Math.min(Math.max(pauseMs, SHORTEST_MS), leftMs));
}
