import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { RecommenderClient } from '../../src/adapters/recommender/client.ts';
import type { EmployeeId } from '../../src/domain/ids.ts';
import { benchRecommender } from '../baselines/bare-recommender-loop.ts';
import { FIRST_EMPLOYEE } from '../workload.ts';

/**
 * The bare loop's calls as jobs of BullMQ, one for each, that are worked on while they are added, and nothing of ours:
 * no run, no parent, no assignments, no result. Arguments: Redis, URL, client, employees, concurrency.
 */
const [location, url, client, employees, concurrency] = process.argv.slice(2);
const CHUNK = 1_000;
const QUEUE = 'calls';

const connection = new Redis(location!, { maxRetriesPerRequest: null });
const recommender = benchRecommender(url!, client as RecommenderClient, Number(concurrency));
const queue = new Queue<{ employeeId: EmployeeId }>(QUEUE, { connection });
let left = Number(employees);
await new Promise<void>((resolve, reject) => {
  const worker = new Worker<{ employeeId: EmployeeId }>(
    QUEUE,
    async (job) => {
      await recommender.recommend(job.data.employeeId);
    },
    { connection, concurrency: Number(concurrency), removeOnComplete: { count: 0 } },
  );
  worker.on('completed', () => {
    left -= 1;
    if (left === 0) worker.close().then(resolve, reject);
  });
  worker.on('failed', (_job, error) => reject(error));
  addCalls(left).catch(reject);
});
await queue.close();
recommender.close();
connection.disconnect();
process.stdout.write('{}\n');

async function addCalls(count: number): Promise<void> {
  for (let from = 0; from < count; from += CHUNK) {
    const size = Math.min(CHUNK, count - from);
    await queue.addBulk(
      Array.from({ length: size }, (_, i) => ({
        name: 'call',
        data: { employeeId: (FIRST_EMPLOYEE + from + i) as EmployeeId },
      })),
    );
  }
}
