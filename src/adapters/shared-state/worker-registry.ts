import type { RunSources } from '../../domain/run/sources.ts';
import type { RedisConnection } from '../redis/client.ts';
import type { QueueName } from '../redis/queues.ts';
import { listOf, NUMBER, nullable, objectOf, recordReader, TEXT } from '../redis/stored-record.ts';
import { REDIS_PREFIX } from '../run-store/keys.ts';
import { redisTime } from './shared-clock.ts';

/** A process with workers, as it describes itself. */
export interface WorkerIdentity {
  /** Different for every process that ever was. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** Of BTC Fake. */
  readonly version: string;
  readonly queues: readonly QueueName[];
  /** Employees at the same time; 0 when it does not serve the employee queue. */
  readonly concurrency: number;
  /** Epoch milliseconds, by its own clock. */
  readonly startedAt: number;
  /** Where its answers come from; a process of an earlier build does not say. */
  readonly sources?: RunSources;
  /** The folders that runs asked of it lately and that it does not have. */
  readonly lacksFolders?: readonly string[];
}

/** A process with workers that is alive. */
export interface WorkerEntry extends WorkerIdentity {
  /** When it said so last: epoch milliseconds, by Redis' clock. */
  readonly seenAt: number;
  /** How far its clock is ahead of Redis' (negative: behind); null until it could be measured. */
  readonly clockDifferenceMs: number | null;
}

/** How often a process says that it is alive. */
export const HEARTBEAT_MS = 10_000;

/** A process that has not said so for this long, by Redis' clock, is dead: three heartbeats and a little. */
export const DEAD_AFTER_MS = 35_000;

/**
 * Clocks that differ more than this wake the schedule, and jobs that wait for their next attempt, too early or too
 * late.
 */
export const CLOCK_TOLERANCE_MS = 30_000;

/** An answer that took longer says nothing about clocks: RedisConnection was away, or this process stood still. */
const LONGEST_ROUND_TRIP_MS = 5_000;

const WORKERS_KEY = `${REDIS_PREFIX}:workers`;

const readWorker = recordReader<WorkerEntry>(
  'a worker',
  objectOf(
    {
      id: TEXT,
      host: TEXT,
      pid: NUMBER,
      version: TEXT,
      queues: listOf(TEXT),
      concurrency: NUMBER,
      startedAt: NUMBER,
      seenAt: NUMBER,
      clockDifferenceMs: nullable(NUMBER),
    },
    { sources: { type: 'object' }, lacksFolders: listOf(TEXT) },
  ),
);

/** Removes fields that still hold what was read of them: who was held to be dead may have announced itself since. */
const FORGET_UNCHANGED = `
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end`;

/** Which processes with workers are alive. They announce themselves again and again; Redis' clock alone counts. */
export class WorkerRegistry {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  /**
   * Says that a process is alive, how its clock stands to Redis', and forgets the dead.
   * @param clock the process's clock, epoch milliseconds.
   */
  async announce(worker: WorkerIdentity, clock: () => number): Promise<WorkerEntry> {
    const { redisNow, clockDifferenceMs } = await this.#compareClocks(clock);
    const entry: WorkerEntry = { ...worker, seenAt: redisNow, clockDifferenceMs };
    await this.#redis.hset(WORKERS_KEY, worker.id, JSON.stringify(entry));
    const written = Object.entries(await this.#redis.hgetall(WORKERS_KEY));
    const dead = written.filter(([, text]) => redisNow - readWorker(text, WORKERS_KEY).seenAt > DEAD_AFTER_MS);
    if (dead.length > 0) await this.#redis.eval(FORGET_UNCHANGED, 1, WORKERS_KEY, ...dead.flat());
    return entry;
  }

  /** Says that a process has stopped. */
  async withdraw(id: string): Promise<void> {
    await this.#redis.hdel(WORKERS_KEY, id);
  }

  /** The processes that are alive, by host and process id. */
  async list(): Promise<WorkerEntry[]> {
    // The time first: a process that announces itself in between is not older than it.
    const redisNow = await redisTime(this.#redis);
    const alive = (await this.#read()).filter(({ seenAt }) => redisNow - seenAt <= DEAD_AFTER_MS);
    return alive.sort((a, b) => a.host.localeCompare(b.host) || a.pid - b.pid || a.startedAt - b.startedAt);
  }

  async #read(): Promise<WorkerEntry[]> {
    return Object.values(await this.#redis.hgetall(WORKERS_KEY)).map((text) => readWorker(text, WORKERS_KEY));
  }

  /**
   * How far a process's clock is ahead of Redis' (negative: behind), in milliseconds; null when it could not be
   * measured.
   */
  async clockDifferenceMs(clock: () => number): Promise<number | null> {
    return (await this.#compareClocks(clock)).clockDifferenceMs;
  }

  /** Half of the round trip lies behind Redis' answer, as far as anybody can know. */
  async #compareClocks(clock: () => number): Promise<{ redisNow: number; clockDifferenceMs: number | null }> {
    const askedAt = clock();
    const redisNow = await redisTime(this.#redis);
    const answeredAt = clock();
    const roundTripMs = answeredAt - askedAt;
    const usable = roundTripMs >= 0 && roundTripMs <= LONGEST_ROUND_TRIP_MS;
    return { redisNow, clockDifferenceMs: usable ? Math.round(askedAt + roundTripMs / 2) - redisNow : null };
  }
}

/** Whether a clock is so far from Redis' that people must be told. */
export function clockIsOff({ clockDifferenceMs }: Pick<WorkerEntry, 'clockDifferenceMs'>): boolean {
  return clockDifferenceMs !== null && Math.abs(clockDifferenceMs) > CLOCK_TOLERANCE_MS;
}
