import { join } from 'node:path';
import { measureInProcess } from '../commands.ts';
import { withRecommender } from '../counting-recommender.ts';
import { measuredRun } from '../measured-run.ts';
import type { BenchContext, Section } from '../section.ts';
import { figure, ratioSpread, spread } from '../spread.ts';
import { inWorkloadFolder } from '../workload.ts';

/** The bar that is set for a recommender that takes as long as this. */
const HELD_LATENCY_MS = 20;

/** A run against the way it was done before. */
export const oneByOneSection: Section = {
  name: 'one-by-one',
  about: 'a run against one employee after the other, at several latencies of the recommender',
  async measure(context) {
    const measured = [];
    for (const latencyMs of context.sizes.latenciesMs) {
      const before: number[] = [];
      const runs: number[] = [];
      for (let i = 0; i < context.sizes.repeats; i++) {
        before.push(await oneByOne(context, latencyMs));
        runs.push(await run(context, latencyMs));
      }
      measured.push({ latencyMs, before, runs });
    }
    return {
      title: 'Against one after the other',
      method:
        'Calls a second of a run, against a plain program that asks for, decides and writes one employee after the other ' +
        '(fewer of them where that takes long). Calls are counted at the server, from the first to the last.',
      ratios: measured.map(({ latencyMs, before, runs }) => ({
        name: `timesOneByOneAt${latencyMs}ms`,
        text: `Run / one after the other, in calls a second, at ${latencyMs} ms`,
        value: ratioSpread(runs, before),
        ...(latencyMs === HELD_LATENCY_MS ? { bar: { atLeast: 100 } } : {}),
      })),
      tables: [
        {
          columns: ['Latency', 'One after the other, calls/s', 'Run, calls/s'],
          rows: measured.map(({ latencyMs, before, runs }) => [`${latencyMs} ms`, spread(before), spread(runs)]),
        },
      ],
      plots: [
        {
          title: 'Employees a second, by latency of the recommender',
          unit: 'employees/s',
          logarithmic: true,
          bars: measured.flatMap(({ latencyMs, before, runs }) => [
            { label: `one after the other, ${latencyMs} ms`, value: spread(before).median, baseline: true },
            { label: `run, ${latencyMs} ms`, value: spread(runs).median },
          ]),
        },
      ],
    };
  },
};

async function oneByOne({ sizes, say }: BenchContext, latencyMs: number): Promise<number> {
  const { calls } = sizes.oneByOne(latencyMs);
  return withRecommender(latencyMs, (recommender) =>
    inWorkloadFolder(1, async (folder) => {
      await measureInProcess('one-by-one-process', [recommender.url, calls, join(folder, 'completions.csv')]);
      const perSecond = await recommender.perSecond();
      say(`${calls} employees one after the other at ${latencyMs} ms: ${figure(perSecond)} calls/s`);
      return perSecond;
    }),
  );
}

async function run({ sizes, say }: BenchContext, latencyMs: number): Promise<number> {
  const { employees } = sizes.oneByOne(latencyMs);
  const { higherConcurrency: concurrency } = sizes;
  const { callsPerSecond } = await measuredRun({ employees, latencyMs, concurrency });
  say(`run of ${employees} employees at ${latencyMs} ms: ${figure(callsPerSecond)} calls/s`);
  return callsPerSecond;
}
