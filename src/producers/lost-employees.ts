import type { Queues } from '../adapters/redis/queues.ts';
import { FailureStore } from '../adapters/run-store/failures.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import { employeeJobId } from '../domain/run/employee-job-id.ts';
import type { PlacedEmployee } from '../domain/run/placed-employee.ts';
import type { RunRecord } from '../domain/run/record.ts';
import { missingEmployees } from '../queries/missing-employees.ts';
import { fanOut } from './fan-out.ts';

/**
 * How often an employee is queued again without anybody asking: somebody or something loses the jobs again and again.
 */
const TIMES_BY_ITSELF = 3;

/**
 * Queues again the employees who have neither a result nor a job nor a failure on record: Redis lost them together with
 * the last seconds before a power cut. Each at most three times. The run's file-assembly job then waits for them.
 * @returns how many.
 */
export async function queueLostAgain(
  queues: Queues,
  store: RunStore,
  run: RunRecord,
  attempts: number,
): Promise<number> {
  const runId = run.plan.id;
  const failures = new FailureStore(queues.redis);
  let queued = 0;
  for await (const missing of missingEmployees(store, run)) {
    const failed = await failures.among(runId, idsOf(missing));
    const lost = (await withoutJob(queues, run, missing)).filter(({ employee }) => !failed.has(employee.id));
    const allowed = await failures.countRequeue(runId, idsOf(lost), TIMES_BY_ITSELF);
    const again = lost.filter(({ employee }) => allowed.has(employee.id));
    if (again.length > 0) await fanOut(queues, store, runId, again, attempts);
    queued += again.length;
  }
  return queued;
}

/**
 * The same for somebody who asks: also those whose failed jobs were deleted, however often they were queued before.
 * @returns how many.
 */
export async function queueMissing(queues: Queues, store: RunStore, run: RunRecord, attempts: number): Promise<number> {
  const failures = new FailureStore(queues.redis);
  let queued = 0;
  for await (const missing of missingEmployees(store, run)) {
    const lost = await withoutJob(queues, run, missing);
    await failures.forget(run.plan.id, idsOf(lost));
    if (lost.length > 0) await fanOut(queues, store, run.plan.id, lost, attempts);
    queued += lost.length;
  }
  return queued;
}

async function withoutJob(
  { byName }: Queues,
  { plan }: RunRecord,
  missing: readonly PlacedEmployee[],
): Promise<PlacedEmployee[]> {
  const ids = missing.map(({ employee }) => employeeJobId(plan.id, employee.id));
  const jobs = await Promise.all(ids.map((id) => byName['employee-simulation'].getJob(id)));
  return missing.filter((_, i) => jobs[i] === undefined);
}

function idsOf(employees: readonly PlacedEmployee[]) {
  return employees.map(({ employee }) => employee.id);
}
