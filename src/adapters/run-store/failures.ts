import type { EmployeeId, RunId } from '../../domain/ids.ts';
import type { RedisConnection } from '../redis/client.ts';
import { runKeys } from './keys.ts';

/**
 * Writes who failed, unless the run is gone. It expires with the run.
 *
 * KEYS: the run's record, its failures. ARGV: the employee, the reason.
 */
const PUT = `
local left = redis.call('PTTL', KEYS[1])
if left < 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], left)
return 1`;

/**
 * Counts one more time for each employee that has not had all yet. Returns 1 or 0 for each, in order.
 *
 * KEYS: the run's record, its counts. ARGV: how many times there are; then the employees.
 */
const COUNT_UP_TO = `
local left = redis.call('PTTL', KEYS[1])
local counted = {}
for i = 2, #ARGV do
  local had = tonumber(redis.call('HGET', KEYS[2], ARGV[i]) or 0)
  counted[#counted + 1] = had < tonumber(ARGV[1]) and 1 or 0
  if had < tonumber(ARGV[1]) then redis.call('HINCRBY', KEYS[2], ARGV[i], 1) end
end
if left > 0 then redis.call('PEXPIRE', KEYS[2], left) end
return counted`;

/**
 * Which employees of a run failed for good, beside their failed jobs, which somebody may delete; and how often an
 * employee was queued again by itself, because Redis had lost the result and the job. A person's re-queue forgets both.
 */
export class FailureStore {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  /** Records that an employee failed for good. @param reason as the failed job shows it; no secrets. */
  async put(runId: RunId, employeeId: EmployeeId, reason: string): Promise<void> {
    const { record, failures } = runKeys(runId);
    await this.#redis.eval(PUT, 2, record, failures, String(employeeId), reason);
  }

  /** Which of these employees failed for good, at most a chunk of the population. */
  async among(runId: RunId, employeeIds: readonly EmployeeId[]): Promise<ReadonlySet<EmployeeId>> {
    if (employeeIds.length === 0) return new Set();
    const reasons = await this.#redis.hmget(runKeys(runId).failures, ...employeeIds.map(String));
    return new Set(employeeIds.filter((_, i) => reasons[i] !== null));
  }

  /**
   * Which of these employees may be queued again by themselves; each time that is asked counts.
   * @param times at most.
   */
  async countRequeue(
    runId: RunId,
    employeeIds: readonly EmployeeId[],
    times: number,
  ): Promise<ReadonlySet<EmployeeId>> {
    if (employeeIds.length === 0) return new Set();
    const { record, requeues } = runKeys(runId);
    const given = [times, ...employeeIds.map(String)];
    const counted = (await this.#redis.eval(COUNT_UP_TO, 2, record, requeues, ...given)) as number[];
    return new Set(employeeIds.filter((_, i) => counted[i] === 1));
  }

  /** Somebody tries these again: what was recorded of them is no longer so. */
  async forget(runId: RunId, employeeIds: readonly EmployeeId[]): Promise<void> {
    if (employeeIds.length === 0) return;
    const { failures, requeues } = runKeys(runId);
    const fields = employeeIds.map(String);
    await this.#redis
      .multi()
      .hdel(failures, ...fields)
      .hdel(requeues, ...fields)
      .exec();
  }
}
