import type { Worker } from 'bullmq';
import type { CallObserver } from '../../adapters/recommender/client.ts';
import { CallConcurrency } from '../../domain/recommender/call-concurrency.ts';

type CallOutcome = Parameters<CallObserver>[1];

/** One employee at a time: the probe of a paused process. */
const WHILE_PAUSED = 1;

/** How many employees a process simulates at the same time. */
export interface EmployeeConcurrencyOptions {
  /** At first, and always unless there is a larger `most`. */
  readonly least: number;
  readonly most: number;
  /** Told of each change, and of the first number. */
  readonly onChange?: ((employees: number) => void) | undefined;
}

/**
 * How many employees the worker of this process takes at the same time: a fixed number, or as many as the recommender
 * answers as quickly as fewer (`EMPLOYEE_CONCURRENCY_MAX`); one while the process is paused.
 */
export class EmployeeConcurrency {
  /** Told of every call; undefined when the number is fixed, so that calls need not be timed. */
  readonly callEnded: CallObserver | undefined;
  readonly #choice: CallConcurrency;
  readonly #onChange: ((employees: number) => void) | undefined;
  #worker: Worker | undefined;
  #isPaused = false;
  #current = 0;

  constructor({ least, most, onChange }: EmployeeConcurrencyOptions) {
    this.#choice = new CallConcurrency(least, Math.max(least, most));
    this.#onChange = onChange;
    if (most > least) this.callEnded = (seconds, outcome) => this.#follow(seconds, outcome);
  }

  get least(): number {
    return this.#choice.least;
  }

  /** The most that there can ever be. */
  get most(): number {
    return this.#choice.most;
  }

  /** From now on this worker takes so many. */
  attach(worker: Worker): void {
    this.#worker = worker;
    this.#apply(this.#choice.current);
    // The next run may be days away; it is not to meet the recommender with what this one could bear.
    if (this.callEnded) worker.on('drained', () => this.#startAgain());
  }

  /** One at a time from now on. */
  pause(): void {
    this.#isPaused = true;
    this.#apply(WHILE_PAUSED);
  }

  /** The pause is over: starts with the least again. */
  resume(): void {
    this.#isPaused = false;
    this.#startAgain();
  }

  #startAgain(): void {
    if (this.#isPaused) return;
    this.#choice.restart();
    this.#apply(this.#choice.current);
  }

  #follow(seconds: number, outcome: CallOutcome): void {
    if (this.#isPaused) return;
    this.#choice.ended({ seconds, isOverload: isOverload(outcome), now: performance.now() });
    this.#apply(this.#choice.current);
  }

  #apply(employees: number): void {
    if (employees === this.#current || this.#worker === undefined) return;
    this.#current = employees;
    this.#worker.concurrency = employees;
    this.#onChange?.(employees);
  }
}

/** Statuses and codes that say that there are too many calls, not that something is wrong with one. */
function isOverload(outcome: CallOutcome): boolean {
  return typeof outcome === 'number' ? outcome === 429 || outcome >= 500 : outcome === 'RECOMMENDER_UNAVAILABLE';
}
