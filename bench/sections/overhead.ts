import { loadSettings } from '../../config/load.ts';
import type { RecommenderClient } from '../../src/adapters/recommender.ts';
import { startBenchRedis } from '../bench-redis.ts';
import { CLIENTS, ofClient } from '../clients.ts';
import { measureInProcess } from '../commands.ts';
import { withRecommender } from '../counting-recommender.ts';
import { type MeasuredRun, measuredRun } from '../measured-run.ts';
import type { BenchContext, Ratio, Section } from '../section.ts';
import { figure, ratioSpread, spread, spreadOf } from '../spread.ts';
import { inWorkloadFolder } from '../workload.ts';

interface Bare {
  readonly callsPerSecond: number;
  readonly seconds: number;
}

/** With what a run and a bare loop make their calls. */
interface Way {
  readonly client: RecommenderClient;
  readonly concurrency: number;
}

interface Measured extends Way {
  readonly bare: readonly Bare[];
  readonly queue: readonly Bare[];
  readonly runs: readonly MeasuredRun[];
}

/** What the queue costs. */
export const overheadSection: Section = {
  name: 'overhead',
  about: 'calls a second of a run against a bare loop and a bare queue, by each client of the recommender',
  async measure(context) {
    const { client, concurrency } = defaults();
    const others = CLIENTS.filter((one) => one !== client);
    const ways = [client, ...others].flatMap((one) => [
      { client: one, concurrency },
      { client: one, concurrency: context.sizes.higherConcurrency },
    ]);
    // The first of each only warms the machine up.
    await bareLoop(context, ways[0]!);
    await run(context, ways[0]!);
    const measured: Measured[] = [];
    for (const way of ways) measured.push(await inTurn(context, way));
    return {
      title: 'Queue overhead',
      method:
        `A run of ${figure(context.sizes.overheadEmployees)} employees with a recommender that answers at once, in turn with a bare ` +
        'loop that makes the same calls with the same client, concurrency and server and does nothing else; each in a ' +
        'process of its own. Calls are counted at the server, from the first to the last. "Whole" compares from the start ' +
        'of the process to its end, with everything that a run does before the first call and after the last. The bare queue is what ' +
        'BullMQ alone makes of it: a job for each call, added and worked on by one process, with nothing of a run. The bar is set for ' +
        `the default client, ${client}. The less a call costs, the larger is the share of what the queue costs: a ratio is worse ` +
        'with a faster client, and the run is faster all the same.',
      ratios: [
        ...measured.flatMap((one) =>
          ratiosOf(one, one.client === client, one.client === client && one.concurrency === concurrency),
        ),
        ...measured.flatMap((one) => acrossClients(one, measured, client)),
      ],
      tables: [
        {
          columns: [
            'Client',
            'At a time',
            'Bare loop, calls/s',
            'Bare queue, calls/s',
            'Run, calls/s',
            'Bare loop, s',
            'Run, s',
          ],
          rows: measured.map(({ client: used, concurrency: atATime, bare, queue, runs }) => [
            used,
            String(atATime),
            spreadOf(bare, callsPerSecond),
            spreadOf(queue, callsPerSecond),
            spreadOf(runs, callsPerSecond),
            spreadOf(bare, ({ seconds }) => seconds),
            spreadOf(runs, ({ seconds }) => seconds),
          ]),
        },
      ],
      plots: [
        {
          title: 'Calls a second, with a recommender that answers at once',
          unit: 'calls/s',
          logarithmic: true,
          bars: measured.flatMap((one) => [
            { label: `bare loop, ${nameOf(one)}`, value: spread(one.bare.map(callsPerSecond)).median, baseline: true },
            {
              label: `bare queue, ${nameOf(one)}`,
              value: spread(one.queue.map(callsPerSecond)).median,
              baseline: true,
            },
            { label: `run, ${nameOf(one)}`, value: spread(one.runs.map(callsPerSecond)).median },
          ]),
        },
      ],
    };
  },
};

function ratiosOf(measured: Measured, hasBar: boolean, isFirst: boolean): Ratio[] {
  const { bare, queue, runs } = measured;
  const suffix = isFirst ? '' : suffixOf(measured);
  return [
    {
      name: `queueOverheadRatio${suffix}`,
      text: `Calls a second of a run / of a bare loop, ${nameOf(measured)}`,
      value: ratioSpread(runs.map(callsPerSecond), bare.map(callsPerSecond)),
      ...(hasBar ? { bar: { atLeast: 0.8 } } : {}),
    },
    {
      name: `runOverBareQueueRatio${suffix}`,
      text: `Calls a second of a run / of a bare queue, ${nameOf(measured)}`,
      value: ratioSpread(runs.map(callsPerSecond), queue.map(callsPerSecond)),
    },
    {
      name: `wholeRunRatio${suffix}`,
      text: `Whole bare loop / whole run, in time, ${nameOf(measured)}`,
      value: ratioSpread(
        bare.map(({ seconds }) => seconds),
        runs.map(({ seconds }) => seconds),
      ),
    },
  ];
}

/** A run with another client than the default against a bare loop with the default one, which was measured before it. */
function acrossClients(measured: Measured, all: readonly Measured[], defaultClient: RecommenderClient): Ratio[] {
  if (measured.client === defaultClient) return [];
  const { bare } = all.find((one) => one.client === defaultClient && one.concurrency === measured.concurrency)!;
  return [
    {
      name: `runOverDefaultBareLoop${suffixOf(measured)}`,
      text: `Calls a second of a run, ${nameOf(measured)} / of a bare loop of ${defaultClient}`,
      value: ratioSpread(measured.runs.map(callsPerSecond), bare.map(callsPerSecond)),
    },
  ];
}

function nameOf({ client, concurrency }: Way): string {
  return `${client}, ${concurrency} at a time`;
}

function suffixOf({ client, concurrency }: Way): string {
  return `${ofClient(client)}At${concurrency}`;
}

async function inTurn(context: BenchContext, way: Way): Promise<Measured> {
  const bare: Bare[] = [];
  const queue: Bare[] = [];
  const runs: MeasuredRun[] = [];
  for (let i = 0; i < context.sizes.repeats; i++) {
    bare.push(await bareLoop(context, way));
    queue.push(await bareQueue(context, way));
    runs.push(await run(context, way));
  }
  return { ...way, bare, queue, runs };
}

async function run({ sizes: { overheadEmployees: employees }, say }: BenchContext, way: Way): Promise<MeasuredRun> {
  const measured = await measuredRun({ employees, ...way });
  say(`run of ${employees} employees, ${nameOf(way)}: ${figure(measured.callsPerSecond)} calls/s`);
  return measured;
}

function bareLoop(context: BenchContext, way: Way): Promise<Bare> {
  return baseline(context, way, 'bare loop', (url) =>
    measureInProcess('bare-loop-process', [url, ...argsOf(context, way)]),
  );
}

async function bareQueue(context: BenchContext, way: Way): Promise<Bare> {
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

function callsPerSecond(measured: { readonly callsPerSecond: number }): number {
  return measured.callsPerSecond;
}

/** API_CLIENT and EMPLOYEE_CONCURRENCY when nobody sets them. */
function defaults(): Way {
  const { values } = loadSettings({ envFile: false, env: {} });
  return { client: values.API_CLIENT, concurrency: values.EMPLOYEE_CONCURRENCY };
}
