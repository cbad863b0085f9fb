import type { RedisConnection } from '../redis/client.ts';
import { REDIS_PREFIX } from '../run-store/keys.ts';

/** What people are told while workers rest because of the recommender. Instants are epoch milliseconds. */
export interface OutageNote {
  /** The last failure: code, message and what to do; without secrets. */
  readonly reason: string;
  readonly since: number;
  readonly nextTryAt: number;
}

const KEY = `${REDIS_PREFIX}:recommender-outage`;

/** A probe may take its time; then the note is written again, or its writer is gone. */
const TRIAL_MS = 60_000;

/** Notes that workers rest. The note vanishes by itself when its writer does not renew it after the next trial. */
export async function writeOutageNote(redis: RedisConnection, note: OutageNote, now: number): Promise<void> {
  await redis.set(KEY, JSON.stringify(note), 'PX', Math.max(note.nextTryAt - now, 0) + TRIAL_MS);
}

export async function clearOutageNote(redis: RedisConnection): Promise<void> {
  await redis.del(KEY);
}

/** The note that was written last, or undefined when no worker rests. */
export async function readOutageNote(redis: RedisConnection): Promise<OutageNote | undefined> {
  const text = await redis.get(KEY);
  return text === null ? undefined : (JSON.parse(text) as OutageNote);
}
