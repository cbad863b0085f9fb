import { Redis } from 'ioredis';

/** Everything that a Redis holds, as bytes: every key with its value as the server would write it to disk. */
export async function dumpRedis(url: string): Promise<Buffer> {
  const redis = new Redis(url);
  try {
    // Compressed values would hide what they say.
    await redis.config('SET', 'rdbcompression', 'no');
    const keys = await redis.keys('*');
    const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
    return Buffer.concat(keys.flatMap((key, i) => [Buffer.from(key), values[i] ?? Buffer.alloc(0)]));
  } finally {
    redis.disconnect();
  }
}

/** Makes a Redis ask for a password from now on; returns the URL with it. */
export async function requirePassword(url: string, password: string): Promise<string> {
  const redis = new Redis(url);
  await redis.config('SET', 'requirepass', password);
  redis.disconnect();
  return url.replace('redis://', `redis://:${encodeURIComponent(password)}@`);
}
