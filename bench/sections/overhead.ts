import { loadSettings } from '../../config/load.ts';
import { measureInProcess } from '../commands.ts';
import { withRecommender } from '../counting-recommender.ts';
import { type MeasuredRun, measuredRun } from '../measured-run.ts';
import type { BenchContext, Ratio, Section } from '../section.ts';
import { figure, ratioSpread, spread, spreadOf } from '../spread.ts';

interface Bare {
  readonly callsPerSecond: number;
  readonly seconds: number;
}

/** What the queue costs. */
export const overheadSection: Section = {
  name: 'overhead',
  about: 'calls a second of a run against a bare loop of the same client',
  async measure(context) {
    const concurrencies = [defaultConcurrency(), context.sizes.higherConcurrency];
    // The first of each only warms the machine up.
    await bareLoop(context, concurrencies[0]!);
    await run(context, concurrencies[0]!);
    const measured = [];
    for (const concurrency of concurrencies) measured.push({ concurrency, ...(await inTurn(context, concurrency)) });
    return {
      title: 'Queue overhead',
      method:
        `A run of ${figure(context.sizes.employees)} employees with a recommender that answers at once, in turn with a bare ` +
        'loop that makes the same calls with the same client, concurrency and server and does nothing else; each in a ' +
        'process of its own. Calls are counted at the server, from the first to the last. "Whole" compares from the start ' +
        'of the process to its end, with everything that a run does before the first call and after the last.',
      ratios: measured.flatMap(({ concurrency, bare, runs }, i): Ratio[] => [
        {
          name: i === 0 ? 'queueOverheadRatio' : `queueOverheadRatioAt${concurrency}`,
          text: `Calls a second of a run / of a bare loop, ${concurrency} at a time`,
          value: ratioSpread(runs.map(callsPerSecond), bare.map(callsPerSecond)),
          bar: { atLeast: 0.8 },
        },
        {
          name: i === 0 ? 'wholeRunRatio' : `wholeRunRatioAt${concurrency}`,
          text: `Whole bare loop / whole run, in time, ${concurrency} at a time`,
          value: ratioSpread(
            bare.map(({ seconds }) => seconds),
            runs.map(({ seconds }) => seconds),
          ),
        },
      ]),
      tables: [
        {
          columns: ['At a time', 'Bare loop, calls/s', 'Run, calls/s', 'Bare loop, s', 'Run, s'],
          rows: measured.map(({ concurrency, bare, runs }) => [
            String(concurrency),
            spreadOf(bare, callsPerSecond),
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
          bars: measured.flatMap(({ concurrency, bare, runs }) => [
            {
              label: `bare loop, ${concurrency} at a time`,
              value: spread(bare.map(callsPerSecond)).median,
              baseline: true,
            },
            { label: `run, ${concurrency} at a time`, value: spread(runs.map(callsPerSecond)).median },
          ]),
        },
      ],
    };
  },
};

async function inTurn(context: BenchContext, concurrency: number): Promise<{ bare: Bare[]; runs: MeasuredRun[] }> {
  const bare: Bare[] = [];
  const runs: MeasuredRun[] = [];
  for (let i = 0; i < context.sizes.repeats; i++) {
    bare.push(await bareLoop(context, concurrency));
    runs.push(await run(context, concurrency));
  }
  return { bare, runs };
}

async function run({ sizes: { employees }, say }: BenchContext, concurrency: number): Promise<MeasuredRun> {
  const measured = await measuredRun({ employees, concurrency });
  say(`run of ${employees} employees, ${concurrency} at a time: ${figure(measured.callsPerSecond)} calls/s`);
  return measured;
}

function bareLoop({ sizes: { employees }, say }: BenchContext, concurrency: number): Promise<Bare> {
  return withRecommender(0, async (recommender) => {
    const startedAt = performance.now();
    await measureInProcess('bare-loop-process', [recommender.url, employees, concurrency]);
    const seconds = (performance.now() - startedAt) / 1000;
    const perSecond = await recommender.perSecond();
    say(`bare loop of ${employees} calls, ${concurrency} at a time: ${figure(perSecond)} calls/s`);
    return { callsPerSecond: perSecond, seconds };
  });
}

function callsPerSecond(measured: { readonly callsPerSecond: number }): number {
  return measured.callsPerSecond;
}

/** EMPLOYEE_CONCURRENCY when nobody sets it. */
function defaultConcurrency(): number {
  return loadSettings({ envFile: false, env: {} }).settings.queues.concurrency['employee-simulation'];
}
