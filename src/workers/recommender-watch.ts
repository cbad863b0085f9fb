import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { clearOutageNote, writeOutageNote } from '../adapters/outage-note.ts';
import { RecommenderOutage, type Rest } from '../domain/recommender-outage.ts';
import type { EmployeeConcurrency } from './employee-concurrency.ts';
import { failureReason } from './job-handler.ts';
import type { WorkerRest } from './worker-rest.ts';

/** What a watch needs. */
export interface RecommenderWatchOptions {
  readonly patienceMs: number;
  readonly concurrency: EmployeeConcurrency;
  readonly redis: Redis;
  readonly logger: Logger;
  readonly now: () => number;
  readonly cutSecrets: (text: string) => string;
  /** Told when an outage begins and when it is over. */
  readonly onOutage?: ((isOne: boolean) => void) | undefined;
}

/**
 * Watches the recommender calls of this process. While the recommender fails for everybody or refuses everybody, this process
 * takes no employees but one from time to time, as a trial; others may well be served elsewhere. Told once in the log, and to
 * everybody by a note in Redis.
 */
export class RecommenderWatch {
  readonly #options: RecommenderWatchOptions;
  readonly #outage: RecommenderOutage;
  #rest: WorkerRest | undefined;
  #isResting = false;

  constructor(options: RecommenderWatchOptions) {
    this.#options = options;
    this.#outage = new RecommenderOutage(options.patienceMs);
  }

  /** From now on this worker rests when it has to. */
  attach(rest: WorkerRest): void {
    this.#rest = rest;
  }

  /** A call succeeded. Costs nothing while all is well. */
  readonly succeeded = (): void => {
    this.#outage.succeeded();
    if (!this.#isResting) return;
    this.#options.logger.warn('The recommender answers again; going on');
    this.#goOn();
  };

  /**
   * The handling of a job failed.
   * @returns how long the job is to wait, with no attempt counted, in milliseconds; undefined when the failure is the job's own.
   */
  readonly failed = (error: unknown, job: Job): number | undefined => {
    const askedBefore = job.attemptsStarted > 1;
    const rest = this.#outage.failed({ error, askedBefore, now: this.#options.now() });
    if (rest === undefined) return undefined;
    if (rest.kind === 'given up') {
      this.#options.logger.error('The recommender was waited for long enough; employees fail from now on');
      this.#goOn();
      return undefined;
    }
    if (rest.kind !== 'same') this.#take(rest, this.#options.cutSecrets(failureReason(error)));
    return rest.restMs;
  };

  #take({ kind, restMs, since }: Rest, reason: string): void {
    const { logger, patienceMs, concurrency, redis, now, onOutage } = this.#options;
    if (kind === 'begun') {
      logger.error(
        { reason, patienceMs },
        'The recommender fails for everybody; resting, with one employee as a trial from time to time',
      );
      onOutage?.(true);
    }
    this.#isResting = true;
    concurrency.rest();
    this.#rest?.rest(restMs);
    // For people only: without it everything goes on all the same.
    writeOutageNote(redis, { reason, since, nextTryAt: now() + restMs }, now()).catch(() => {});
  }

  #goOn(): void {
    const { redis, concurrency, onOutage } = this.#options;
    this.#isResting = false;
    onOutage?.(false);
    concurrency.goOn();
    this.#rest?.end();
    clearOutageNote(redis).catch(() => {});
  }
}
