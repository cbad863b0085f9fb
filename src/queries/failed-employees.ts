import type { Queues } from '../adapters/redis/queues.ts';
import type { RunId } from '../domain/ids.ts';
import { parseEmployeeJobId } from '../domain/run/employee-job-id.ts';

/** The failed employee jobs of one run. Instants are epoch milliseconds, by the clocks of the workers. */
export interface RunFailures {
  /** When each failed, the oldest first. */
  readonly jobIds: ReadonlyMap<string, number>;
  readonly oldestAt: number;
  readonly newestAt: number;
}

/** Redis does one thing at a time: so many at once let others have their turn. */
const PAGE = 5_000;

/**
 * The failed employee jobs by run. The queue knows no runs, so all failed jobs are walked; the walk is done again only
 * when something has failed or was re-queued since, which costs one short question.
 */
export class FailedEmployees {
  readonly #queues: Queues;
  #mark = '';
  #byRun: Promise<ReadonlyMap<RunId, RunFailures>> = Promise.resolve(new Map());

  constructor(queues: Queues) {
    this.#queues = queues;
  }

  /** Those of a run that has any; undefined when nobody of it has failed. */
  async ofRun(runId: RunId): Promise<RunFailures | undefined> {
    return (await this.byRun()).get(runId);
  }

  async byRun(): Promise<ReadonlyMap<RunId, RunFailures>> {
    const mark = await this.#readMark();
    if (mark !== this.#mark) {
      this.#mark = mark;
      this.#byRun = this.#walk();
      this.#byRun.catch(() => this.#forget());
    }
    return this.#byRun;
  }

  #forget(): void {
    this.#mark = '';
    this.#byRun = Promise.resolve(new Map());
  }

  /**
   * Another one failed: there is a newest one. Fewer are failed: there are fewer. Both together: there is a newest one.
   */
  async #readMark(): Promise<string> {
    const { redis } = this.#queues;
    const [count, newest] = await Promise.all([redis.zcard(this.#key), redis.zrange(this.#key, -1, -1, 'WITHSCORES')]);
    return count === 0 ? '' : `${count} ${newest.join(' ')}`;
  }

  async #walk(): Promise<ReadonlyMap<RunId, RunFailures>> {
    const byRun = new Map<RunId, { jobIds: Map<string, number>; oldestAt: number; newestAt: number }>();
    for (let from = 0; ; from += PAGE) {
      const entries = await this.#queues.redis.zrange(this.#key, from, from + PAGE - 1, 'WITHSCORES');
      for (let i = 0; i < entries.length; i += 2) {
        const jobId = entries[i]!;
        const failedAt = Number(entries[i + 1]);
        const runId = parseEmployeeJobId(jobId).runId;
        const known = byRun.get(runId);
        if (known === undefined)
          byRun.set(runId, { jobIds: new Map([[jobId, failedAt]]), oldestAt: failedAt, newestAt: failedAt });
        else {
          known.jobIds.set(jobId, failedAt);
          known.newestAt = failedAt;
        }
      }
      if (entries.length < 2 * PAGE) return byRun;
    }
  }

  get #key(): string {
    return this.#queues.byName['employee-simulation'].toKey('failed');
  }
}
