import type { Logger } from 'pino';
import { endedWithin } from '../../adapters/process/time-limit.ts';
import { failureReason } from '../runtime/job-handler.ts';

/** Something that a process with workers does again and again, besides its jobs. */
export interface PeriodicTask {
  readonly name: string;
  /** From the end of one time to the beginning of the next. */
  readonly everyMs: number;
  run(): Promise<void>;
  /** What is left to do when the process stops. */
  readonly end?: () => Promise<void>;
}

/** The periodic tasks of a process, running. */
export interface RunningTasks {
  /** Starts no task any more, waits a moment for those under way, and ends them. Never throws, never hangs. */
  stop(): Promise<void>;
}

/** How long a task that is under way, and then the end of all, may keep a process that wants to stop. */
const STOP_MS = 1_000;

/**
 * Runs each task now, and then periodically, never twice at the same time. A failed task runs again at its next time;
 * the first failure is logged, and the end of the failures with a count. The timers keep no process alive.
 */
export function startPeriodicTasks(tasks: readonly PeriodicTask[], logger: Logger): RunningTasks {
  const failing = new Failures(logger);
  const timers = new Map<PeriodicTask, NodeJS.Timeout>();
  const inHand = new Map<PeriodicTask, Promise<void>>();
  let stopped = false;

  const begin = (task: PeriodicTask): void => {
    const attempt = async () => task.run();
    const done = attempt()
      .then(
        () => failing.isWell(task),
        (error: unknown) => {
          if (!stopped) failing.hasFailed(task, error);
        },
      )
      .then(() => {
        inHand.delete(task);
        if (!stopped) timers.set(task, setTimeout(begin, task.everyMs, task).unref());
      });
    inHand.set(task, done);
  };
  for (const task of tasks) begin(task);

  return {
    stop: async () => {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      await endedWithin(Promise.all(inHand.values()), STOP_MS);
      await endedWithin(Promise.allSettled(tasks.map((task) => task.end?.())), STOP_MS);
    },
  };
}

class Failures {
  readonly #logger: Logger;
  readonly #tasks = new Set<PeriodicTask>();
  #count = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  hasFailed(task: PeriodicTask, error: unknown): void {
    this.#count += 1;
    this.#tasks.add(task);
    if (this.#count > 1) return;
    this.#logger.error({ task: task.name, reason: failureReason(error) }, 'A periodic task failed; trying again');
  }

  isWell(task: PeriodicTask): void {
    this.#tasks.delete(task);
    if (this.#count === 0 || this.#tasks.size > 0) return;
    this.#logger.warn({ failures: this.#count }, 'The periodic tasks are done again');
    this.#count = 0;
  }
}
