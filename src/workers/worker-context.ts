import type { Logger } from 'pino';
import type { Settings } from '../../config/settings.ts';
import type { Queues } from '../adapters/queues.ts';
import type { RunStore } from '../adapters/run-store.ts';

/** What every stage is given. */
export interface WorkerContext {
  readonly settings: Settings;
  readonly store: RunStore;
  readonly queues: Queues;
  readonly logger: Logger;
  /** The time of day, epoch milliseconds: for records of what happened when, never for what a run decides. */
  readonly now: () => number;
}
