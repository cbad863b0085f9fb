import { measuredRun, type RunChoice } from '../measured-run.ts';
import type { BenchContext, Section } from '../section.ts';
import { figure, ratioSpread, spread } from '../spread.ts';

/** Employees at the same time: a number, or bounds within which the process finds one itself. */
type AtOnce = Pick<RunChoice, 'concurrency' | 'mostAtOnce'>;

/** What it brings that a process finds its number of employees at the same time by itself. */
export const concurrencySection: Section = {
  name: 'concurrency',
  about: 'employees at the same time: a number that the process finds by itself, against fixed ones',
  async measure(context) {
    const { employees, few, many } = context.sizes.concurrency;
    const choices: readonly AtOnce[] = [
      { concurrency: few },
      { concurrency: many },
      { concurrency: few, mostAtOnce: many },
    ];
    const measured: { latencyMs: number; perSecond: number[][] }[] = [];
    for (const latencyMs of context.sizes.latenciesMs) {
      const perSecond: number[][] = choices.map(() => []);
      for (let i = 0; i < context.sizes.repeats; i++) {
        for (const [c, choice] of choices.entries()) perSecond[c]!.push(await run(context, choice, latencyMs));
      }
      measured.push({ latencyMs, perSecond });
    }
    return {
      title: 'Employees at the same time, found by the process',
      method:
        `Calls a second of a run of ${figure(employees)} employees: ${few} at a time, ${many} at a time, and as many between them as ` +
        'the process finds by how long calls take (`EMPLOYEE_CONCURRENCY_MAX`), beginning with the fewest.',
      ratios: measured.flatMap(({ latencyMs, perSecond }) =>
        [few, many].map((fixed, c) => ({
          name: `foundOver${fixed}At${latencyMs}ms`,
          text: `Calls a second with a number that is found / with ${fixed}, at ${latencyMs} ms`,
          value: ratioSpread(perSecond.at(-1)!, perSecond[c]!),
        })),
      ),
      tables: [
        {
          columns: ['Latency', ...choices.map((choice) => `${named(choice)}, calls/s`)],
          rows: measured.map(({ latencyMs, perSecond }) => [`${latencyMs} ms`, ...perSecond.map(spread)]),
        },
      ],
      plots: [
        {
          title: 'Calls a second, by employees at the same time',
          unit: 'calls/s',
          bars: measured.flatMap(({ latencyMs, perSecond }) =>
            choices.map((choice, c) => ({
              label: `${named(choice)}, ${latencyMs} ms`,
              value: spread(perSecond[c]!).median,
              baseline: choice.mostAtOnce === undefined,
            })),
          ),
        },
      ],
    };
  },
};

function named({ concurrency, mostAtOnce }: AtOnce): string {
  return mostAtOnce === undefined ? `${concurrency} at a time` : `${concurrency} to ${mostAtOnce}, found`;
}

async function run({ sizes, say }: BenchContext, choice: AtOnce, latencyMs: number): Promise<number> {
  const { employees } = sizes.concurrency;
  const { callsPerSecond } = await measuredRun({ employees, latencyMs, ...choice });
  say(`run of ${employees} employees, ${named(choice)}, at ${latencyMs} ms: ${figure(callsPerSecond)} calls/s`);
  return callsPerSecond;
}
