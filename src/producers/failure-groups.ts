import { hash } from 'node:crypto';
import type { Queues } from '../adapters/queues.ts';
import { failureGroup } from '../domain/failure-group.ts';
import { type EmployeeId, parseEmployeeId } from '../domain/ids.ts';
import type { FailedEmployee } from '../domain/manifest.ts';
import type { RunFailures } from './failed-employees.ts';

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

/** Redis does one thing at a time: so many at once let others have their turn. */
const AT_ONCE = 500;

/** Groups failed employees by reason. */
export function groupFailures(failed: readonly FailedEmployee[], total = failed.length): FailureGroups {
  const byReason = new Map<string, EmployeeId[]>();
  for (const { employeeId, reason } of failed) {
    const common = failureGroup(reason, employeeId);
    const known = byReason.get(common);
    if (known) known.push(employeeId);
    else byReason.set(common, [employeeId]);
  }
  const groups = Array.from(byReason, ([reason, employeeIds]) => ({ id: groupId(reason), reason, employeeIds }));
  groups.sort((a, b) => b.employeeIds.length - a.employeeIds.length || (a.reason < b.reason ? -1 : 1));
  return { total, grouped: failed.length, groups };
}

/**
 * The newest failed employees of a run with their reasons, those that failed last first: at most `limit` after the first `skip`.
 * Whoever was re-queued since is left out.
 */
export async function readFailures(
  queues: Queues,
  failures: RunFailures,
  limit: number,
  skip = 0,
): Promise<FailedEmployee[]> {
  const queue = queues.byName['employee-simulation'];
  const jobIds = [...failures.jobIds].reverse().slice(skip, skip + limit);
  const failed: FailedEmployee[] = [];
  for (let from = 0; from < jobIds.length; from += AT_ONCE) {
    const some = jobIds.slice(from, from + AT_ONCE);
    const pipeline = queues.redis.pipeline();
    for (const jobId of some) pipeline.hmget(queue.toKey(jobId), 'failedReason', 'finishedOn');
    const replies = (await pipeline.exec()) ?? [];
    for (const [i, [error, value]] of replies.entries()) {
      if (error) throw error;
      const [reason, finishedOn] = value as (string | null)[];
      const employeeId = employeeOf(some[i]!);
      if (typeof finishedOn !== 'string' || employeeId === undefined) continue;
      failed.push({ employeeId, reason: reason ?? 'unknown' });
    }
  }
  return failed;
}

function groupId(reason: string): string {
  return hash('sha256', reason, 'hex').slice(0, 12);
}

/** A job's id is its run's and its employee's. */
function employeeOf(jobId: string): EmployeeId | undefined {
  return parseEmployeeId(jobId.slice(jobId.lastIndexOf('-') + 1));
}
