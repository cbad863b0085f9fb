import { hash } from 'node:crypto';
import type { Queues } from '../adapters/redis/queues.ts';
import type { EmployeeId } from '../domain/ids.ts';
import { parseEmployeeJobId } from '../domain/run/employee-job-id.ts';
import { failureGroup } from '../domain/run/failure-group.ts';
import type { FailedEmployee } from '../domain/run/manifest.ts';
import type { RunFailures } from './failed-employees.ts';

/** A failed employee, as read. */
export interface FailureRead extends FailedEmployee {
  readonly jobId: string;
  /** Epoch milliseconds. */
  readonly failedAt: number;
  /** What the reason has in common with those of others. */
  readonly common: string;
}

/** Failed employees whose reasons are the same but for ids and times. */
export interface FailureGroup {
  /** 12 hexadecimal characters, the same whenever and wherever the group is made. */
  readonly id: string;
  readonly reason: string;
  /** Those that failed last first. */
  readonly employeeIds: readonly EmployeeId[];
}

/** The failed employees of a run by reason. */
export interface FailureGroups {
  /** All that have failed. */
  readonly total: number;
  /** How many of them the groups hold: the newest. */
  readonly grouped: number;
  /** The largest first. */
  readonly groups: readonly FailureGroup[];
}

/** What of a run's failures is wanted, and what was read before. */
export interface FailureReading {
  /** At most so many, those that failed last first. */
  readonly limit: number;
  readonly skip?: number;
  /** Cuts secrets out of a reason. */
  readonly cut: (reason: string) => string;
  /** What was read before, by job id: who has not failed again since is not read again. */
  readonly known?: ReadonlyMap<string, FailureRead>;
}

/** Redis does one thing at a time: so many at once let others have their turn. */
const AT_ONCE = 500;

/**
 * Reads failed employees of a run with their reasons. Employees that were re-queued since `failures` was found are left
 * out.
 */
export async function readFailures(
  queues: Queues,
  failures: RunFailures,
  { limit, skip = 0, cut, known }: FailureReading,
): Promise<FailureRead[]> {
  const wanted = [...failures.jobIds].reverse().slice(skip, skip + limit);
  const read = new Map<string, FailureRead>();
  const unknown = wanted.filter(([jobId, failedAt]) => {
    const before = known?.get(jobId);
    if (before?.failedAt === failedAt) read.set(jobId, before);
    return before?.failedAt !== failedAt;
  });
  for (let from = 0; from < unknown.length; from += AT_ONCE) {
    const some = unknown.slice(from, from + AT_ONCE);
    for (const [i, reason] of (await readReasons(queues, some)).entries()) {
      const [jobId, failedAt] = some[i]!;
      // A job's id is its run's and its employee's.
      const employeeId = parseEmployeeJobId(jobId).employeeId;
      if (reason === undefined || employeeId === undefined) continue;
      const shown = cut(reason);
      read.set(jobId, { jobId, failedAt, employeeId, reason: shown, common: failureGroup(shown, employeeId) });
    }
  }
  return wanted.flatMap(([jobId]) => read.get(jobId) ?? []);
}

/** Groups failed employees by reason. @param total how many there are in all. */
export function groupFailures(
  failed: readonly Pick<FailureRead, 'employeeId' | 'common'>[],
  total = failed.length,
): FailureGroups {
  const byReason = new Map<string, EmployeeId[]>();
  for (const { employeeId, common } of failed) {
    const known = byReason.get(common);
    if (known) known.push(employeeId);
    else byReason.set(common, [employeeId]);
  }
  const groups = Array.from(byReason, ([reason, employeeIds]) => {
    return { id: hash('sha256', reason, 'hex').slice(0, 12), reason, employeeIds };
  });
  groups.sort((a, b) => b.employeeIds.length - a.employeeIds.length || (a.reason < b.reason ? -1 : 1));
  return { total, grouped: failed.length, groups };
}

/** The reason of each job; undefined for a job that is not failed any more. */
async function readReasons(queues: Queues, jobs: readonly (readonly [string, number])[]) {
  const queue = queues.byName['employee-simulation'];
  const pipeline = queues.redis.pipeline();
  for (const [jobId] of jobs) pipeline.hmget(queue.toKey(jobId), 'failedReason', 'finishedOn');
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, value]) => {
    if (error) throw error;
    const [reason, finishedOn] = value as (string | null)[];
    return typeof finishedOn === 'string' ? (reason ?? 'unknown') : undefined;
  });
}
