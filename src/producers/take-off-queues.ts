import type { Queue } from 'bullmq';
import type { Queues } from '../adapters/redis/queues.ts';
import { TAKE_OFF } from '../adapters/redis/take-off-script.ts';
import type { RunId } from '../domain/ids.ts';
import { parseEmployeeJobId } from '../domain/run/employee-job-id.ts';
import { SINGLE_JOB_STAGES } from '../domain/run/stages.ts';

/** What was done to the jobs of a run. */
export interface TakenOff {
  readonly removed: number;
  /** Those that workers hold; each ends by itself, or is given back and can be taken off then. */
  readonly inHand: number;
}

/**
 * Parents first: without its parent no employee can be queued any more, and a parent that lost its last child would
 * begin.
 */
const PARENTS_FIRST = [...SINGLE_JOB_STAGES].reverse();

/** Redis does one thing at a time: so many jobs at once let others have their turn. */
const AT_ONCE = 500;
const LISTS = ['wait', 'paused'] as const;
const SETS = ['failed', 'delayed', 'prioritized'] as const;

/** What BullMQ answers when it has removed a job; 0 when a worker holds it. */
const REMOVED = 1;

/**
 * Takes all jobs of a cancelled run off the queues unless a worker holds them, a part at a time. Safe to repeat, also
 * by several processes at once; call it until nothing is removed or in progress.
 */
export async function takeOffQueues(queues: Queues, runId: RunId): Promise<TakenOff> {
  const found = { removed: 0, inHand: 0 };
  for (const name of PARENTS_FIRST) {
    const queue = queues.byName[name];
    const job = await queue.getJob(runId);
    if (!job) continue;
    // Removed with them, a parent of a hundred thousand would keep Redis busy for a second.
    await queues.redis.unlink(queue.toKey(`${runId}:dependencies`), queue.toKey(`${runId}:processed`));
    const isRemoved = (await queue.remove(runId, { removeChildren: false })) === REMOVED;
    if (isRemoved) found.removed += 1;
    else found.inHand += 1;
  }
  const employees = queues.byName['employee-simulation'];
  for (const set of SETS) await takeOffSet(queues, employees, set, runId, found);
  for (const list of LISTS) found.removed += await takeOffList(queues, employees, list, runId);
  const active = await queues.redis.lrange(employees.toKey('active'), 0, -1);
  await removeEach(
    employees,
    active.filter((id) => isOfRun(id, runId)),
    found,
  );
  return found;
}

async function takeOffList({ redis }: Queues, queue: Queue, list: string, runId: RunId): Promise<number> {
  let removed = 0;
  for (let skip = 0, isEnd = 0; isEnd === 0; ) {
    const given = [queue.toKey(''), runId, skip, AT_ONCE];
    const [taken, left, end] = (await redis.eval(TAKE_OFF, 1, queue.toKey(list), ...given)) as [number, number, number];
    removed += taken;
    skip += left;
    isEnd = end;
  }
  return removed;
}

async function takeOffSet(
  { redis }: Queues,
  queue: Queue,
  set: string,
  runId: RunId,
  found: { removed: number; inHand: number },
): Promise<void> {
  for (let from = 0; ; ) {
    const ids = await redis.zrange(queue.toKey(set), from, from + AT_ONCE - 1);
    const own = ids.filter((id) => isOfRun(id, runId));
    await removeEach(queue, own, found);
    from += ids.length - own.length;
    if (ids.length < AT_ONCE) return;
  }
}

async function removeEach(queue: Queue, ids: readonly string[], found: { removed: number; inHand: number }) {
  const codes = await Promise.all(ids.map((id) => queue.remove(id, { removeChildren: false })));
  const removed = codes.filter((code) => code === REMOVED).length;
  found.removed += removed;
  found.inHand += codes.length - removed;
}

/** An employee's job is named for run and employee. */
function isOfRun(jobId: string, runId: RunId): boolean {
  return parseEmployeeJobId(jobId).runId === runId;
}
