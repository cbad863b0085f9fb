import { createRecommender, type Recommender, type RecommenderClient } from '../src/adapters/recommender.ts';
import type { EmployeeId } from '../src/domain/ids.ts';
import { FIRST_EMPLOYEE, TIMEOUT_MS } from './workload.ts';

/** The client that a run has, for a stand-in at a base URL. */
export function benchRecommender(url: string, client: RecommenderClient, sockets: number): Recommender {
  const endpoint = '/public/api/v1/mltr/v3/run';
  return createRecommender({ baseUrl: url, endpoint, client, timeoutMs: TIMEOUT_MS, sockets });
}

/**
 * Calls the recommender for each employee through the same client as the employee jobs, and does nothing else: no queue, no
 * Redis, no result. What a run's calls per second are compared with.
 * @param concurrency how many calls at the same time, and how many connections.
 * Throws what the first failed call throws.
 */
export async function bareLoop(
  url: string,
  client: RecommenderClient,
  employees: number,
  concurrency: number,
): Promise<void> {
  const recommender = benchRecommender(url, client, concurrency);
  let next = 0;
  const lane = async () => {
    while (next < employees) await recommender.recommend((FIRST_EMPLOYEE + next++) as EmployeeId);
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, lane));
  } finally {
    recommender.close();
  }
}
