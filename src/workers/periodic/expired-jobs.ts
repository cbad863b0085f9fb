import type { QueueName } from '../../adapters/redis/queues.ts';
import type { RunId } from '../../domain/ids.ts';
import { parseEmployeeJobId } from '../../domain/run/employee-job-id.ts';
import { SINGLE_JOB_STAGES, STAGES } from '../../domain/run/stages.ts';
import { plural } from '../../domain/wording.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';
import type { PeriodicTask } from './periodic-task.ts';

const EVERY_MS = 60_000;

/** Failed jobs of a queue that are looked at in a round: Redis does one thing at a time, and others have to wait. */
const LOOKED_AT = 1_000;
const AT_ONCE = 100;

/** Parents before their children: a parent that outlives its last child would begin. */
const PARENTS_FIRST = SINGLE_JOB_STAGES.filter((stage) => stage !== 'run-start').reverse();

/** A failed job, and when it failed: epoch milliseconds, by the clock of its worker. */
interface FailedJob {
  readonly id: string;
  readonly failedAt: number;
}

/**
 * Removes the failed jobs of runs that Redis has forgotten (RUN_RETENTION_DAYS), and the jobs that waited for them.
 * Each time it looks at the next part of the failed jobs. Safe in any number of processes.
 */
export function expiredJobsTask(context: WorkerContext): PeriodicTask {
  const from = new Map<QueueName, number>();
  return {
    name: 'expired jobs',
    everyMs: EVERY_MS,
    run: async () => {
      let removed = 0;
      for (const name of STAGES) {
        const first = from.get(name) ?? 0;
        const looked = await failedJobs(context, name, first);
        const expired = await onlyExpired(context, name, looked);
        for (let i = 0; i < expired.length; i += AT_ONCE) {
          removed += await remove(context, name, expired.slice(i, i + AT_ONCE));
        }
        const isEnd = looked.length < LOOKED_AT;
        from.set(name, isEnd ? 0 : first + looked.length - expired.length);
      }
      if (removed > 0) context.logger.info(`Removed ${plural(removed, 'failed job')} of runs that have expired`);
    },
  };
}

async function failedJobs({ queues }: WorkerContext, name: QueueName, first: number): Promise<FailedJob[]> {
  const key = queues.byName[name].toKey('failed');
  const entries = await queues.redis.zrange(key, first, first + LOOKED_AT - 1, 'WITHSCORES');
  return Array.from({ length: entries.length / 2 }, (_, i) => ({
    id: entries[2 * i]!,
    failedAt: Number(entries[2 * i + 1]),
  }));
}

async function onlyExpired({ store, settings, now }: WorkerContext, name: QueueName, jobs: readonly FailedJob[]) {
  // Until then the run of a slot may still be made.
  const old = name === 'run-start' ? jobs.filter(({ failedAt }) => now() - failedAt > settings.run.retentionMs) : jobs;
  const gone = new Map<RunId, boolean>();
  for (const runId of new Set(old.map((job) => runOf(name, job)))) {
    gone.set(runId, (await store.findRun(runId)) === undefined);
  }
  return old.filter((job) => gone.get(runOf(name, job)));
}

/** @returns how many of the failed jobs it removed; another process may have been at it too. */
async function remove({ queues }: WorkerContext, name: QueueName, jobs: readonly FailedJob[]): Promise<number> {
  const alone = { removeChildren: false };
  for (const runId of new Set(jobs.map((job) => runOf(name, job)))) {
    for (const parent of PARENTS_FIRST) if (parent !== name) await queues.byName[parent].remove(runId, alone);
  }
  const codes = await Promise.all(jobs.map(({ id }) => queues.byName[name].remove(id, alone)));
  return codes.filter((code) => code === 1).length;
}

/** An employee's job is named for run and employee, a stage's for its run. */
function runOf(name: QueueName, { id }: FailedJob): RunId {
  return name === 'employee-simulation' ? parseEmployeeJobId(id).runId : (id as RunId);
}
