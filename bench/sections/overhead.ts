import { loadSettings } from '../../config/load.ts';
import { type Bare, bareLoop, bareQueue, nameOf, plainGot, type Way } from '../baselines/call-baselines.ts';
import { CLIENTS, ofClient } from '../baselines/clients.ts';
import { type MeasuredRun, measuredRun } from '../measured-run.ts';
import type { BenchContext, Ratio, Section } from '../section.ts';
import { figure, ratioSpread, spread, spreadOf } from '../spread.ts';

interface Measured extends Way {
  /** By the client as it comes; measured for got alone. */
  readonly plain: readonly Bare[];
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
        'BullMQ alone makes of it: a job for each call, added and worked on by one process, with nothing of a run. "As it comes" is ' +
        'a loop that calls `got.post(…).json()`: bare loop, bare queue and run share what was done to make a call by got cheaper. ' +
        `The bar is set for the default client, ${client}. The less a call costs, the larger is the share of what the queue ` +
        'costs: a ratio is worse with a faster client, and the run is faster all the same.',
      ratios: measured.flatMap((one) =>
        ratiosOf(one, one.client === client, one.client === client && one.concurrency === concurrency),
      ),
      tables: [
        {
          columns: [
            'Client',
            'At a time',
            'As it comes, calls/s',
            'Bare loop, calls/s',
            'Bare queue, calls/s',
            'Run, calls/s',
            'Bare loop, s',
            'Run, s',
          ],
          rows: measured.map(({ client: used, concurrency: atATime, plain, bare, queue, runs }) => [
            used,
            String(atATime),
            plain.length > 0 ? spreadOf(plain, callsPerSecond) : '',
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
  const { plain, bare, queue, runs } = measured;
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
    ...(plain.length === 0
      ? []
      : [
          {
            name: `runOverPlainClientRatio${suffix}`,
            text: `Calls a second of a run / of a loop of ${measured.client} as it comes, ${measured.concurrency} at a time`,
            value: ratioSpread(runs.map(callsPerSecond), plain.map(callsPerSecond)),
          },
        ]),
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

function suffixOf({ client, concurrency }: Way): string {
  return `${ofClient(client)}At${concurrency}`;
}

async function inTurn(context: BenchContext, way: Way): Promise<Measured> {
  const plain: Bare[] = [];
  const bare: Bare[] = [];
  const queue: Bare[] = [];
  const runs: MeasuredRun[] = [];
  for (let i = 0; i < context.sizes.repeats; i++) {
    if (way.client === 'got') plain.push(await plainGot(context, way));
    bare.push(await bareLoop(context, way));
    queue.push(await bareQueue(context, way));
    runs.push(await run(context, way));
  }
  return { ...way, plain, bare, queue, runs };
}

async function run({ sizes: { overheadEmployees: employees }, say }: BenchContext, way: Way): Promise<MeasuredRun> {
  const measured = await measuredRun({ employees, ...way });
  say(`run of ${employees} employees, ${nameOf(way)}: ${figure(measured.callsPerSecond)} calls/s`);
  return measured;
}

function callsPerSecond(measured: { readonly callsPerSecond: number }): number {
  return measured.callsPerSecond;
}

/** API_CLIENT and EMPLOYEE_CONCURRENCY when nobody sets them. */
function defaults(): Way {
  const { values } = loadSettings({ envFile: false, env: {} });
  return { client: values.API_CLIENT, concurrency: values.EMPLOYEE_CONCURRENCY };
}
