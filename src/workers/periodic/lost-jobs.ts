import type { Job } from 'bullmq';
import { plural } from '../../domain/wording.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';
import type { PeriodicTask } from './periodic-task.ts';

const EVERY_MS = 10_000;

/** Jobs of a run that are looked at in a round; a run loses a few at the most. */
const LOOKED_AT = 500;

/** An employee job that is in no list is in this state. */
const NOWHERE = 'unknown';

/**
 * Removes employee jobs that a run waits for and no queue holds, when nothing is queued or in progress and it finds
 * them twice. A Redis that twice lost the end of its append-only file can load half a transaction.
 */
export function lostJobsTask({ queues, logger }: WorkerContext): PeriodicTask {
  const employees = queues.byName['employee-simulation'];
  let seen = new Set<string>();
  return {
    name: 'lost jobs',
    everyMs: EVERY_MS,
    run: async () => {
      const found = (await isIdle()) ? await lostJobs() : [];
      const lost = found.filter((id) => seen.has(id));
      seen = new Set(found);
      for (const id of lost) await employees.remove(id);
      if (lost.length > 0) logger.warn(`${plural(lost.length, 'employee job')} that Redis had lost will be done again`);
    },
  };

  async function isIdle(): Promise<boolean> {
    const counts = await employees.getJobCounts('active', 'wait', 'delayed', 'prioritized');
    return Object.values(counts).every((count) => count === 0);
  }

  async function lostJobs(): Promise<string[]> {
    const lost: string[] = [];
    for (const assembly of await queues.byName['file-assembly'].getWaitingChildren()) {
      for (const id of await waitedFor(assembly)) {
        if ((await employees.getJobState(id)) === NOWHERE) lost.push(id);
      }
    }
    return lost;
  }

  /** The ids of employee jobs that an assembly waits for. */
  async function waitedFor(assembly: Job): Promise<string[]> {
    const { unprocessed = [] } = await assembly.getDependencies({ unprocessed: { count: LOOKED_AT } });
    const prefix = employees.toKey('');
    return unprocessed.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  }
}
