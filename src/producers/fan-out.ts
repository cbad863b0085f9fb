import { reachMilestone } from '../adapters/process/milestones.ts';
import { type EmployeeJobData, PAYLOAD_VERSION, type Queues } from '../adapters/redis/queues.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { RunId } from '../domain/ids.ts';
import { employeeJobId } from '../domain/run/employee-job-id.ts';
import type { PlacedEmployee } from '../domain/run/placed-employee.ts';
import { employeeJobOptions } from './job-options.ts';

/** Redis does one thing at a time: while it takes a long pipeline of jobs, those that are worked on have to wait. */
const JOBS_AT_ONCE = 100;

/**
 * Gives employees to the queue as children of the run's file-assembly job, so that the assembly waits for each. Safe to
 * repeat: an employee that is queued or has a result is not queued again.
 * @throws BtcFakeError INTERNAL when the queue took only some of them, which it does not say by itself.
 */
export async function fanOut(
  queues: Queues,
  store: RunStore,
  runId: RunId,
  employees: readonly PlacedEmployee[],
  attempts: number,
): Promise<void> {
  const done = await store.positionsWithResult(
    runId,
    employees.map(({ position }) => position),
  );
  const parent = { id: runId, queue: queues.byName['file-assembly'].qualifiedName };
  const jobs = employees.flatMap(({ position, employee }) => {
    if (done.has(position)) return [];
    const data: EmployeeJobData = {
      version: PAYLOAD_VERSION,
      runId,
      position,
      employeeId: employee.id,
      employeeType: employee.type,
    };
    const jobId = employeeJobId(runId, employee.id);
    return [{ name: 'employee', data, opts: { jobId, parent, ...employeeJobOptions(attempts) } }];
  });
  let lost = 0;
  for (let from = 0; from < jobs.length; from += JOBS_AT_ONCE) {
    const some = jobs.slice(from, from + JOBS_AT_ONCE);
    const added = await queues.byName['employee-simulation'].addBulk(some);
    // `addBulk` is a pipeline that swallows script errors: a job that was not added comes back under another id.
    lost += some.filter((job, i) => added[i]?.id !== job.opts.jobId).length;
    reachMilestone('fan-out-chunk-added');
  }
  if (lost > 0) {
    throw new BtcFakeError('INTERNAL', `The queue did not take ${lost} of ${jobs.length} employees of run ${runId}`);
  }
}
