import type { RedisConnection } from '../../adapters/redis/client.ts';
import { findWitnesses } from '../../adapters/run-store/witnesses.ts';
import type { EmployeeId, RunId } from '../../domain/ids.ts';
import { RecentMap } from '../../domain/recent-map.ts';
import { isSignOfAnOutage } from '../../domain/recommender/outage.ts';

/** Whom so few fail for is not to be the proof that others are answered. */
const REMEMBERED_FAILURES = 200;
const ASKED_AT_FIRST = 3;

/** Somebody for whom a call failed. */
export interface FailedEmployee {
  readonly runId: RunId;
  readonly employeeId: EmployeeId;
}

/**
 * Tries whether the recommender answers others than those for whom it fails: somebody whom it has answered before, in
 * this process or in a run, or else anybody of the run. The answer is used for nothing else.
 */
export class RecommenderProbe {
  readonly #redis: RedisConnection;
  readonly #ask: (employeeId: EmployeeId) => Promise<unknown>;
  readonly #failed = new RecentMap<EmployeeId, true>(REMEMBERED_FAILURES);
  #answered: EmployeeId | undefined;
  #last: FailedEmployee | undefined;

  constructor(redis: RedisConnection, ask: (employeeId: EmployeeId) => Promise<unknown>) {
    this.#redis = redis;
    this.#ask = ask;
  }

  /** The recommender answered for this employee. */
  answered(employeeId: EmployeeId): void {
    this.#answered = employeeId;
    if (this.#failed.size > 0) this.#failed.delete(employeeId);
  }

  /** A call failed for this employee. */
  failed(employee: FailedEmployee): void {
    this.#last = employee;
    if (this.#answered === employee.employeeId) this.#answered = undefined;
    this.#failed.set(employee.employeeId, true);
  }

  /**
   * Asks about three at once the first time, then about one each time.
   * @returns when somebody got an answer, of whatever kind.
   * @throws BtcFakeError that is a sign of an outage, when nobody did.
   */
  async run(isFirst: boolean): Promise<void> {
    const witnesses = await this.#witnesses(isFirst ? ASKED_AT_FIRST : 1);
    const calls = witnesses.map((employeeId) =>
      this.#ask(employeeId).catch((error: unknown) => {
        if (isSignOfAnOutage(error)) throw error;
      }),
    );
    await Promise.any(calls).catch((error: AggregateError) => {
      throw error.errors[0];
    });
  }

  async #witnesses(most: number): Promise<EmployeeId[]> {
    const own = this.#answered;
    const { runId, employeeId } = this.#last!;
    const found = await findWitnesses(this.#redis, runId, most, new Set(this.#failed.keys())).catch(() => []);
    // Asked about one at a time, somebody else each time: the one whom it knew may be gone.
    const all = most === 1 ? [...found, own] : [own, ...found];
    const witnesses = [...new Set(all.filter((id) => id !== undefined))].slice(0, most);
    return witnesses.length > 0 ? witnesses : [employeeId];
  }
}
