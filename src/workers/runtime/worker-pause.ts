import type { Worker } from 'bullmq';

/** Keeps one worker of this process from taking jobs for a while; jobs in progress continue. */
export class WorkerPause {
  readonly #worker: Worker;
  #until = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Pauses for `ms`; a longer pause that has begun stays. */
  pause(ms: number): void {
    const until = Date.now() + ms;
    if (until <= this.#until) return;
    this.#until = until;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.resume(), ms);
    // This does not wait for jobs in progress, and asks nothing of Redis.
    void this.#worker.pause(true);
  }

  /** Takes jobs again. */
  resume(): void {
    if (this.#until === 0) return;
    this.#until = 0;
    clearTimeout(this.#timer);
    void this.#worker.resume();
  }

  /** Leaves the worker as it is. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
