import type { CallObserver } from '../../adapters/recommender/client.ts';
import type { QueueName } from '../../adapters/redis/queues.ts';

/**
 * Is told what the workers of a process do, as they do it. Without one, nothing is measured. An employee's job takes a
 * quarter of a millisecond, so every method must be quick, and none may throw.
 */
export interface WorkerObserver {
  /** A call to the recommender has ended. */
  readonly recommenderCall: CallObserver;
  /** An outage of the recommender, in which this process pauses, has begun or is over. */
  readonly recommenderOutage?: (isOutage: boolean) => void;
  /** The worker takes so many employees at the same time from now on. */
  readonly employeeConcurrency?: (employees: number) => void;
  /** Who is told of a queue's jobs; asked for once, when the queue's worker starts. */
  ofQueue(name: QueueName): QueueObserver;
}

/** Is told what becomes of the jobs of one queue. Jobs that go back because the process stops are not mentioned. */
export interface QueueObserver {
  done(): void;
  /** The job failed, and is tried again later. */
  retried(): void;
  /** The job failed for good and waits for somebody to re-queue it. */
  failed(): void;
  /** The queue pauses for so long because the other side asked for it. */
  paused(ms: number): void;
}
