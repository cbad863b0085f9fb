import type { RedisConnection } from '../redis/client.ts';
import { NUMBER, objectOf, recordReader, TEXT } from '../redis/stored-record.ts';
import { REDIS_PREFIX } from '../run-store/keys.ts';

/** What people are told while workers are paused because of the recommender. Instants are epoch milliseconds. */
export interface OutageNote {
  /** The last failure: code, message and what to do; without secrets. */
  readonly reason: string;
  readonly since: number;
  readonly nextTryAt: number;
}

const KEY = `${REDIS_PREFIX}:recommender-outage`;

const readNote = recordReader<OutageNote>(
  'a note on the recommender',
  objectOf({ reason: TEXT, since: NUMBER, nextTryAt: NUMBER }),
);

/** A probe may take its time; then the note is written again, or its writer is gone. */
const PROBE_MS = 60_000;

/** Notes that workers are paused. The note expires unless its writer renews it after the next probe. */
export async function writeOutageNote(redis: RedisConnection, note: OutageNote, now: number): Promise<void> {
  await redis.set(KEY, JSON.stringify(note), 'PX', Math.max(note.nextTryAt - now, 0) + PROBE_MS);
}

export async function clearOutageNote(redis: RedisConnection): Promise<void> {
  await redis.del(KEY);
}

/** The note that was written last, or undefined when no worker is paused. */
export async function readOutageNote(redis: RedisConnection): Promise<OutageNote | undefined> {
  const text = await redis.get(KEY);
  return text === null ? undefined : readNote(text, KEY);
}
