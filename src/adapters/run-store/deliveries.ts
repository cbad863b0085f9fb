import type { RunId } from '../../domain/ids.ts';
import type { RedisConnection } from '../redis/client.ts';
import { NUMBER, objectOf, recordReader, TEXT } from '../redis/stored-record.ts';
import { runKeys } from './keys.ts';

/** How far the delivery of a file of a run is. Instants are epoch milliseconds. */
export interface DeliveryState {
  /** Of the file that is meant: with other bytes under the same name, nothing of it has been delivered. */
  readonly sha256: string;
  /** The receiver's server was about to be asked for the rename, and may have done it. */
  readonly askedAt: number;
  /** The file is delivered, and is not sent again. */
  readonly deliveredAt?: number;
}

const readDelivery = recordReader<DeliveryState>(
  'the delivery of a file',
  objectOf({ sha256: TEXT, askedAt: NUMBER }, { deliveredAt: NUMBER }),
);

/**
 * Writes how far a file is, unless the run is gone or was cancelled. Returns 1 when it was written.
 *
 * KEYS: the run's record, its deliveries. ARGV: the expiry in seconds, the name, the state.
 */
const BEGIN = `
if redis.call('HEXISTS', KEYS[1], 'plan') == 0 or redis.call('HEXISTS', KEYS[1], 'cancelled') == 1 then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[1])
return 1`;

/** The same for what has happened, which stays true of a cancelled run. */
const END = `
if redis.call('HEXISTS', KEYS[1], 'plan') == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[1])
return 1`;

/** Which files of a run were delivered, by name, so that each is delivered once a run (contract section 6). */
export class DeliveryStore {
  readonly #redis: RedisConnection;
  readonly #retentionSeconds: number;

  /** @param retentionMs as long as runs are kept. */
  constructor(redis: RedisConnection, retentionMs: number) {
    this.#redis = redis;
    this.#retentionSeconds = Math.ceil(retentionMs / 1000);
  }

  /** All files of a run whose delivery has begun, by name. */
  async read(runId: RunId): Promise<ReadonlyMap<string, DeliveryState>> {
    const key = runKeys(runId).deliveries;
    const fields = await this.#redis.hgetall(key);
    return new Map(Object.entries(fields).map(([name, text]) => [name, readDelivery(text, `${key} ${name}`)]));
  }

  /** The names of the files of a run that were delivered, in the order in which they were. */
  async delivered(runId: RunId): Promise<string[]> {
    const found = [...(await this.read(runId))].filter(([, { deliveredAt }]) => deliveredAt !== undefined);
    return found.sort(([, a], [, b]) => a.deliveredAt! - b.deliveredAt!).map(([name]) => name);
  }

  /**
   * Notes that the rename of a file is asked for now: a later attempt looks first whether it was done.
   * @returns false when the run was cancelled, or is gone; then nothing may be renamed.
   */
  async begin(runId: RunId, name: string, sha256: string, now: number): Promise<boolean> {
    return (await this.#write(BEGIN, runId, name, { sha256, askedAt: now })) === 1;
  }

  /** Takes that back: the server has refused. */
  async takeBack(runId: RunId, name: string): Promise<void> {
    await this.#redis.hdel(runKeys(runId).deliveries, name);
  }

  /** Notes that a file is delivered. */
  async end(runId: RunId, name: string, sha256: string, now: number): Promise<void> {
    await this.#write(END, runId, name, { sha256, askedAt: now, deliveredAt: now });
  }

  async #write(script: string, runId: RunId, name: string, state: DeliveryState): Promise<unknown> {
    const { record, deliveries } = runKeys(runId);
    return this.#redis.eval(script, 2, record, deliveries, this.#retentionSeconds, name, JSON.stringify(state));
  }
}
