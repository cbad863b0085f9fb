import type { EmployeeId, RunId } from '../../domain/ids.ts';
import type { RedisConnection } from '../redis/client.ts';
import { decodeEmployees } from './employee-records.ts';
import { RUNS_KEY, runKeys } from './keys.ts';
import { POPULATION_CHUNK } from './record-codec.ts';

/** Runs besides the employees' own in which somebody is looked for whom the recommender answered. */
const OTHER_RUNS = 5;
/** Some of what is drawn is of no use: the mark of the results, or somebody who is not wanted. */
const SPARE = 3;

/**
 * Employees by whom a recommender can be tried, up to `most`: those of the run whom it has answered before, those of
 * the newest other runs, and then anybody of the run. Drawn at random; nobody of `except`. Possibly nobody.
 */
export async function findWitnesses(
  redis: RedisConnection,
  runId: RunId,
  most: number,
  except: ReadonlySet<EmployeeId>,
): Promise<EmployeeId[]> {
  const others = (await redis.zrange(RUNS_KEY, 0, OTHER_RUNS, 'REV')) as RunId[];
  const found = new Set<EmployeeId>();
  const take = (ids: readonly EmployeeId[]) => {
    for (const id of ids) if (found.size < most && !except.has(id)) found.add(id);
  };
  for (const id of [runId, ...others.filter((other) => other !== runId)]) {
    if (found.size < most) take(await answered(redis, id, most * SPARE));
  }
  if (found.size < most) take(await anybody(redis, runId, most * SPARE + except.size));
  return [...found];
}

/** Employees who have a result. */
async function answered(redis: RedisConnection, runId: RunId, most: number): Promise<EmployeeId[]> {
  const { results, population } = runKeys(runId);
  const fields = (await redis.hrandfield(results, most)) as string[] | null;
  const positions = (fields ?? []).map(Number).filter((position) => position >= 0);
  return employeesAt(redis, population, positions);
}

async function anybody(redis: RedisConnection, runId: RunId, most: number): Promise<EmployeeId[]> {
  const { population } = runKeys(runId);
  const chunks = await redis.hlen(population);
  const last = (await redis.hget(population, String(chunks - 1))) ?? '';
  const count = Math.max(chunks - 1, 0) * POPULATION_CHUNK + decodeEmployees(last, population).length;
  if (count === 0) return [];
  const drawn = Array.from({ length: most }, () => Math.floor(Math.random() * count));
  return employeesAt(redis, population, [...new Set(drawn)]);
}

async function employeesAt(
  redis: RedisConnection,
  population: string,
  positions: readonly number[],
): Promise<EmployeeId[]> {
  if (positions.length === 0) return [];
  const chunks = [...new Set(positions.map((position) => Math.floor(position / POPULATION_CHUNK)))];
  const texts = await redis.hmget(population, ...chunks.map(String));
  const employees = new Map(chunks.map((chunk, i) => [chunk, decodeEmployees(texts[i] ?? '', population)]));
  const found = positions.map(
    (position) => employees.get(Math.floor(position / POPULATION_CHUNK))?.[position % POPULATION_CHUNK],
  );
  return found.flatMap((employee) => (employee === undefined ? [] : [employee.id]));
}
