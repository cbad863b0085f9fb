import { reach } from '../adapters/milestones.ts';
import type { EmployeeJobData } from '../adapters/queues.ts';
import type { Recommender } from '../adapters/recommender.ts';
import { simulateEmployee } from '../domain/employee-outcome.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { EmployeeId, RunId } from '../domain/ids.ts';
import type { RunPlan } from '../domain/run-plan.ts';
import type { JobHandler } from './job-handler.ts';
import type { WhenRoom } from './redis-room.ts';
import type { WorkerContext } from './worker-context.ts';

const PLANS_KEPT = 16;

/**
 * Simulates one employee: asks the recommender once, decides, and keeps the result (contract section 4). Safe to repeat: an
 * employee who has a result is left alone, and the first result stands. `onAnswer` is told for whom the recommender answered.
 */
export function employeeSimulationHandler(
  { store }: Pick<WorkerContext, 'store'>,
  recommender: Recommender,
  whenRoom: WhenRoom,
  onAnswer?: (employeeId: EmployeeId) => void,
): JobHandler<EmployeeJobData> {
  const assignmentsOf = store.assignmentReader();
  // A run's plan never changes, and a million jobs need it.
  const plans = new Map<RunId, Promise<RunPlan>>();
  const planOf = (runId: RunId): Promise<RunPlan> => {
    const known = plans.get(runId);
    if (known) return known;
    const plan = store.getRun(runId).then((run) => run.plan);
    plans.set(runId, plan);
    plan.catch(() => plans.delete(runId));
    if (plans.size > PLANS_KEPT) plans.delete(plans.keys().next().value!);
    return plan;
  };

  return async (job, signal) => {
    const { runId, position, employeeId, employeeType } = job.data;
    // Only a job that was begun before can have left a result: the fan-out queues nobody who has one.
    if (job.attemptsStarted > 1 && (await store.positionsWithResult(runId, [position])).has(position)) return;
    const [plan, assignments] = await Promise.all([planOf(runId), assignmentsOf.read(runId, position)]);
    if (!assignments) {
      throw new BtcFakeError('RUN_NOT_FOUND', `Run ${runId} has no assignments for employee ${employeeId}`, {
        remedy: 'Its data have expired; start a new run.',
      });
    }
    const recommendations = await recommender.recommend(employeeId);
    onAnswer?.(employeeId);
    const employee = { id: employeeId, type: employeeType };
    reach('result-to-be-written', employeeId);
    const result = simulateEmployee(plan, employee, assignments, recommendations);
    // The recommender need not be asked again only because there is no room for what it said.
    await whenRoom(() => store.putResult(plan, position, result), signal);
    reach('result-written', employeeId);
  };
}
