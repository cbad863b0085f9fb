import { Redis } from 'ioredis';
import { acquireEmbeddedRedis } from '../src/adapters/embedded-redis/embedded-redis.ts';
import { infoField } from '../src/adapters/redis/suitability.ts';
import { peakMegabytes } from './process-memory.ts';

/** What a Redis has needed. */
export interface RedisPeak {
  /** The most that its data have taken, less what an empty one takes. */
  readonly dataBytes: number;
  /** The most that the process has had resident. */
  readonly residentMegabytes: number;
}

/** The embedded Redis of a folder, empty, which the commands in that folder join. */
export interface BenchRedis {
  /** The path of its socket, for REDIS_URL. */
  readonly socketPath: string;
  readonly version: string;
  readonly client: Redis;
  peak(): Promise<RedisPeak>;
  stop(): Promise<void>;
}

/** Starts the Redis of a folder and holds it: it can be asked when the commands that used it have ended. */
export async function startBenchRedis(folder: string): Promise<BenchRedis> {
  const held = await acquireEmbeddedRedis(folder);
  const client = new Redis(held.socketPath);
  const server = await client.info('server');
  const emptyBytes = Number(infoField(await client.info('memory'), 'used_memory'));
  const pid = Number(infoField(server, 'process_id'));
  return {
    socketPath: held.socketPath,
    version: infoField(server, 'redis_version') ?? 'unknown',
    client,
    peak: async () => {
      const peakBytes = Number(infoField(await client.info('memory'), 'used_memory_peak'));
      return { dataBytes: peakBytes - emptyBytes, residentMegabytes: peakMegabytes(pid) };
    },
    stop: async () => {
      client.disconnect();
      await held.release();
    },
  };
}
