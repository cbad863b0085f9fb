import { createRecommender, type Recommender, type RecommenderClient } from '../../src/adapters/recommender/client.ts';
import type { EmployeeId } from '../../src/domain/ids.ts';
import { FIRST_EMPLOYEE, TIMEOUT_MS } from '../workload.ts';

/** Where a stand-in answers, below its base URL. */
export const ENDPOINT = '/public/api/v1/mltr/v3/run';

/** The client that a run has, for a stand-in at a base URL. */
export function benchRecommender(url: string, client: RecommenderClient, sockets: number): Recommender {
  return createRecommender({ baseUrl: url, endpoint: ENDPOINT, client, timeoutMs: TIMEOUT_MS, sockets });
}

/**
 * Makes a call for each employee, so many at the same time, and does nothing else: no queue, no Redis, no result. What
 * a run's calls per second are compared with. Throws what the first failed call throws.
 */
export async function callForEach(
  employees: number,
  concurrency: number,
  call: (employeeId: EmployeeId) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < employees) await call((FIRST_EMPLOYEE + next++) as EmployeeId);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
