import type { RunId } from '../../domain/ids.ts';
import type { RedisConnection } from '../redis/client.ts';
import { REDIS_PREFIX } from '../run-store/keys.ts';

/** What people are told while a run waits for its SQL warehouse. Instants are epoch milliseconds. */
export interface WarehouseWait {
  /** What the warehouse did last; without secrets. */
  readonly reason: string;
  /** When the run began to wait. */
  readonly since: number;
  /** When the wait is given up. */
  readonly until: number;
}

/** A try may take its time; when the wait is not renewed after it, its writer is gone. */
const TRY_MS = 60_000;

/**
 * Notes that a run waits, from `now` on unless it waits already: workers that come and go do not prolong the wait. It
 * vanishes by itself some time after it was last noted.
 */
export async function noteWarehouseWait(
  redis: RedisConnection,
  runId: RunId,
  { reason, now, patienceMs }: { readonly reason: string; readonly now: number; readonly patienceMs: number },
): Promise<WarehouseWait & { readonly isNew: boolean }> {
  const key = keyOf(runId);
  const replies = await redis
    .multi()
    .hsetnx(key, 'since', now)
    .hset(key, { reason, patienceMs })
    .pexpire(key, patienceMs + TRY_MS)
    .hget(key, 'since')
    .exec();
  const since = Number(replies?.at(-1)?.[1]);
  return { reason, since, until: since + patienceMs, isNew: replies?.[0]?.[1] === 1 };
}

/** Ends the wait of a run. @returns since when it had waited; undefined when it had not. */
export async function endWarehouseWait(redis: RedisConnection, runId: RunId): Promise<number | undefined> {
  const replies = await redis.multi().hget(keyOf(runId), 'since').del(keyOf(runId)).exec();
  const since = replies?.[0]?.[1];
  return typeof since === 'string' ? Number(since) : undefined;
}

/** The wait of a run, or undefined when it does not wait. */
export async function readWarehouseWait(redis: RedisConnection, runId: RunId): Promise<WarehouseWait | undefined> {
  const { reason, since, patienceMs } = await redis.hgetall(keyOf(runId));
  if (reason === undefined || since === undefined) return undefined;
  return { reason, since: Number(since), until: Number(since) + Number(patienceMs) };
}

function keyOf(runId: RunId): string {
  return `${REDIS_PREFIX}:warehouse-wait:${runId}`;
}
