import { reachMilestone } from '../../adapters/process/milestones.ts';
import type { Recommender } from '../../adapters/recommender/client.ts';
import { lostByRedis } from '../../adapters/redis/lost.ts';
import type { EmployeeJobData } from '../../adapters/redis/queues.ts';
import type { EmployeeId, RunId } from '../../domain/ids.ts';
import { RecentMap } from '../../domain/recent-map.ts';
import type { RunPlan } from '../../domain/run/plan.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import { simulateEmployee } from '../../domain/simulation/employee-outcome.ts';
import type { CancelledRuns } from '../periodic/cancelled-runs.ts';
import type { JobHandler } from '../runtime/job-handler.ts';
import type { WhenMemoryIsFree } from '../runtime/redis-memory.ts';
import { RunNotServed, type ServedRuns } from '../runtime/served-runs.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';

const PLANS_KEPT = 16;

/** Which runs this process works on. */
export interface EmployeeRuns {
  readonly served?: ServedRuns;
  readonly cancelled?: CancelledRuns;
}

type PlanOrRefusal = RunPlan | RunNotServed;

/**
 * Simulates one employee: asks the recommender once, decides, and keeps the result (contract section 4). Safe to
 * repeat: the first result stands.
 * @param onAnswer is told for whom the recommender answered.
 * @param served decides which runs this process may work on, once for each run.
 */
export function employeeSimulationHandler(
  { store, served, cancelled }: Pick<WorkerContext, 'store'> & EmployeeRuns,
  recommender: Recommender,
  whenMemoryIsFree: WhenMemoryIsFree,
  onAnswer?: (employeeId: EmployeeId) => void,
): JobHandler<EmployeeJobData> {
  const assignmentsOf = store.assignmentReader();
  // A run's plan and its recommender never change, and a million jobs need them.
  const plans = new RecentMap<RunId, Promise<PlanOrRefusal>>(PLANS_KEPT);
  const planOf = (runId: RunId): Promise<PlanOrRefusal> => {
    const known = plans.get(runId);
    if (known) return known;
    const plan = store.getRun(runId).then(async (run) => {
      if (run.cancelled) cancelled?.add(runId);
      return (run.cancelled ? undefined : await refusalOf(run)) ?? run.plan;
    });
    plans.set(runId, plan);
    plan.catch(() => plans.delete(runId));
    return plan;
  };
  const refusalOf = async (run: RunRecord): Promise<RunNotServed | undefined> => {
    try {
      await served?.take(run, 'employee-simulation');
      return undefined;
    } catch (error) {
      if (error instanceof RunNotServed) return error;
      throw error;
    }
  };

  return async (job, signal) => {
    const { runId, position, employeeId, employeeType } = job.data;
    if (cancelled?.has(runId)) return;
    // Only a job that was begun before can have left a result: the fan-out queues nobody who has one.
    if (job.attemptsStarted > 1 && (await store.positionsWithResult(runId, [position])).has(position)) return;
    const [plan, assignments] = await Promise.all([planOf(runId), assignmentsOf.read(runId, position)]);
    if (cancelled?.has(runId)) return;
    if (plan instanceof RunNotServed) throw plan;
    if (!assignments) {
      // The run may have expired since its plan was read.
      await store.getRun(runId);
      throw lostByRedis(`the assignments of run ${runId} for employee ${employeeId}`);
    }
    const recommendations = await recommender.recommend(employeeId);
    onAnswer?.(employeeId);
    // Active jobs of a cancelled run end here.
    if (cancelled?.has(runId)) return;
    const employee = { id: employeeId, type: employeeType };
    reachMilestone('result-to-be-written', employeeId);
    const result = simulateEmployee(plan, employee, assignments, recommendations);
    // A full Redis is no reason to ask the recommender again.
    await whenMemoryIsFree(() => store.putResult(plan, position, result), signal);
    reachMilestone('result-written', employeeId);
  };
}
