import type { Logger } from 'pino';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { WorkerObserver } from '../../workers/runtime/worker-observer.ts';
import { RedisGauges } from './redis-gauges.ts';
import { type ReadingContext, redisCollectors } from './redis-readings.ts';
import { workerMetrics } from './worker-metrics.ts';

/** What the metrics of a process are made from. */
export interface MetricsContext extends ReadingContext {
  readonly logger: Logger;
  /** Of BTC Fake. */
  readonly version: string;
}

/** The metrics of a process: what it does itself, and how runs and queues stand. */
export interface Metrics {
  /** To be given to the workers of this process. */
  readonly observer: WorkerObserver;
  readonly contentType: string;
  /** All metrics in Prometheus' text format. Never throws; without Redis, what this process does itself. */
  scrape(): Promise<string>;
}

const PREFIX = 'btc_fake_';

/** Gauges that prom-client names like counters; the same numbers stand under better names. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Makes the metrics of this process. Nothing is read before somebody scrapes. */
export function createMetrics(context: MetricsContext): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register, prefix: PREFIX });
  for (const name of MISNAMED) register.removeSingleMetric(PREFIX + name);
  const build = new Gauge({
    name: 'btc_fake_build_info',
    help: 'The version of BTC Fake.',
    labelNames: ['version'],
    registers: [register],
  });
  build.set({ version: context.version }, 1);
  const observer = workerMetrics(register);
  const gauges = new RedisGauges(register, context.logger, () => context.redis.ping(), redisCollectors(context));
  return {
    observer,
    contentType: register.contentType,
    scrape: async () => {
      const ofRedis = await gauges.text();
      return `${await register.metrics()}\n${ofRedis}`;
    },
  };
}
