import { acquireEmbeddedRedis, type EmbeddedRedis } from '../adapters/embedded-redis/embedded-redis.ts';

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof EXIT_CODES;
const SIGNALS = Object.keys(EXIT_CODES) as readonly Signal[];

/** What this process holds, or is about to. */
const held = new Set<Promise<EmbeddedRedis>>();
let isEnding = false;

/**
 * The Redis of a folder, given back also when a signal ends the command before anything else heeds it: the server is in
 * a process group of its own and would stay behind.
 * @throws what `acquireEmbeddedRedis` throws.
 */
export async function holdRedisOf(folder: string): Promise<EmbeddedRedis> {
  const acquiring = acquireEmbeddedRedis(folder);
  if (held.size === 0) for (const signal of SIGNALS) process.on(signal, giveBackAndEnd);
  held.add(acquiring);
  const letGo = (): void => {
    held.delete(acquiring);
    if (held.size === 0) for (const signal of SIGNALS) process.off(signal, giveBackAndEnd);
  };
  try {
    const redis = await acquiring;
    return { ...redis, release: () => redis.release().finally(letGo) };
  } catch (error) {
    letGo();
    throw error;
  }
}

function giveBackAndEnd(signal: Signal): void {
  // A command that has begun its work ends it in order.
  if (process.listenerCount(signal) > 1) return;
  if (isEnding) process.exit(EXIT_CODES[signal]);
  isEnding = true;
  const given = [...held].map(async (acquiring) => (await acquiring).release());
  Promise.allSettled(given).then(() => process.exit(EXIT_CODES[signal]));
}
