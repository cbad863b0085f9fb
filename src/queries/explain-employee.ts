import type { Job } from 'bullmq';
import type { EmployeeJobData, Queues } from '../adapters/redis/queues.ts';
import type { RunStore } from '../adapters/run-store/store.ts';
import type { Catalogs } from '../domain/catalog/content.ts';
import { BtcFakeError } from '../domain/errors.ts';
import { formatInstant } from '../domain/feeds/rows.ts';
import type { EmployeeId, RunId } from '../domain/ids.ts';
import { employeeJobId } from '../domain/run/employee-job-id.ts';
import { weekOf } from '../domain/run/plan.ts';
import type { EmployeeState, RunRecord } from '../domain/run/record.ts';
import {
  type EmployeeExplanation,
  type EmployeeProgress,
  explainDecision,
} from '../domain/simulation/employee-decision.ts';

type EmployeeJob = Job<EmployeeJobData>;

/**
 * The whole decision about one employee of a run: what was open, assigned, recommended, completed and left, and why.
 * Reads a few keys; only when the employee's job is gone, the text of the population too.
 * @param catalogsOf for a caller who knows the catalogs already.
 * @throws BtcFakeError RUN_NOT_FOUND, EMPLOYEE_NOT_FOUND.
 */
export async function explainEmployee(
  store: RunStore,
  queues: Queues,
  runId: RunId,
  employeeId: EmployeeId,
  catalogsOf: (run: RunRecord) => Promise<Catalogs> = ({ plan }) => store.readCatalogs(plan.id),
): Promise<EmployeeExplanation> {
  const run = await store.getRun(runId);
  // The job before the result: a job that is gone by then has left its result.
  const job: EmployeeJob | undefined = await queues.byName['employee-simulation'].getJob(
    employeeJobId(runId, employeeId),
  );
  const jobState = await job?.getState();
  const found = job
    ? { position: job.data.position, employee: { id: employeeId, type: job.data.employeeType } }
    : await store.findEmployee(run, employeeId);
  if (!found) {
    throw new BtcFakeError('EMPLOYEE_NOT_FOUND', `Run ${runId} has no employee ${employeeId}`, {
      remedy: `Its employees are those of ${run.employees.name} when the run was started.`,
    });
  }
  const [state, catalogs] = await Promise.all([store.readEmployee(run.plan, found), catalogsOf(run)]);
  const week = weekOf(run.plan);
  return {
    runId,
    employeeId,
    employeeType: found.employee.type,
    position: found.position + 1,
    employees: run.population.count,
    asOf: formatInstant(run.plan.asOf),
    timeZone: run.plan.timeZone,
    week: { start: formatInstant(week.startsAt), due: formatInstant(week.dueAt) },
    ...progressOf(run, state, job, jobState),
    ...explainDecision({
      week,
      catalogs,
      chosenDoses: run.assignments?.tally.dailyDose.map(({ contentId }) => contentId) ?? [],
      // Until they are frozen, the assignments may still be made again.
      assignments: run.assignments && state.assignments,
      result: state.result,
    }),
  };
}

const PROGRESS_OF_JOB: Readonly<Record<string, EmployeeProgress>> = {
  active: 'working',
  delayed: 'retrying',
  failed: 'failed',
  waiting: 'waiting',
  prioritized: 'waiting',
  paused: 'waiting',
};

function progressOf(
  run: RunRecord,
  { employee, result }: EmployeeState,
  job: EmployeeJob | undefined,
  jobState: string | undefined,
): Pick<EmployeeExplanation, 'progress' | 'reason' | 'attempts' | 'failedAt'> {
  const nothing = { reason: null, attempts: null, failedAt: null };
  if (result) return { ...nothing, progress: 'done' };
  // A job that was left to other workers, or waits for the recommender, has had no attempt.
  const isPutOff = jobState === 'delayed' && job?.attemptsMade === 0;
  const progress = jobState === undefined ? undefined : PROGRESS_OF_JOB[isPutOff ? 'waiting' : jobState];
  if (job && progress) {
    const isFailed = progress === 'failed';
    return {
      progress,
      reason: isFailed || job.attemptsMade > 0 ? (job.failedReason ?? null) : null,
      attempts: { made: job.attemptsMade, allowed: job.opts.attempts ?? 1 },
      failedAt: isFailed && job.finishedOn !== undefined ? formatInstant(job.finishedOn) : null,
    };
  }
  const leftOut = run.without.find(({ employeeId }) => employeeId === employee.id);
  if (leftOut) return { ...nothing, progress: 'left out', reason: leftOut.reason };
  const isQueued = run.stageFinishedAt.assignment !== undefined;
  return { ...nothing, progress: isQueued ? 'lost' : 'not queued' };
}
