import type { BulkJobOptions } from 'bullmq';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { openQueues, type Queues } from '../../src/adapters/redis/queues.ts';
import { RunStore } from '../../src/adapters/run-store/store.ts';
import { placed } from '../../src/domain/run/placed-employee.ts';
import type { RunRecord } from '../../src/domain/run/record.ts';
import { fanOut } from '../../src/producers/fan-out.ts';
import { benchRun, RETENTION_MS } from '../bench-run.ts';
import type { InTurn } from '../in-turn.ts';

/**
 * Gives employees to the queue, in turn with the bare library: `addBulk` of as many jobs that are empty, belong to no
 * run and are children of nobody. Nobody works on either. Arguments: Redis, employees, repeats, the employees file.
 */
const [location, employees, repeats, employeesFile] = process.argv.slice(2);
const CHUNK = 1_000;
const ATTEMPTS = 5;

const redis = await connectRedis(location!, 'worker');
const queues = openQueues(redis);
const store = new RunStore(redis, RETENTION_MS);
const seconds: InTurn = { ours: [], bare: [] };
// The first of each only warms up.
for (let i = 0; i <= Number(repeats); i++) {
  await redis.flushall();
  const bare = await timed(() => addEmptyJobs(queues, Number(employees)));
  await redis.flushall();
  const run = await benchRun(store, queues, employeesFile!);
  const ours = await timed(() => fanOutAll(run));
  if (i === 0) continue;
  seconds.bare.push(bare);
  seconds.ours.push(ours);
}
await queues.close();
redis.disconnect();
process.stdout.write(`${JSON.stringify(seconds)}\n`);

async function addEmptyJobs({ byName }: Queues, count: number): Promise<void> {
  const opts: BulkJobOptions = { removeOnComplete: true };
  for (let from = 0; from < count; from += CHUNK) {
    const size = Math.min(CHUNK, count - from);
    await byName['employee-simulation'].addBulk(
      Array.from({ length: size }, () => ({ name: 'empty', data: {}, opts })),
    );
  }
}

/** As the assignment stage does it. */
async function fanOutAll(run: RunRecord): Promise<void> {
  let first = 0;
  for await (const chunk of store.readPopulation(run.plan.id)) {
    await fanOut(queues, store, run.plan.id, placed(chunk, first), ATTEMPTS);
    first += chunk.length;
    await store.setFannedOut(run.plan.id, first);
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}
