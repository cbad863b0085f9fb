import Fastify from 'fastify';
import type { Logger } from 'pino';
import type { Settings } from '../../../config/settings.ts';
import { within } from '../../adapters/process/time-limit.ts';
import type { RedisConnection } from '../../adapters/redis/client.ts';
import { connectRedis } from '../../adapters/redis/connection.ts';
import { openQueues } from '../../adapters/redis/queues.ts';
import { RunStore } from '../../adapters/run-store/store.ts';
import type { Workers } from '../../workers/runtime/runtime.ts';
import type { WorkerObserver } from '../../workers/runtime/worker-observer.ts';
import { listen } from '../listen.ts';
import { healthRoutes } from './health-routes.ts';
import { createMetrics } from './metrics.ts';
import { workerReadiness } from './readiness.ts';

/** What a worker process serves its health and metrics from. */
export interface WorkerHealthOptions {
  readonly settings: Settings;
  /** As for `connectRedis`. Health has a connection of its own, which fails at once where workers wait for Redis. */
  readonly redisLocation: string;
  readonly host: string;
  readonly port: number;
  readonly version: string;
  readonly logger: Logger;
  readonly now: () => number;
}

/** The health and metrics of a worker process. */
export interface WorkerHealth {
  readonly url: string;
  /** To be given to the workers. */
  readonly observer: WorkerObserver;
  /** From now on `/readyz` tells how these workers are. */
  watch(workers: Workers): void;
  /** Never hangs, even while clients are connected, and whether Redis answers or not. */
  close(): Promise<void>;
}

const CLOSE_LIMIT_MS = 1_000;

/**
 * Serves `/healthz`, `/readyz` and `/metrics` of a worker process.
 * @throws BtcFakeError PORT_UNAVAILABLE, REDIS_UNREACHABLE.
 */
export async function startWorkerHealth(options: WorkerHealthOptions): Promise<WorkerHealth> {
  const { settings, redisLocation, host, port, version, logger, now } = options;
  const redis: RedisConnection = await connectRedis(redisLocation, 'dashboard', settings.redis);
  const queues = openQueues(redis);
  const store = new RunStore(redis, settings.run.retentionMs);
  const metrics = createMetrics({ redis, queues, store, settings, version, logger, now });
  let watched: Workers | undefined;
  const app = Fastify({ logger: false, forceCloseConnections: true });
  const close = async (): Promise<void> => {
    await within(app.close(), CLOSE_LIMIT_MS).catch(() => {});
    await within(queues.close(), CLOSE_LIMIT_MS).catch(() => {});
    redis.disconnect();
  };
  try {
    await app.register(healthRoutes, { metrics, readiness: workerReadiness(redis, () => watched) });
    const url = await listen(app, { host, port });
    logger.info({ url }, 'Health and metrics are served');
    return {
      url,
      observer: metrics.observer,
      watch: (workers) => {
        watched = workers;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
