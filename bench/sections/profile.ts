import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withRecommender } from '../baselines/counting-recommender.ts';
import { startBenchRedis } from '../bench-redis.ts';
import { startCommand } from '../commands.ts';
import { type CpuProfile, timeBySteps } from '../cpu-profile.ts';
import { OTHER_STEP, RUN_STEPS } from '../profile-steps.ts';
import { countCommands } from '../redis-commands.ts';
import type { BenchContext, Section } from '../section.ts';
import { figure, type Spread, spread } from '../spread.ts';
import { inWorkloadFolder } from '../workload.ts';

/** Where an employee's time goes. */
export const profileSection: Section = {
  name: 'profile',
  about: 'where the time of a run goes, step by step, in microseconds for each employee',
  // A profiled run is slower than others: its figures stand beside them, not among them.
  onlyByName: true,
  async measure(context) {
    const profiles: Map<string, number>[] = [];
    let commands: ReadonlyMap<string, number> = new Map();
    for (let i = 0; i < context.sizes.repeats; i++) {
      const run = await profiledRun(context);
      profiles.push(run.steps);
      commands = run.commands;
    }
    const { profileEmployees: employees } = context.sizes;
    return {
      title: 'Where an employee’s time goes',
      method:
        `A run of ${figure(employees)} employees under \`node --cpu-prof\`, with a recommender that answers at once: the time in which ` +
        'its process was busy, by whose code it was in, in microseconds for each employee. What Node.js does counts for who asked for ' +
        'it. Redis and the recommender are other processes; the second table says what Redis was asked.',
      ratios: [],
      tables: [
        { columns: ['Step', 'µs for each employee', 'Share'], rows: stepRows(profiles, employees) },
        {
          columns: ['Redis command', 'for each employee'],
          rows: [...commands].map(([name, calls]) => [name, figure(calls / employees)]),
        },
      ],
      plots: [],
    };
  },
};

function stepRows(profiles: readonly Map<string, number>[], employees: number): (string | Spread)[][] {
  const names = [...RUN_STEPS.map(({ name }) => name), OTHER_STEP];
  const totals = spread(profiles.map((steps) => [...steps.values()].reduce((sum, time) => sum + time, 0)));
  const rows = names.map((name) => ({
    name,
    time: spread(profiles.map((steps) => (steps.get(name) ?? 0) / employees)),
  }));
  const share = (time: Spread) => `${Math.round((100 * time.median * employees) / totals.median)} %`;
  const { median, min, max, n } = totals;
  const all = { median: median / employees, min: min / employees, max: max / employees, n };
  return [
    ...rows
      .filter(({ time }) => time.median > 0)
      .sort((a, b) => b.time.median - a.time.median)
      .map(({ name, time }) => [name, time, share(time)]),
    ['All', all, '100 %'],
  ];
}

async function profiledRun({ sizes: { profileEmployees: employees }, say }: BenchContext) {
  return withRecommender(0, (recommender) =>
    inWorkloadFolder(employees, async (folder) => {
      const redis = await startBenchRedis(folder);
      try {
        const profiles = join(folder, 'profile');
        const args = ['run', '--employees', 'employees.csv', '--seed', 'bench', '--json'];
        const env = { API_BASE_URL: recommender.url };
        const stopCounting = await countCommands(redis.client);
        await startCommand(folder, args, env, ['--cpu-prof', `--cpu-prof-dir=${profiles}`]).ended;
        const commands = await stopCounting();
        say(`profiled a run of ${employees} employees`);
        const [name] = await readdir(profiles);
        const profile = JSON.parse(await readFile(join(profiles, name!), 'utf8')) as CpuProfile;
        return { steps: timeBySteps(profile, RUN_STEPS, OTHER_STEP), commands };
      } finally {
        await redis.stop();
      }
    }),
  );
}
