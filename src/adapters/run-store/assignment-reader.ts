import type { RunId } from '../../domain/ids.ts';
import { RecentMap } from '../../domain/recent-map.ts';
import type { EmployeeAssignments } from '../../domain/simulation/manager-assignments.ts';
import type { RedisConnection } from '../redis/client.ts';
import { decodeAssignments } from './employee-records.ts';
import { decodeOptional } from './record-codec.ts';

/** Employees whose assignments are read at once. */
const GROUP = 64;
/** More than are worked on at the same time: 500 employees of one run are in nine groups. */
const GROUPS_KEPT = 64;

/**
 * Reads what employees start from. The second employee of a group makes it read the whole group with one command; a
 * single employee, of a retry for example, is read alone. Assignments are frozen, so it keeps what it has read.
 */
export class AssignmentReader {
  readonly #redis: RedisConnection;
  readonly #keyOf: (runId: RunId) => string;
  /** By run and group; undefined while only one employee of it was asked for. */
  readonly #groups = new RecentMap<string, Promise<(string | null)[]> | undefined>(GROUPS_KEPT);

  /** @param keyOf names the hash of assignments of a run, by position. */
  constructor(redis: RedisConnection, keyOf: (runId: RunId) => string) {
    this.#redis = redis;
    this.#keyOf = keyOf;
  }

  /** The assignments at a position of the population; undefined when the run's keys have expired. */
  async read(runId: RunId, position: number): Promise<EmployeeAssignments | undefined> {
    const index = position % GROUP;
    const first = position - index;
    const name = `${runId}/${first}`;
    const known = this.#groups.get(name);
    if (known) {
      const text = (await known)[index];
      // What is not there may come: a Redis that lost it gets it again.
      return text ? decodeAssignments(text, this.#keyOf(runId)) : this.#readOne(runId, position);
    }
    if (!this.#groups.has(name)) {
      this.#keep(name, undefined);
      return this.#readOne(runId, position);
    }
    const positions = Array.from({ length: GROUP }, (_, i) => String(first + i));
    const group = this.#redis.hmget(this.#keyOf(runId), ...positions);
    this.#keep(name, group);
    group.catch(() => this.#groups.delete(name));
    return decodeOptional((await group)[index], (text) => decodeAssignments(text, this.#keyOf(runId)));
  }

  async #readOne(runId: RunId, position: number): Promise<EmployeeAssignments | undefined> {
    const key = this.#keyOf(runId);
    return decodeOptional(await this.#redis.hget(key, String(position)), (text) => decodeAssignments(text, key));
  }

  #keep(name: string, group: Promise<(string | null)[]> | undefined): void {
    this.#groups.set(name, group);
  }
}
