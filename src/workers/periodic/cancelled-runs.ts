import type { StageJobData } from '../../adapters/redis/queues.ts';
import { CancellationStore } from '../../adapters/run-store/cancellations.ts';
import type { RunId } from '../../domain/ids.ts';
import { RecentMap } from '../../domain/recent-map.ts';
import type { RunRecord } from '../../domain/run/record.ts';
import { takeOffQueues } from '../../producers/take-off-queues.ts';
import { isQueueControl, type JobHandler } from '../runtime/job-handler.ts';
import type { WorkerContext } from '../runtime/worker-context.ts';
import { removeEarlyFiles } from '../stages/early-files.ts';
import type { PeriodicTask } from './periodic-task.ts';

const LOOK_EVERY_MS = 1_000;

/**
 * When nothing of a run was found on the queues, they are looked through again after this time: a job in progress may
 * be given back.
 */
const LOOK_AGAIN_MS = 20_000;

/** After this time nothing comes back any more: locks are over, and jobs without one are taken up. */
const SETTLED_MS = 5 * 60_000;

const REMEMBERED = 1_000;

/**
 * Ends what a process has of runs that were cancelled, here or elsewhere: their active stages are told to stop, their
 * jobs are taken off the queues, their early files are removed where this process has the folder.
 */
export class CancelledRuns {
  /** To be done for as long as the process works. */
  readonly periodicTask: PeriodicTask = { name: 'cancelled runs', everyMs: LOOK_EVERY_MS, run: () => this.#look() };
  readonly #context: WorkerContext;
  readonly #store: CancellationStore;
  readonly #onCancelled: (runId: RunId) => void;
  readonly #known = new RecentMap<RunId, true>(REMEMBERED);
  readonly #nextLook = new Map<RunId, number>();

  /** @param onCancelled is told of each run once. */
  constructor(context: WorkerContext, onCancelled: (runId: RunId) => void) {
    this.#context = context;
    this.#store = new CancellationStore(context.queues.redis);
    this.#onCancelled = onCancelled;
  }

  /**
   * Whether a run is known to be cancelled; it is known a second after it was. Asks nobody, because a million jobs ask
   * it.
   */
  has(runId: RunId): boolean {
    return this.#known.has(runId);
  }

  /** Notes that a run was found to be cancelled. */
  add(runId: RunId): void {
    if (this.#known.has(runId)) return;
    this.#known.set(runId, true);
    this.#onCancelled(runId);
  }

  /** A stage that does nothing for a cancelled run, and leaves nothing behind when the run is cancelled meanwhile. */
  unless<Data extends StageJobData>(handler: JobHandler<Data>): JobHandler<Data> {
    const { store } = this.#context;
    return async (job, signal, token) => {
      const { runId } = job.data;
      // The schedule's tick is of no run.
      if (runId === undefined) return handler(job, signal, token);
      if (await this.#isCancelled(await store.findRun(runId))) return;
      try {
        await handler(job, signal, token);
      } catch (error) {
        if (isQueueControl(error)) throw error;
        const run = await store.findRun(runId).catch(() => undefined);
        if (!(await this.#isCancelled(run))) throw error;
        return;
      }
      await this.#isCancelled(await store.findRun(runId));
    };
  }

  async #isCancelled(run: RunRecord | undefined): Promise<boolean> {
    if (!run?.cancelled) return false;
    this.add(run.plan.id);
    await this.#removeFiles(run);
    return true;
  }

  async #removeFiles(run: RunRecord): Promise<void> {
    const { settings, logger } = this.#context;
    const files = await removeEarlyFiles(run, settings.files.outputDir);
    for (const file of files) logger.info({ runId: run.plan.id, file }, 'Removed: its run was cancelled');
  }

  async #look(): Promise<void> {
    const { queues, store, logger, now } = this.#context;
    for (const { runId, at } of await this.#store.open()) {
      this.add(runId);
      if (performance.now() < (this.#nextLook.get(runId) ?? 0)) continue;
      const { removed, inHand } = await takeOffQueues(queues, runId);
      if (removed > 0) logger.info({ runId, jobs: removed }, 'Took jobs of a cancelled run off the queues');
      const run = await store.findRun(runId);
      if (run) await this.#removeFiles(run);
      if (removed + inHand > 0) continue;
      this.#nextLook.set(runId, performance.now() + LOOK_AGAIN_MS);
      if (run && now() - at < SETTLED_MS) continue;
      await this.#store.close(runId);
      this.#nextLook.delete(runId);
    }
  }
}
