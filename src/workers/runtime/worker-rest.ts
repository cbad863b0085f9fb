import type { Worker } from 'bullmq';

/** Keeps one worker of this process from taking jobs for a while; what is in hand continues. */
export class WorkerRest {
  readonly #worker: Worker;
  #until = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Rests for so long; a longer pause that was begun stays. */
  rest(ms: number): void {
    const until = Date.now() + ms;
    if (until <= this.#until) return;
    this.#until = until;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(), ms);
    // It does not wait for the jobs in hand, and asks nothing of Redis.
    void this.#worker.pause(true);
  }

  /** Takes jobs again. */
  end(): void {
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
