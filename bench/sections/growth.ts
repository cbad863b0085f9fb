import { startCommand } from '../commands.ts';
import { type MeasuredRun, measuredRun } from '../measured-run.ts';
import type { Ratio, Section } from '../section.ts';
import { figure, ratioSpread, spreadOf } from '../spread.ts';

const MEGABYTE = 1024 * 1024;

interface Measured {
  readonly employees: number;
  readonly runs: readonly MeasuredRun[];
}

/** How time, memory and files grow with the population. */
export const growthSection: Section = {
  name: 'growth',
  about: 'time, memory and file sizes from a thousand employees to a million',
  async measure({ sizes, say }) {
    const measured = sizes.growth.map(({ employees, repeats }) => ({ employees, repeats, runs: [] as MeasuredRun[] }));
    // In turn: while a million are simulated, the machine may become another.
    for (let round = 0; measured.some(({ repeats }) => round < repeats); round++) {
      for (const { employees, repeats, runs } of measured) {
        if (round >= repeats) continue;
        // The feeds of each size are held against the contract once.
        const run = await measuredRun({ employees, ...(round === 0 ? { afterwards: checkFeeds } : {}) });
        say(`run of ${employees} employees: ${figure(run.seconds)} s, ${figure(run.processMegabytes)} MB`);
        runs.push(run);
      }
    }
    return {
      title: 'Growth',
      method:
        'Whole runs in one process, beside the embedded Redis and a recommender that answers at once: from the command to its ' +
        'end. Memory is the peak of what the process, and Redis, had resident; Redis for each employee is the peak of its ' +
        'data. `btc-fake check` accepts the feeds of each size.',
      ratios: [...stepRatios(measured), ...peakRatios(measured.at(-1)!)],
      tables: [
        {
          columns: [
            'Employees',
            'Time, s',
            'Employees/s',
            'Process, MB',
            'Redis, MB',
            'Redis, bytes/employee',
            'Files, MB',
          ],
          rows: measured.map(({ employees, runs }) => [
            figure(employees),
            spreadOf(runs, ({ seconds }) => seconds),
            spreadOf(runs, ({ seconds }) => employees / seconds),
            spreadOf(runs, ({ processMegabytes }) => processMegabytes),
            spreadOf(runs, ({ redisMegabytes }) => redisMegabytes),
            spreadOf(runs, ({ redisBytesPerEmployee }) => redisBytesPerEmployee),
            spreadOf(runs, ({ fileBytes }) => fileBytes / MEGABYTE),
          ]),
        },
      ],
      plots: [
        {
          title: 'Time of a whole run',
          unit: 's',
          logarithmic: true,
          bars: measured.map(({ employees, runs }) => ({
            label: `${figure(employees)} employees`,
            value: spreadOf(runs, ({ seconds }) => seconds).median,
          })),
        },
        {
          title: 'Peak memory of the run’s process',
          unit: 'MB',
          bars: measured.map(({ employees, runs }) => ({
            label: `${figure(employees)} employees`,
            value: spreadOf(runs, ({ processMegabytes }) => processMegabytes).median,
          })),
        },
      ],
    };
  },
};

/** What ten times as many employees take, in time. */
function stepRatios(measured: readonly Measured[]): Ratio[] {
  return measured.slice(1).map(({ employees, runs }, i) => {
    const before = measured[i]!;
    const isHeld = employees === 1_000_000;
    return {
      name: `timeRatio${employees}To${before.employees}`,
      text: `Time of ${figure(employees)} employees / of ${figure(before.employees)}`,
      value: ratioSpread(secondsOf(runs), secondsOf(before.runs)),
      ...(isHeld ? { bar: { atMost: 11 } } : {}),
    };
  });
}

function peakRatios({ employees, runs }: Measured): Ratio[] {
  return [
    {
      name: 'peakProcessMegabytes',
      text: `Peak memory of the process, in MB, ${figure(employees)} employees`,
      value: spreadOf(runs, ({ processMegabytes }) => processMegabytes),
      bar: { atMost: 300 },
    },
    {
      name: 'peakRedisBytesPerEmployee',
      text: `Peak of Redis' data, in bytes for each of ${figure(employees)} employees`,
      value: spreadOf(runs, ({ redisBytesPerEmployee }) => redisBytesPerEmployee),
      bar: { atMost: 1024 },
    },
  ];
}

function secondsOf(runs: readonly MeasuredRun[]): number[] {
  return runs.map(({ seconds }) => seconds);
}

async function checkFeeds(folder: string, files: readonly string[]): Promise<void> {
  await startCommand(folder, ['check', ...files.filter((path) => path.endsWith('.csv'))]).ended;
}
