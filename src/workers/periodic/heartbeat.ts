import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import {
  clockIsOff,
  HEARTBEAT_MS,
  type WorkerEntry,
  type WorkerIdentity,
  type WorkerRegistry,
} from '../../adapters/shared-state/worker-registry.ts';
import type { PeriodicTask } from './periodic-task.ts';

/** Names this process and what it works on. @param now epoch milliseconds. */
export function describeWorker(what: Pick<WorkerIdentity, 'version' | 'queues' | 'concurrency'>, now: number) {
  const { pid } = process;
  const host = hostname();
  const id = `${host}-${pid}-${randomBytes(4).toString('hex')}`;
  return { id, host, pid, startedAt: now, ...what } satisfies WorkerIdentity;
}

/**
 * Announces that this process is alive, and warns once when its clock is more than 30 seconds from Redis', because
 * BullMQ wakes waiting jobs by it. It warns again when the clock goes wrong the other way, or after it was right.
 * @param now this machine's own clock, epoch milliseconds.
 */
export function heartbeat(
  registry: WorkerRegistry,
  worker: WorkerIdentity,
  { logger, now }: { readonly logger: Logger; readonly now: () => number },
): PeriodicTask {
  let clock: 'right' | 'ahead' | 'behind' = 'right';
  const watchClock = ({ clockDifferenceMs, ...entry }: WorkerEntry): void => {
    if (clockDifferenceMs === null) return;
    const before = clock;
    const side = clockDifferenceMs > 0 ? 'ahead' : 'behind';
    clock = clockIsOff({ ...entry, clockDifferenceMs }) ? side : 'right';
    if (clock === before) return;
    if (clock === 'right') logger.info({ clockDifferenceMs }, "This machine's clock agrees with Redis' again");
    else {
      const seconds = Math.round(Math.abs(clockDifferenceMs) / 1000);
      const what = `This machine's clock is ${seconds} s ${clock === 'ahead' ? 'ahead of' : 'behind'} Redis'`;
      logger.warn({ clockDifferenceMs }, `${what}; jobs that wait wake up too ${clock === 'ahead' ? 'early' : 'late'}`);
    }
  };
  return {
    name: 'heartbeat',
    everyMs: HEARTBEAT_MS,
    run: async () => watchClock(await registry.announce(worker, now)),
    end: () => registry.withdraw(worker.id),
  };
}
