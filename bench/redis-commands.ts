import type { Redis } from 'ioredis';

/** Fewer than one for a hundred employees say nothing about what an employee costs. */
const FEWEST = 100;

/**
 * Counts the commands that a Redis carries out from now on, those inside of scripts too.
 * @returns what ends the counting and gives the calls of each command that was called at least a hundred times, most
 * first.
 */
export async function countCommands(redis: Redis): Promise<() => Promise<ReadonlyMap<string, number>>> {
  await redis.config('RESETSTAT');
  return async () => {
    const info = await redis.info('commandstats');
    const calls = Array.from(
      info.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm),
      ([, name, count]) => [name!, Number(count)] as const,
    );
    return new Map(calls.filter(([, count]) => count >= FEWEST).sort(([, a], [, b]) => b - a));
  };
}
