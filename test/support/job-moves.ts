import { type Job, UnrecoverableError, Worker } from 'bullmq';
import type { QueueName } from '../../src/adapters/redis/queues.ts';
import { REDIS_PREFIX } from '../../src/adapters/run-store/keys.ts';
import { placed } from '../../src/domain/run/placed-employee.ts';
import type { RunRecord } from '../../src/domain/run/record.ts';
import type { Stage } from '../../src/domain/run/stages.ts';
import type { Employee } from '../../src/domain/simulation/employees.ts';
import { fanOut } from '../../src/producers/fan-out.ts';
import type { RunFixture } from './run-fixture.ts';
import { ASSIGNMENT_FACTS, fullAssignments } from './run-state.ts';

/**
 * Takes `count` jobs of a queue by hand, as a worker would, and gives each an outcome: nothing for done, a text for
 * failed for good, with that reason.
 */
export async function takeJobs(
  fixture: Pick<RunFixture, 'redis'>,
  queue: QueueName,
  count: number,
  outcome: (job: Job) => Promise<string | undefined> | string | undefined = () => undefined,
): Promise<void> {
  // As our own workers are: a completed employee's job leaves nothing behind.
  const keep = queue === 'employee-simulation' ? { removeOnComplete: { count: 0 } } : {};
  const worker = new Worker(queue, null, { connection: fixture.redis, prefix: REDIS_PREFIX, autorun: false, ...keep });
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

/** Notes that a stage of a run has begun and ended. */
export async function stageDone({ store }: Pick<RunFixture, 'store'>, run: RunRecord, stage: Stage): Promise<void> {
  await store.startStage(run.plan.id, stage, 1);
  await store.finishStage(run.plan.id, stage, 2);
}

/** A run whose employees have assignments and are on the queue; what comes before was done by hand. */
export async function fannedOutRun(
  fixture: RunFixture,
  employees: readonly Employee[],
  attempts = 3,
): Promise<RunRecord> {
  const run = await fixture.createRunWithFlow(employees);
  const { id } = run.plan;
  await stageDone(fixture, run, 'run-start');
  await takeJobs(fixture, 'catalog-download', 1);
  await stageDone(fixture, run, 'catalog-download');
  await takeJobs(fixture, 'assignment', 1, async () => {
    await fixture.store.putAssignments(id, new Map(employees.map((_, i) => [i, fullAssignments(i)])));
    await fixture.store.freezeAssignments(id, ASSIGNMENT_FACTS);
    await fanOut(fixture.queues, fixture.store, id, placed(employees, 0), attempts);
    return undefined;
  });
  await stageDone(fixture, run, 'assignment');
  return fixture.store.getRun(id);
}
