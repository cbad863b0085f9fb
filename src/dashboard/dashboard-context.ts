import type { Logger } from 'pino';
import type { LoadedSettings } from '../../config/load.ts';
import type { RedisConnection } from '../adapters/redis/client.ts';
import type { Queues } from '../adapters/redis/queues.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import type { Metrics } from './monitoring/metrics.ts';

/** What every page is made from. */
export interface DashboardContext {
  readonly loaded: LoadedSettings;
  readonly redis: RedisConnection;
  readonly store: RunStore;
  readonly queues: Queues;
  readonly logger: Logger;
  /** Secret values, to be cut out of whatever somebody else wrote. */
  readonly secrets: readonly string[];
  /** Of this package. */
  readonly version: string;
  /** Those of the workers in this process too, where there are any; made here unless given. */
  readonly metrics?: Metrics;
  /** The time of day, epoch milliseconds. */
  readonly now: () => number;
}
