import type { RunId } from '../../domain/ids.ts';

/** All keys of the queue and of a run share this hash tag, so that Redis Cluster keeps them together. */
export const REDIS_PREFIX = '{btc-fake}';

/** The ids of all runs, by when they were made. */
export const RUNS_KEY = `${REDIS_PREFIX}:runs`;

/** The keys of one run. Each is a hash. */
export function runKeys(runId: RunId) {
  const base = `${REDIS_PREFIX}:run:${runId}`;
  return {
    record: base,
    population: `${base}:population`,
    catalogs: `${base}:catalogs`,
    assignments: `${base}:assignments`,
    results: `${base}:results`,
    failures: `${base}:failures`,
    requeues: `${base}:requeues`,
    deliveries: `${base}:deliveries`,
  };
}

/** What was told of a run. */
export function alertsKey(runId: RunId): string {
  return `${REDIS_PREFIX}:run:${runId}:alerts`;
}
