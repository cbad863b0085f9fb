import { type EmployeeJobData, employeeJobId, PAYLOAD_VERSION, type Queues } from '../adapters/queues.ts';
import type { RunStore } from '../adapters/run-store.ts';
import type { Employee } from '../domain/employees.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { RunId } from '../domain/ids.ts';
import { employeeJobOptions } from './job-options.ts';

/** An employee at a place in the population. */
export interface PlacedEmployee {
  readonly position: number;
  readonly employee: Employee;
}

/** The employees of a chunk of the population that begins at a position. */
export function placed(employees: readonly Employee[], firstPosition: number): PlacedEmployee[] {
  return employees.map((employee, i) => ({ position: firstPosition + i, employee }));
}

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
  const added = await queues.byName['employee-simulation'].addBulk(jobs);
  // `addBulk` is a pipeline that swallows script errors: a job that was not added comes back under another id.
  const lost = jobs.filter((job, i) => added[i]?.id !== job.opts.jobId).length;
  if (lost > 0) {
    throw new BtcFakeError('INTERNAL', `The queue did not take ${lost} of ${jobs.length} employees of run ${runId}`);
  }
}
