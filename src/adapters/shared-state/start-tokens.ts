import type { RunId } from '../../domain/ids.ts';
import type { RedisConnection } from '../redis/client.ts';
import { REDIS_PREFIX } from '../run-store/keys.ts';

/** A form that was left open for longer makes a run of its own. */
const TOKEN_SECONDS = 24 * 3600;

/** Which run each form that starts runs stands for, so that a form that is sent twice starts one run. */
export class StartTokens {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  /** Settles the run of a form, once for all processes. @returns `runId`, or the id that was settled before. */
  async claim(token: string, runId: RunId): Promise<RunId> {
    const key = `${REDIS_PREFIX}:start:${token}`;
    // Redis 6 cannot set and get in one; a key that is there stays for a day, so it is there for the second command.
    if ((await this.#redis.set(key, runId, 'EX', TOKEN_SECONDS, 'NX')) !== null) return runId;
    return ((await this.#redis.get(key)) ?? runId) as RunId;
  }
}
