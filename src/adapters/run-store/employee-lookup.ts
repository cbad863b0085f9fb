import type { EmployeeId } from '../../domain/ids.ts';
import type { Employee, EmployeeType } from '../../domain/simulation/employees.ts';
import type { RedisConnection } from '../redis/client.ts';
import { POPULATION_CHUNK } from './record-codec.ts';

/** An employee with the place in the population, from 0, in input order. */
export interface FoundEmployee {
  readonly position: number;
  readonly employee: Employee;
}

/**
 * A chunk is about 9 kB: this many are read at once, so that neither Redis nor this process is busy with it for long.
 */
const CHUNKS_AT_ONCE = 25;

/**
 * Finds an employee in a population of `count`, which is kept in chunks in the hash `key`. The text of the chunks is
 * searched as it is, because to decode 100,000 employees for one would take longer than to read them.
 */
export async function findInPopulation(
  redis: RedisConnection,
  key: string,
  count: number,
  employeeId: EmployeeId,
): Promise<FoundEmployee | undefined> {
  const chunks = Math.ceil(count / POPULATION_CHUNK);
  for (let from = 0; from < chunks; from += CHUNKS_AT_ONCE) {
    const fields = Array.from({ length: Math.min(CHUNKS_AT_ONCE, chunks - from) }, (_, i) => String(from + i));
    const texts = await redis.hmget(key, ...fields);
    for (const [i, text] of texts.entries()) {
      const found = text === null ? undefined : findInChunk(text, employeeId);
      if (!found) continue;
      const position = (from + i) * POPULATION_CHUNK + found.index;
      return { position, employee: { id: employeeId, type: found.type } };
    }
  }
  return undefined;
}

/** Where an employee stands in the text of a chunk (`88563a 88564b`). */
export function findInChunk(
  text: string,
  employeeId: EmployeeId,
): { readonly index: number; readonly type: EmployeeType } | undefined {
  const match = new RegExp(`(?:^| )${employeeId}([a-z])`).exec(text);
  if (!match) return undefined;
  const before = text.slice(0, match.index + match[0].length);
  return { index: before.split(' ').length - 1, type: match[1] as EmployeeType };
}
