import { join } from 'node:path';
import type { RecommenderClient } from '../../src/adapters/recommender/client.ts';
import { CLIENTS, ofClient } from '../baselines/clients.ts';
import { withRecommender } from '../baselines/counting-recommender.ts';
import { measureInProcess } from '../commands.ts';
import { measuredRun } from '../measured-run.ts';
import type { BenchContext, Section } from '../section.ts';
import { figure, ratioSpread, spread } from '../spread.ts';
import { inWorkloadFolder } from '../workload.ts';

/** The bar that is set for a recommender that takes as long as this. */
const HELD_LATENCY_MS = 20;

interface Measured {
  readonly latencyMs: number;
  /** Calls a second of each measurement. */
  readonly before: readonly number[];
  readonly runs: Readonly<Record<RecommenderClient, readonly number[]>>;
}

/** A run against the way it was done before. */
export const oneByOneSection: Section = {
  name: 'one-by-one',
  about: 'a run against one employee after the other, at several latencies of the recommender',
  async measure(context) {
    const measured: Measured[] = [];
    for (const latencyMs of context.sizes.latenciesMs) measured.push(await inTurn(context, latencyMs));
    const ofRuns = measured.flatMap((one) => CLIENTS.map((client) => ({ ...one, client, runs: one.runs[client] })));
    return {
      title: 'Against one after the other',
      method:
        `Calls a second of a run, ${context.sizes.oneByOneConcurrency} at a time, against a plain program that asks for (by got), ` +
        'decides and writes one employee after the other (fewer of them where that takes long). Calls are counted at the server, ' +
        'from the first to the last.',
      ratios: ofRuns.map(({ latencyMs, before, client, runs }) => ({
        name: `timesOneByOneAt${latencyMs}ms${ofClient(client)}`,
        text: `Run with ${client} / one after the other, in calls a second, at ${latencyMs} ms`,
        value: ratioSpread(runs, before),
        ...(latencyMs === HELD_LATENCY_MS ? { bar: { atLeast: 100 } } : {}),
      })),
      tables: [
        {
          columns: [
            'Latency',
            'One after the other, calls/s',
            ...CLIENTS.map((client) => `Run with ${client}, calls/s`),
          ],
          rows: measured.map(({ latencyMs, before, runs }) => [
            `${latencyMs} ms`,
            spread(before),
            ...CLIENTS.map((client) => spread(runs[client])),
          ]),
        },
      ],
      plots: [
        {
          title: 'Employees a second, by latency of the recommender',
          unit: 'employees/s',
          logarithmic: true,
          bars: measured.flatMap(({ latencyMs, before, runs }) => [
            { label: `one after the other, ${latencyMs} ms`, value: spread(before).median, baseline: true },
            ...CLIENTS.map((client) => ({
              label: `run with ${client}, ${latencyMs} ms`,
              value: spread(runs[client]).median,
            })),
          ]),
        },
      ],
    };
  },
};

async function inTurn(context: BenchContext, latencyMs: number): Promise<Measured> {
  const before: number[] = [];
  const runs: Record<RecommenderClient, number[]> = { got: [], undici: [] };
  for (let i = 0; i < context.sizes.repeats; i++) {
    before.push(await oneByOne(context, latencyMs));
    for (const client of CLIENTS) runs[client].push(await run(context, client, latencyMs));
  }
  return { latencyMs, before, runs };
}

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

async function run({ sizes, say }: BenchContext, client: RecommenderClient, latencyMs: number): Promise<number> {
  const { employees } = sizes.oneByOne(latencyMs);
  const { callsPerSecond } = await measuredRun({
    employees,
    latencyMs,
    client,
    concurrency: sizes.oneByOneConcurrency,
  });
  say(`run of ${employees} employees with ${client} at ${latencyMs} ms: ${figure(callsPerSecond)} calls/s`);
  return callsPerSecond;
}
