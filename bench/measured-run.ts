import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecommenderClient } from '../src/adapters/recommender/client.ts';
import { withRecommender } from './baselines/counting-recommender.ts';
import { startBenchRedis } from './bench-redis.ts';
import { startCommand } from './commands.ts';
import { inWorkloadFolder } from './workload.ts';

/** What a whole `btc-fake run` in a process of its own came to. */
export interface MeasuredRun {
  /** From the command to its end. */
  readonly seconds: number;
  /** Calls to the recommender a second, from the first to the last. */
  readonly callsPerSecond: number;
  /** The most memory that the process had resident. */
  readonly processMegabytes: number;
  /** The same of Redis. */
  readonly redisMegabytes: number;
  /** The most that Redis' data took, for each employee. */
  readonly redisBytesPerEmployee: number;
  readonly fileBytes: number;
  readonly rows: number;
}

/** What a run is told. */
export interface RunChoice {
  readonly employees: number;
  /** How long the recommender takes for an answer; at once unless given. */
  readonly latencyMs?: number;
  /** API_CLIENT; its default unless given. */
  readonly client?: RecommenderClient;
  /** EMPLOYEE_CONCURRENCY; its default unless given. */
  readonly concurrency?: number;
  /** EMPLOYEE_CONCURRENCY_MAX; not set unless given. */
  readonly mostAtOnce?: number;
  /** Besides what is timed: done with the paths of the files. */
  readonly afterwards?: (folder: string, files: readonly string[]) => Promise<void>;
}

/**
 * Runs a week with the default set-up: the embedded Redis of its folder (which runs already), workers in the same
 * process.
 */
export function measuredRun({
  employees,
  latencyMs = 0,
  client,
  concurrency,
  mostAtOnce,
  afterwards,
}: RunChoice): Promise<MeasuredRun> {
  return withRecommender(latencyMs, (recommender) =>
    inWorkloadFolder(employees, async (folder) => {
      const redis = await startBenchRedis(folder);
      try {
        const startedAt = performance.now();
        const command = startCommand(folder, ['run', '--employees', 'employees.csv', '--seed', 'bench', '--json'], {
          API_BASE_URL: recommender.url,
          ...(client === undefined ? {} : { API_CLIENT: client }),
          ...(concurrency === undefined ? {} : { EMPLOYEE_CONCURRENCY: String(concurrency) }),
          ...(mostAtOnce === undefined ? {} : { EMPLOYEE_CONCURRENCY_MAX: String(mostAtOnce) }),
        });
        const output = await command.ended;
        const seconds = (performance.now() - startedAt) / 1000;
        const report = JSON.parse(output) as { state: string; files: { path: string; rows: number }[] };
        if (report.state !== 'finished') throw new Error(`The run ended as ${report.state}`);
        const { dataBytes, residentMegabytes } = await redis.peak();
        const paths = report.files.map(({ path }) => join(folder, path));
        const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
        await afterwards?.(folder, paths);
        return {
          seconds,
          callsPerSecond: await recommender.perSecond(),
          processMegabytes: command.peakMegabytes,
          redisMegabytes: residentMegabytes,
          redisBytesPerEmployee: dataBytes / employees,
          fileBytes: sizes.reduce((sum, size) => sum + size, 0),
          rows: report.files.reduce((sum, { rows }) => sum + rows, 0),
        };
      } finally {
        await redis.stop();
      }
    }),
  );
}
