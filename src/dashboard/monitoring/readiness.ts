import { within } from '../../adapters/process/time-limit.ts';
import type { RedisConnection } from '../../adapters/redis/client.ts';
import { redisRefusal } from '../../adapters/redis/failure.ts';
import { assertWritableRedis } from '../../adapters/redis/suitability.ts';
import { WorkerRegistry } from '../../adapters/shared-state/worker-registry.ts';
import type { Workers } from '../../workers/runtime/runtime.ts';

/** Something that keeps a process from doing its work, safe to be read by anybody. */
export interface Problem {
  readonly what: 'redis' | 'workers' | 'queues';
  readonly detail: string;
}

/** Finds out what keeps a process from doing its work. Never throws, and takes two seconds at the most. */
export type Readiness = () => Promise<readonly Problem[]>;

const LIMIT_MS = 1_000;
const REDIS_GONE: Problem = { what: 'redis', detail: 'Redis does not answer within a second' };

/** A dashboard is ready when Redis takes writes and at least one process works on runs. */
export function dashboardReadiness(redis: RedisConnection): Readiness {
  const registry = new WorkerRegistry(redis);
  return async () => {
    try {
      await within(assertWritableRedis(redis), LIMIT_MS);
      const workers = await within(registry.list(), LIMIT_MS);
      if (workers.length > 0) return [];
      return [{ what: 'workers', detail: 'No worker is alive; start one with: btc-fake worker' }];
    } catch (error) {
      return [redisProblem(error)];
    }
  };
}

/** What answers and refuses says why; what does not answer is gone. */
function redisProblem(error: unknown): Problem {
  const refusal = redisRefusal(error);
  return refusal === undefined ? REDIS_GONE : { what: 'redis', detail: refusal.message };
}

/** A worker is ready when Redis takes writes and its queues are read; not any more when it has been told to stop. */
export function workerReadiness(redis: RedisConnection, workers: () => Pick<Workers, 'state'> | undefined): Readiness {
  return async () => {
    const problems: Problem[] = [];
    await within(assertWritableRedis(redis), LIMIT_MS).catch((error: unknown) => problems.push(redisProblem(error)));
    const state = workers()?.state ?? 'starting';
    if (state !== 'working') problems.push({ what: 'queues', detail: `The queues are not read (${state})` });
    return problems;
  };
}
