import type { RecommenderClient } from '../../src/adapters/recommender/client.ts';
import { startBenchRedis } from '../bench-redis.ts';
import { measureInProcess } from '../commands.ts';
import type { BenchContext } from '../section.ts';
import { figure } from '../spread.ts';
import { inWorkloadFolder } from '../workload.ts';
import { withRecommender } from './counting-recommender.ts';

/** What the calls of a run came to, made without a run. */
export interface Bare {
  readonly callsPerSecond: number;
  readonly seconds: number;
}

/** With what a run and its baselines make their calls. */
export interface Way {
  readonly client: RecommenderClient;
  readonly concurrency: number;
}

/** As texts name it: `got, 50 at a time`. */
export function nameOf({ client, concurrency }: Way): string {
  return `${client}, ${concurrency} at a time`;
}

/** The calls by the run's client, and nothing else. */
export function bareLoop(context: BenchContext, way: Way): Promise<Bare> {
  return baseline(context, way, 'bare loop', (url) =>
    measureInProcess('bare-loop-process', [url, ...argsOf(context, way)]),
  );
}

/** The calls by got as it comes. */
export function plainGot(context: BenchContext, way: Way): Promise<Bare> {
  const { overheadEmployees } = context.sizes;
  return baseline(context, way, 'loop of got as it comes', (url) =>
    measureInProcess('plain-got-process', [url, overheadEmployees, way.concurrency]),
  );
}

/** Each call a job of BullMQ, and nothing of a run. */
export async function bareQueue(context: BenchContext, way: Way): Promise<Bare> {
  return inWorkloadFolder(1, async (folder) => {
    const redis = await startBenchRedis(folder);
    try {
      return await baseline(context, way, 'bare queue', (url) =>
        measureInProcess('bare-queue-process', [redis.socketPath, url, ...argsOf(context, way)]),
      );
    } finally {
      await redis.stop();
    }
  });
}

function argsOf({ sizes }: BenchContext, { client, concurrency }: Way): (string | number)[] {
  return [client, sizes.overheadEmployees, concurrency];
}

/** @param measure makes the calls of one way to the recommender at this URL. */
function baseline(
  { sizes, say }: BenchContext,
  way: Way,
  name: string,
  measure: (url: string) => Promise<unknown>,
): Promise<Bare> {
  return withRecommender(0, async (recommender) => {
    const startedAt = performance.now();
    await measure(recommender.url);
    const seconds = (performance.now() - startedAt) / 1000;
    const perSecond = await recommender.perSecond();
    say(`${name} of ${sizes.overheadEmployees} calls, ${nameOf(way)}: ${figure(perSecond)} calls/s`);
    return { callsPerSecond: perSecond, seconds };
  });
}
