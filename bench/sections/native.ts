import { cp, mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/adapters/disk/package-root.ts';
import { prepareLocalSpark } from '../../src/databricks-tools/local/environment.ts';
import { withRecommender } from '../baselines/counting-recommender.ts';
import { startBenchRedis } from '../bench-redis.ts';
import { startCommand } from '../commands.ts';
import { followDescendants } from '../process-memory.ts';
import type { Section } from '../section.ts';
import { figure, ratioSpread, spreadOf } from '../spread.ts';
import { inWorkloadFolder } from '../workload.ts';

interface NativeRun {
  readonly seconds: number;
  readonly driverMegabytes: number;
  readonly jvmMegabytes: number;
}

interface Round {
  readonly queueSeconds: number;
  readonly withCalls: NativeRun;
  readonly fromTable: NativeRun;
}

const CHOICE = ['--employees', 'employees.csv', '--seed', 'bench', '--as-of', '2025-10-28T11:00:00Z', '--json'];
const ANSWERS = 'answers';

/** The native job on a Spark of this machine against the queue. */
export const nativeSection: Section = {
  name: 'native',
  about: 'the native job on a local Spark against the queue; needs Python, Java and Maven',
  onlyByName: true,
  async measure({ sizes, say }) {
    await prepareLocalSpark({ say });
    const { employees, repeats } = sizes.native;
    const rounds: Round[] = [];
    for (let round = 0; round < repeats; round++) {
      rounds.push(await inWorkloadFolder(employees, (folder) => measureRound(folder, say)));
    }
    const queue = rounds.map(({ queueSeconds }) => queueSeconds);
    const native = { withCalls: rounds.map((one) => one.withCalls), fromTable: rounds.map((one) => one.fromTable) };
    const seconds = (runs: readonly NativeRun[]) => runs.map((one) => one.seconds);
    const all = [...native.withCalls, ...native.fromTable];
    return {
      title: 'The native job',
      method:
        `The same week of ${figure(employees)} employees by the queue and by the notebook on local[2], in turn, from the command to ` +
        'its end, the start of Spark included. Once with a call for each employee to a recommender that answers at once, and once ' +
        'with answers from a table. The feeds are the same bytes. Memory is the peak of the driver, the processes that call the recommender among it, and of the JVM.',
      ratios: [
        {
          name: 'nativeFromTableOverQueue',
          text: 'Native job with answers from a table / queue, in time',
          value: ratioSpread(seconds(native.fromTable), queue),
          bar: { atMost: 0.25 },
        },
        {
          name: 'nativeWithCallsOverQueue',
          text: 'Native job with a call each / queue, in time',
          value: ratioSpread(seconds(native.withCalls), queue),
          bar: { atMost: 1 },
        },
        {
          name: 'nativeDriverMegabytes',
          text: 'Peak memory of the driver, in MB',
          value: spreadOf(all, ({ driverMegabytes }) => driverMegabytes),
          bar: { atMost: 400 },
        },
        {
          name: 'nativeJvmMegabytes',
          text: 'Peak memory of the JVM, in MB',
          value: spreadOf(all, ({ jvmMegabytes }) => jvmMegabytes),
          bar: { atMost: 2048 },
        },
      ],
      tables: [
        {
          columns: ['Employees', 'Queue, s', 'Native with calls, s', 'Native from a table, s'],
          rows: [
            [
              figure(employees),
              spreadOf(queue, (value) => value),
              spreadOf(seconds(native.withCalls), (value) => value),
              spreadOf(seconds(native.fromTable), (value) => value),
            ],
          ],
        },
      ],
      plots: [],
    };
  },
};

async function measureRound(folder: string, say: (line: string) => void): Promise<Round> {
  await mkdir(join(folder, '.btc-fake'));
  await symlink(join(packageRoot(), '.btc-fake', 'python'), join(folder, '.btc-fake', 'python'));
  const round = await withRecommender(0, async ({ url }) => {
    const queueSeconds = await queueRun(folder, url);
    say(`the queue: ${figure(queueSeconds)} s`);
    const withCalls = await nativeRun(folder, 'calls', [], { API_BASE_URL: url });
    say(`the native job with calls: ${figure(withCalls.seconds)} s, ${figure(withCalls.driverMegabytes)} MB`);
    return { queueSeconds, withCalls };
  });
  const [run = ''] = await readdir(join(folder, '.btc-fake', 'volume', 'work'));
  await cp(join(folder, '.btc-fake', 'volume', 'work', run, 'answers'), join(folder, ANSWERS), { recursive: true });
  const fromTable = await nativeRun(folder, 'table', ['--recommendations', ANSWERS], {});
  say(`the native job from a table: ${figure(fromTable.seconds)} s, ${figure(fromTable.driverMegabytes)} MB`);
  await expectSameFeeds(folder, ['queue', 'calls', 'table']);
  return { ...round, fromTable };
}

async function queueRun(folder: string, url: string): Promise<number> {
  const redis = await startBenchRedis(folder);
  try {
    const startedAt = performance.now();
    await startCommand(folder, ['run', ...CHOICE, '--output', 'queue'], { API_BASE_URL: url }).ended;
    return (performance.now() - startedAt) / 1000;
  } finally {
    await redis.stop();
  }
}

async function nativeRun(
  folder: string,
  output: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<NativeRun> {
  const startedAt = performance.now();
  const command = startCommand(folder, ['databricks', 'run', '--local', ...CHOICE, '--output', output, ...args], env);
  const memory = followDescendants(command.pid, { driver: /btc_local|spawn_main/, jvm: /java/ });
  try {
    await command.ended;
  } finally {
    memory.stop();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, driverMegabytes: memory.peakOf('driver'), jvmMegabytes: memory.peakOf('jvm') };
}

/** Holds the feeds in these folders against each other. @throws Error when one differs. */
async function expectSameFeeds(folder: string, outputs: readonly string[]): Promise<void> {
  for (const start of ['ContentUserCompletion', 'Non_Completed']) {
    const feeds = await Promise.all(
      outputs.map(async (output) => {
        const names = await readdir(join(folder, output));
        return readFile(join(folder, output, names.find((name) => name.startsWith(start)) ?? ''));
      }),
    );
    for (const feed of feeds) if (!feed.equals(feeds[0]!)) throw new Error(`${start} differs between the engines`);
  }
  for (const output of outputs) await rm(join(folder, output), { recursive: true });
}
