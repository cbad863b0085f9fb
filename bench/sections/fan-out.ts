import { join } from 'node:path';
import { startBenchRedis } from '../bench-redis.ts';
import { measureInProcess } from '../commands.ts';
import type { InTurn } from '../in-turn.ts';
import type { Section } from '../section.ts';
import { figure, ratioSpread, spread } from '../spread.ts';
import { inWorkloadFolder } from '../workload.ts';

/** How fast employees are put on the queue. */
export const fanOutSection: Section = {
  name: 'fan-out',
  about: 'employees a second put on the queue, against addBulk of empty jobs',
  async measure({ sizes: { fanOutEmployees: employees, repeats }, say }) {
    const { ours, bare } = await inWorkloadFolder(employees, async (folder) => {
      const redis = await startBenchRedis(folder);
      try {
        const args = [redis.socketPath, employees, repeats, join(folder, 'employees.csv')];
        return await measureInProcess<InTurn>('fan-out-process', args);
      } finally {
        await redis.stop();
      }
    });
    const perSecond = (seconds: readonly number[]) => spread(seconds.map((s) => employees / s));
    say(`fan-out of ${employees} employees: ${figure(perSecond(ours).median)} employees/s`);
    say(`addBulk of ${employees} empty jobs: ${figure(perSecond(bare).median)} jobs/s`);
    return {
      title: 'Fan-out alone',
      method:
        `${figure(employees)} employees put on the queue, each a child of its run with an id of its own, read from the frozen ` +
        'population, and nobody at work; in turn with `addBulk` of as many empty jobs, 1,000 at a time.',
      ratios: [
        {
          name: 'fanOutRatio',
          text: 'Employees a second put on the queue / empty jobs',
          value: ratioSpread(bare, ours),
        },
      ],
      tables: [
        {
          columns: ['addBulk of empty jobs, jobs/s', 'Fan-out, employees/s'],
          rows: [[perSecond(bare), perSecond(ours)]],
        },
      ],
      plots: [],
    };
  },
};
