import { RunStore } from '../../src/adapters/run-store/store.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { STAGES } from '../../src/domain/run/stages.ts';
import { withRecommender } from '../baselines/counting-recommender.ts';
import { startBenchRedis } from '../bench-redis.ts';
import { RETENTION_MS, untilFinished } from '../bench-run.ts';
import { type BenchCommand, startCommand } from '../commands.ts';
import type { BenchContext, Section } from '../section.ts';
import { figure, ratioSpread, spread } from '../spread.ts';
import { inWorkloadFolder } from '../workload.ts';

const STARTED = 'Working';

/** What more worker processes bring. */
export const scaleOutSection: Section = {
  name: 'scale-out',
  about: 'calls a second of 1, 2 and 4 worker processes',
  async measure(context) {
    const { processes, latencyMs, concurrency } = context.sizes.scaleOut;
    const measured = processes.map((count) => ({ count, perSecond: [] as number[] }));
    // In turn, so that what the machine does meanwhile touches all of them alike.
    for (let i = 0; i < context.sizes.repeats; i++) {
      for (const { count, perSecond } of measured) perSecond.push(await withWorkers(context, count));
    }
    const [one, ...more] = measured;
    return {
      title: 'Scale-out',
      method:
        `Worker processes for employees alone, each with ${concurrency} at a time, at ${latencyMs} ms latency of the ` +
        `recommender: the wait for it is what limits a process (to ${figure((concurrency * 1000) / latencyMs)} calls/s), not ` +
        'the machine that they share. Another process does the other stages.',
      ratios: more.map(({ count, perSecond }) => ({
        name: `scaleOutRatio${count}`,
        text: `${count} worker processes / 1, in calls a second`,
        value: ratioSpread(perSecond, one!.perSecond),
        ...(count === 2 ? { bar: { atLeast: 1.9 } } : {}),
      })),
      tables: [
        {
          columns: ['Worker processes', 'Calls/s'],
          rows: measured.map(({ count, perSecond }) => [String(count), spread(perSecond)]),
        },
      ],
      plots: [
        {
          title: `Calls a second at ${latencyMs} ms, by worker processes`,
          unit: 'calls/s',
          bars: measured.map(({ count, perSecond }) => ({
            label: count === 1 ? '1 process' : `${count} processes`,
            value: spread(perSecond).median,
            baseline: count === 1,
          })),
        },
      ],
    };
  },
};

async function withWorkers({ sizes, say }: BenchContext, count: number): Promise<number> {
  const { latencyMs, concurrency, employeesPerProcess } = sizes.scaleOut;
  const employees = count * employeesPerProcess;
  return withRecommender(latencyMs, (recommender) =>
    inWorkloadFolder(employees, async (folder) => {
      const redis = await startBenchRedis(folder);
      const env = { API_BASE_URL: recommender.url, LOG_LEVEL: 'info' };
      const workers: BenchCommand[] = [];
      try {
        const others = STAGES.filter((stage) => stage !== 'employee-simulation' && stage !== 'publish');
        const simulate = ['--only', 'employee-simulation', '--concurrency', String(concurrency)];
        workers.push(startCommand(folder, ['worker', ...others.flatMap((queue) => ['--only', queue])], env));
        for (let i = 0; i < count; i++) workers.push(startCommand(folder, ['worker', ...simulate], env));
        await Promise.all(workers.map((worker) => worker.saying(STARTED)));
        const run = ['run', '--employees', 'employees.csv', '--seed', 'bench', '--detach', '--json'];
        const { runId } = JSON.parse(await startCommand(folder, run, env).ended) as { runId: RunId };
        await untilFinished(new RunStore(redis.client, RETENTION_MS), runId);
        const perSecond = await recommender.perSecond();
        say(`${count} worker processes at ${latencyMs} ms: ${figure(perSecond)} calls/s`);
        return perSecond;
      } finally {
        await Promise.all(workers.map((worker) => worker.stop()));
        await redis.stop();
      }
    }),
  );
}
