import { type EmployeeId, parseEmployeeId, type RunId } from '../ids.ts';

/** The id of an employee's job: the same employee is queued once in a run, however often the fan-out is repeated. */
export function employeeJobId(runId: RunId, employeeId: EmployeeId): string {
  return `${runId}-${employeeId}`;
}

/** What an employee's job id says; `employeeId` is undefined when the id was made by somebody else. */
export function parseEmployeeJobId(jobId: string): {
  readonly runId: RunId;
  readonly employeeId: EmployeeId | undefined;
} {
  const at = jobId.lastIndexOf('-');
  return { runId: jobId.slice(0, at) as RunId, employeeId: parseEmployeeId(jobId.slice(at + 1)) };
}
