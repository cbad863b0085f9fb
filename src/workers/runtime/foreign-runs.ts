import type { Job } from 'bullmq';
import type { Logger } from 'pino';
import type { QueueName, StageJobData } from '../../adapters/redis/queues.ts';
import { RecentMap } from '../../domain/recent-map.ts';
import { isEnded, runStatus } from '../../queries/run-status.ts';
import { jobFields } from './job-log.ts';
import type { RunNotServed, ServedRuns } from './served-runs.ts';
import type { WorkerContext } from './worker-context.ts';
import type { WorkerPause } from './worker-pause.ts';

/** For so long a job of a run that this process does not serve is left to others (issue 12). */
const GIVEN_BACK_MS = 5_000;

/** A little longer, so that the others see it first. */
const PAUSE_MS = GIVEN_BACK_MS + 1_000;

/** The newest runs, among which one of this process's own may be. */
const LOOKED_AT = 50;

const REMEMBERED = 100;

/**
 * Gives the jobs of runs that this process does not serve back to the others. Each run is logged once. While this
 * process has no work of its own on the queue it pauses: it takes nothing away from others and leaves Redis alone.
 */
export class ForeignRuns {
  readonly #queue: QueueName;
  readonly #context: WorkerContext;
  readonly #served: ServedRuns;
  readonly #logger: Logger;
  readonly #logged = new RecentMap<string, true>(REMEMBERED);
  #pause: WorkerPause | undefined;
  #looking = false;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(queue: QueueName, context: WorkerContext, served: ServedRuns) {
    this.#queue = queue;
    this.#context = context;
    this.#served = served;
    this.#logger = context.logger;
  }

  /** Sets the worker that pauses. */
  attach(pause: WorkerPause): void {
    this.#pause = pause;
  }

  /** A job was met that is not for this process. @returns for how many milliseconds it is left to others. */
  readonly met = (refusal: RunNotServed, job: Job<StageJobData>): number => {
    this.#log(refusal, job);
    void this.#pauseWithoutWork();
    return GIVEN_BACK_MS;
  };

  #log({ runId, message }: RunNotServed, job: Job<StageJobData>): void {
    const line = `${runId} ${message}`;
    if (this.#logged.has(line)) return;
    this.#logged.set(line, true);
    const { queue } = jobFields(job);
    this.#logger.warn({ queue, runId }, `The jobs of run ${runId} are left to other workers: ${message}`);
  }

  async #pauseWithoutWork(): Promise<void> {
    if (this.#looking || performance.now() - this.#lookedAt < GIVEN_BACK_MS) return;
    this.#looking = true;
    try {
      if (!(await this.#hasWork())) this.#pause?.pause(PAUSE_MS);
      else this.#lookedAt = performance.now();
    } catch {
      // Redis is away, or full; the next job that is met has it looked again.
    } finally {
      this.#looking = false;
    }
  }

  /** Whether a run of this process's own is in the stage of this queue. */
  async #hasWork(): Promise<boolean> {
    const { store, queues } = this.#context;
    for (const run of await store.listRuns(LOOKED_AT)) {
      if (isEnded(run) || (await this.#served.differences(run, this.#queue)).length > 0) continue;
      const { state, stage } = await runStatus(queues, store, run);
      if (state === 'running' && stage === this.#queue) return true;
    }
    return false;
  }
}
