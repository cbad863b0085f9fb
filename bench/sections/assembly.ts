import { startBenchRedis } from '../bench-redis.ts';
import { measureInProcess } from '../commands.ts';
import type { InTurn } from '../in-turn.ts';
import type { Section } from '../section.ts';
import { figure, ratioSpread, spread } from '../spread.ts';
import { inWorkloadFolder } from '../workload.ts';

/** How fast the files are written. */
export const assemblySection: Section = {
  name: 'assembly',
  about: 'rows a second of the feeds, against fast-csv that writes the same rows',
  async measure({ sizes: { assemblyEmployees: employees, repeats }, say }) {
    const { ours, bare, rows } = await inWorkloadFolder(employees, async (folder) => {
      const redis = await startBenchRedis(folder);
      try {
        return await measureInProcess<InTurn & { rows: number }>('assembly-process', [
          redis.socketPath,
          repeats,
          folder,
        ]);
      } finally {
        await redis.stop();
      }
    });
    const perSecond = (seconds: readonly number[]) => spread(seconds.map((s) => rows / s));
    say(`assembly of ${rows} rows: ${figure(perSecond(ours).median)} rows/s`);
    say(`fast-csv writes ${rows} rows: ${figure(perSecond(bare).median)} rows/s`);
    return {
      title: 'Assembly alone',
      method:
        `The files of a run of ${figure(employees)} employees whose results are in Redis, ${figure(rows)} rows in both feeds, ` +
        'with summary, manifest, hashes and flushes to the disk; in turn with fast-csv that writes as many of the same rows to ' +
        'both feeds out of memory, and nothing else.',
      ratios: [
        {
          name: 'assemblyRatio',
          text: 'Rows a second of the assembly / of fast-csv alone',
          value: ratioSpread(bare, ours),
          bar: { atLeast: 0.5 },
        },
      ],
      tables: [{ columns: ['fast-csv alone, rows/s', 'Assembly, rows/s'], rows: [[perSecond(bare), perSecond(ours)]] }],
      plots: [
        {
          title: 'Rows a second',
          unit: 'rows/s',
          bars: [
            { label: 'fast-csv alone', value: perSecond(bare).median, baseline: true },
            { label: 'assembly', value: perSecond(ours).median },
          ],
        },
      ],
    };
  },
};
