import type { RunRecord } from '../../domain/run/record.ts';
import type { RedisConnection } from '../redis/client.ts';
import { RUNS_KEY, runKeys } from './keys.ts';

const FIELDS_AT_A_TIME = 500;

/**
 * Copies what is kept of an ended run from one Redis to another, where the run becomes visible when it is whole.
 * Copying it again changes nothing but its expiry. Memory does not grow with the population.
 */
export async function copyRun(
  from: RedisConnection,
  to: RedisConnection,
  { plan, createdAt }: RunRecord,
  retentionMs: number,
): Promise<void> {
  const { record, ...others } = runKeys(plan.id);
  for (const key of [...Object.values(others), record]) {
    for await (const chunk of from.hscanBufferStream(key, { count: FIELDS_AT_A_TIME })) {
      const fields = chunk as Buffer[];
      if (fields.length > 0) await to.hset(key, ...fields);
    }
    await to.pexpire(key, retentionMs);
  }
  await to.zadd(RUNS_KEY, createdAt, plan.id);
}
