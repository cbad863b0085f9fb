import type { Job } from 'bullmq';
import type { Logger } from 'pino';
import type { EmployeeJobData, QueueName, StageJobData } from '../../adapters/redis/queues.ts';
import { parseRunId } from '../../domain/ids.ts';

const NAMED = 5;

/** What each line of the log names of the job that it is about. */
export interface JobFields {
  readonly queue: string;
  readonly job: string | undefined;
  readonly runId?: string;
  readonly employeeId?: number;
}

/** The fields of a job at hand. Its data may be anything: somebody else may have written them. */
export function jobFields(job: Job<StageJobData>): JobFields {
  const { runId, employeeId }: Partial<EmployeeJobData> = job.data ?? {};
  return {
    queue: job.queueName,
    job: job.id,
    ...(runId === undefined ? {} : { runId }),
    ...(employeeId === undefined ? {} : { employeeId }),
  };
}

/** The fields of a job of which nothing but its id is known. */
export function jobIdFields(queue: QueueName, job: string): JobFields {
  if (queue === 'employee-simulation') {
    const [, runId, employeeId] = /^(.+)-(\d+)$/.exec(job) ?? [];
    return runId === undefined ? { queue, job } : { queue, job, runId, employeeId: Number(employeeId) };
  }
  const runId = parseRunId(job);
  return runId === undefined ? { queue, job } : { queue, job, runId };
}

/** The fields of a line about many jobs of a queue at once, of which nothing but their ids is known. */
export function manyJobsFields(queue: QueueName, ids: readonly string[]) {
  const runIds = [...new Set(ids.map((id) => jobIdFields(queue, id).runId))];
  return {
    queue,
    jobs: ids.length,
    firstJobs: ids.slice(0, NAMED),
    ...(runIds.length === 1 ? { runId: runIds[0] } : { runIds }),
  };
}

/** A logger for what a stage does with a job. */
export function jobLogger(logger: Logger, job: Job<StageJobData>): Logger {
  return logger.child(jobFields(job));
}
