import { createRecommender } from '../src/adapters/recommender.ts';
import { parseEmployeeId } from '../src/domain/ids.ts';

const FIRST_EMPLOYEE = 100_000;

export interface BareLoopOptions {
  /** How many calls to make, one for each employee. */
  readonly employees: number;
  /** How many calls at the same time, and how many connections. */
  readonly concurrency: number;
  /** The recommender's base URL. */
  readonly url: string;
  readonly timeoutMs: number;
}

/**
 * Calls the recommender for each employee through the same client as the employee jobs, and does nothing else: no queue, no
 * Redis, no result. What a run's calls per second are compared with. Throws what the first failed call throws.
 */
export async function bareLoop(options: BareLoopOptions): Promise<{ perSecond: number; seconds: number }> {
  const { employees, concurrency, url, timeoutMs } = options;
  const endpoint = '/public/api/v1/mltr/v3/run';
  const recommender = createRecommender({ baseUrl: url, endpoint, timeoutMs, sockets: concurrency });
  let next = 0;
  const lane = async () => {
    while (next < employees) {
      const employeeId = parseEmployeeId(String(FIRST_EMPLOYEE + next++));
      if (employeeId !== undefined) await recommender.recommend(employeeId);
    }
  };
  const startedAt = performance.now();
  try {
    await Promise.all(Array.from({ length: concurrency }, lane));
  } finally {
    recommender.close();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  return { perSecond: employees / seconds, seconds };
}
