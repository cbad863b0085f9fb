import type { RedisConnection } from '../adapters/redis-client.ts';
import { within } from '../adapters/time-limit.ts';
import { WorkerRegistry } from '../adapters/worker-registry.ts';
import type { Workers } from '../workers/runtime.ts';

/** Something that keeps a process from doing its work, safe to be read by anybody. */
export interface Problem {
  readonly what: 'redis' | 'workers' | 'queues';
  readonly detail: string;
}

/** Finds out what keeps a process from doing its work. Never throws, and takes two seconds at the most. */
export type Readiness = () => Promise<readonly Problem[]>;

const LIMIT_MS = 1_000;
const REDIS_GONE: Problem = { what: 'redis', detail: 'Redis does not answer within a second' };

/** A dashboard is ready when Redis answers and at least one process works on runs. */
export function dashboardReadiness(redis: RedisConnection): Readiness {
  const registry = new WorkerRegistry(redis);
  return async () => {
    try {
      const workers = await within(registry.list(), LIMIT_MS);
      if (workers.length > 0) return [];
      return [{ what: 'workers', detail: 'No worker is alive; start one with: btc-fake worker' }];
    } catch {
      return [REDIS_GONE];
    }
  };
}

/** A worker is ready when Redis answers and its queues are read; not any more when it has been told to stop. */
export function workerReadiness(redis: RedisConnection, workers: () => Pick<Workers, 'state'> | undefined): Readiness {
  return async () => {
    const problems: Problem[] = [];
    const answers = await within(redis.ping(), LIMIT_MS).then(
      () => true,
      () => false,
    );
    if (!answers) problems.push(REDIS_GONE);
    const state = workers()?.state ?? 'starting';
    if (state !== 'working') problems.push({ what: 'queues', detail: `The queues are not read (${state})` });
    return problems;
  };
}
