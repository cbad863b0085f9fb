import type { EmployeeState } from '../../domain/run/record.ts';
import type { RedisConnection } from '../redis/client.ts';
import { decodeAssignments, decodeEmployees, decodeResult } from './employee-records.ts';
import { decodeOptional, POPULATION_CHUNK } from './record-codec.ts';

/** Where the employees of a run are kept. */
export interface EmployeeKeys {
  readonly population: string;
  readonly assignments: string;
  readonly results: string;
}

/**
 * Every employee of a run with assignments and result, in input order, a chunk of the population at a time. The next
 * chunk is on its way while the caller works on this one.
 * @param asOf of the run, epoch milliseconds.
 */
export async function* readEmployeeStates(
  redis: RedisConnection,
  keys: EmployeeKeys,
  asOf: number,
): AsyncGenerator<readonly EmployeeState[]> {
  let next = readChunk(redis, keys, asOf, 0);
  for (let chunk = 1; ; chunk++) {
    const employees = await next;
    if (employees === undefined) return;
    next = readChunk(redis, keys, asOf, chunk);
    // It is thrown where it is waited for, and nobody may ever do so.
    next.catch(() => {});
    yield employees;
  }
}

async function readChunk(
  redis: RedisConnection,
  keys: EmployeeKeys,
  asOf: number,
  chunk: number,
): Promise<EmployeeState[] | undefined> {
  const first = chunk * POPULATION_CHUNK;
  const positions = Array.from({ length: POPULATION_CHUNK }, (_, i) => String(first + i));
  const [population, assignmentTexts, resultTexts] = await Promise.all([
    redis.hget(keys.population, String(chunk)),
    redis.hmget(keys.assignments, ...positions),
    redis.hmget(keys.results, ...positions),
  ]);
  if (population === null) return undefined;
  return decodeEmployees(population, keys.population).map((employee, i) => {
    const assignments = decodeOptional(assignmentTexts[i], (text) => decodeAssignments(text, keys.assignments));
    const result = decodeOptional(resultTexts[i], (text) => decodeResult(text, asOf, keys.results));
    return { position: first + i, employee, assignments, result };
  });
}
