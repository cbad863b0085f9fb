import type { Job } from 'bullmq';
import type { Logger } from 'pino';
import type { RedisConnection } from '../../adapters/redis/client.ts';
import type { EmployeeJobData } from '../../adapters/redis/queues.ts';
import { clearOutageNote, writeOutageNote } from '../../adapters/shared-state/outage-note.ts';
import type { EmployeeId } from '../../domain/ids.ts';
import { isSignOfAnOutage, type OutagePause, RecommenderOutage } from '../../domain/recommender/outage.ts';
import { failureReason } from '../runtime/job-handler.ts';
import type { WorkerPause } from '../runtime/worker-pause.ts';
import type { EmployeeConcurrency } from './employee-concurrency.ts';
import { RecommenderProbe } from './probe.ts';

/** What a watch needs. */
export interface RecommenderWatchOptions {
  readonly patienceMs: number;
  readonly concurrency: EmployeeConcurrency;
  readonly redis: RedisConnection;
  readonly logger: Logger;
  readonly now: () => number;
  readonly cutSecrets: (text: string) => string;
  /** Calls the recommender for an employee, as a job does. */
  readonly ask: (employeeId: EmployeeId) => Promise<unknown>;
  /** Told when an outage begins and when it is over. */
  readonly onOutage?: ((isOutage: boolean) => void) | undefined;
}

/** A pause ends when a probe passes or the patience is over, never by itself. */
const UNTIL_A_PROBE_PASSES_MS = 7 * 24 * 3_600_000;

/**
 * Watches the recommender calls of this process. While every call fails, the process takes no employees and probes with
 * one from time to time; others may still be served. Told once in the log, and by a note in Redis.
 */
export class RecommenderWatch {
  readonly #options: RecommenderWatchOptions;
  readonly #outage: RecommenderOutage;
  readonly #probe: RecommenderProbe;
  #pause: WorkerPause | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Counts the probes: the result of an overtaken probe is ignored. */
  #probes = 0;
  /** `suspected`: paused until the first probe tells whether there is an outage. */
  #state: 'well' | 'suspected' | 'outage' | 'stopped' = 'well';

  constructor(options: RecommenderWatchOptions) {
    this.#options = options;
    this.#outage = new RecommenderOutage(options.patienceMs);
    this.#probe = new RecommenderProbe(options.redis, options.ask);
  }

  /** Sets the worker that pauses during an outage. */
  attach(pause: WorkerPause): void {
    this.#pause = pause;
  }

  /** The recommender answered for an employee. Costs nothing while all is well. */
  readonly succeeded = (employeeId: EmployeeId): void => {
    this.#probe.answered(employeeId);
    this.#outage.succeeded();
    if (this.#state === 'suspected' || this.#state === 'outage') this.#answersAgain();
  };

  /**
   * The handling of an employee's job failed.
   * @returns how long the job is to wait, with no attempt counted, in milliseconds; undefined when the failure is the
   * job's own.
   */
  readonly failed = (error: unknown, job: Job<EmployeeJobData>): number | undefined => {
    if (isSignOfAnOutage(error)) this.#probe.failed(job.data);
    const pause = this.#outage.failed({ error, askedBefore: job.attemptsStarted > 1, now: this.#options.now() });
    if (pause === undefined) return undefined;
    if (this.#state === 'stopped') return pause.pauseMs;
    if (pause.kind === 'suspected') this.#suspect(error);
    if (pause.kind === 'begun') this.#take(pause, error);
    return pause.pauseMs;
  };

  /** Stops probing. */
  stop(): void {
    this.#state = 'stopped';
    clearTimeout(this.#timer);
  }

  #suspect(error: unknown): void {
    this.#state = 'suspected';
    this.#pause?.pause(UNTIL_A_PROBE_PASSES_MS);
    void this.#try(true, error);
  }

  /** Asks about others. Never rejects. @param last what failed before. */
  async #try(isFirst: boolean, last: unknown): Promise<void> {
    this.#probes += 1;
    const nth = this.#probes;
    const failure = await this.#probe.run(isFirst).then(
      () => undefined,
      (error: unknown) => (isSignOfAnOutage(error) ? error : undefined),
    );
    const { logger, now } = this.#options;
    // Somebody was answered meanwhile, or the process stops.
    if (nth !== this.#probes || (this.#state !== 'suspected' && this.#state !== 'outage')) return;
    if (failure === undefined) {
      this.#outage.probePassed();
      if (this.#state === 'suspected') {
        const reason = this.#reason(last);
        logger.warn({ reason }, 'The recommender fails for many in a row and answers others: it is no outage');
      }
      this.#answersAgain();
      return;
    }
    const pause = this.#outage.probeFailed(failure, now());
    if (pause !== undefined && pause.kind !== 'given up') {
      this.#take(pause, failure);
      return;
    }
    logger.error('The recommender was waited for long enough; employees fail from now on');
    this.#resume();
  }

  #take({ kind, pauseMs, since }: OutagePause, error: unknown): void {
    const { logger, patienceMs, concurrency, redis, now, onOutage } = this.#options;
    const reason = this.#reason(error);
    if (kind === 'begun') {
      logger.error(
        { reason, patienceMs },
        'The recommender fails for everybody; paused, with one employee as a probe from time to time',
      );
      this.#state = 'outage';
      onOutage?.(true);
      concurrency.pause();
      this.#pause?.pause(UNTIL_A_PROBE_PASSES_MS);
    }
    this.#timer = setTimeout(() => void this.#try(false, error), pauseMs);
    // For people only: everything works without it.
    writeOutageNote(redis, { reason, since, nextTryAt: now() + pauseMs }, now()).catch(() => {});
  }

  #answersAgain(): void {
    if (this.#state === 'outage') this.#options.logger.warn('The recommender answers again; continuing');
    this.#resume();
  }

  #resume(): void {
    const { redis, concurrency, onOutage } = this.#options;
    const wasOutage = this.#state === 'outage';
    this.#state = 'well';
    clearTimeout(this.#timer);
    this.#pause?.resume();
    if (!wasOutage) return;
    onOutage?.(false);
    concurrency.resume();
    clearOutageNote(redis).catch(() => {});
  }

  #reason(error: unknown): string {
    return this.#options.cutSecrets(failureReason(error));
  }
}
