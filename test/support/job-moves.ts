import { type Job, UnrecoverableError, Worker } from 'bullmq';
import type { QueueName } from '../../src/adapters/queues.ts';
import { REDIS_PREFIX } from '../../src/adapters/run-store.ts';
import type { RunRoom } from './run-room.ts';

/**
 * Takes `count` jobs of a queue by hand, as a worker would, and gives each an outcome: nothing for done, a text for failed
 * for good, with that reason.
 */
export async function takeJobs(
  room: Pick<RunRoom, 'redis'>,
  queue: QueueName,
  count: number,
  outcome: (job: Job) => Promise<string | undefined> | string | undefined = () => undefined,
): Promise<void> {
  const worker = new Worker(queue, null, { connection: room.redis, prefix: REDIS_PREFIX, autorun: false });
  try {
    for (let taken = 0; taken < count; taken += 1) {
      const token = `by-hand-${taken}`;
      const job: Job | undefined = await worker.getNextJob(token, { block: false });
      if (!job) throw new Error(`Only ${taken} of ${count} jobs were there in ${queue}`);
      const reason = await outcome(job);
      if (reason === undefined) await job.moveToCompleted(undefined, token, false);
      else await job.moveToFailed(new UnrecoverableError(reason), token, false);
    }
  } finally {
    await worker.close();
  }
}
