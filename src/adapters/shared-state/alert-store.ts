import { randomUUID } from 'node:crypto';
import type { RunId } from '../../domain/ids.ts';
import type { AlertEvent } from '../../domain/run/alert.ts';
import { RELEASE } from '../redis/claim-script.ts';
import type { RedisConnection } from '../redis/client.ts';
import { alertsKey, REDIS_PREFIX } from '../run-store/keys.ts';

/** Something of a run that people are told of. What happens again, after a re-queue, happens at another instant. */
export interface Occurrence {
  readonly runId: RunId;
  readonly event: AlertEvent;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Longer than a message may take; after that, the process that wanted to send it must have died. */
const CLAIM_MS = 60_000;

const SINCE_KEY = `${REDIS_PREFIX}:alerts:since`;

/** Which alerts have been sent, so that each is sent once however many workers there are. */
export class AlertStore {
  readonly #redis: RedisConnection;
  readonly #retentionSeconds: number;

  /** @param retentionMs how long what was sent is remembered; as long as runs are. */
  constructor(redis: RedisConnection, retentionMs: number) {
    this.#redis = redis;
    this.#retentionSeconds = Math.ceil(retentionMs / 1000);
  }

  /**
   * Since when alerts are sent: when this was first asked. Epoch milliseconds, by the clock of the process that asked
   * first.
   */
  async since(now: number): Promise<number> {
    await this.#redis.set(SINCE_KEY, now, 'NX');
    return Number(await this.#redis.get(SINCE_KEY));
  }

  /**
   * Has an alert sent, unless it was sent before or somebody sends it now. When sending fails, or the process dies over
   * it, it is not sent, and can be claimed again.
   * @returns whether it was sent by this call.
   * @throws what `send` throws.
   */
  async once(occurrence: Occurrence, send: () => Promise<void>): Promise<boolean> {
    const { told, claim } = keys(occurrence);
    const isTold = async () => (await this.#redis.hget(told, occurrence.event)) === String(occurrence.at);
    if (await isTold()) return false;
    const token = randomUUID();
    if ((await this.#redis.set(claim, token, 'PX', CLAIM_MS, 'NX')) === null) return false;
    try {
      // The process that had the claim before may have sent it since.
      if (await isTold()) return false;
      await send();
      const written = this.#redis.multi();
      await written.hset(told, occurrence.event, occurrence.at).expire(told, this.#retentionSeconds).exec();
      return true;
    } finally {
      await this.#redis.eval(RELEASE, 1, claim, token);
    }
  }
}

function keys({ runId, event }: Occurrence) {
  const told = alertsKey(runId);
  return { told, claim: `${told}:${event}` };
}
