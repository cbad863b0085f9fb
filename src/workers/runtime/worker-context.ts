import type { Logger } from 'pino';
import type { Settings } from '../../../config/settings.ts';
import type { QueueName, Queues } from '../../adapters/redis/queues.ts';
import type { RunStore } from '../../adapters/run-store/store.ts';
import type { ScheduleStore } from '../../adapters/shared-state/schedule-store.ts';

/** What every stage is given. */
export interface WorkerContext {
  readonly settings: Settings;
  readonly store: RunStore;
  readonly schedule: ScheduleStore;
  readonly queues: Queues;
  readonly logger: Logger;
  /** The queues that this process works on; all unless given. */
  readonly only?: readonly QueueName[] | undefined;
  /**
   * The time of day by Redis' clock, epoch milliseconds: for when a slot of the schedule is due and for records of what
   * happened when, never for what a run decides.
   */
  readonly now: () => number;
}
