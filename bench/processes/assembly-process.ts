import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { format } from 'fast-csv';
import { pino } from 'pino';
import { loadSettings } from '../../config/load.ts';
import { readCsvRows } from '../../src/adapters/csv/rows.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { openQueues } from '../../src/adapters/redis/queues.ts';
import { RunStore } from '../../src/adapters/run-store/store.ts';
import type { Manifest } from '../../src/domain/run/manifest.ts';
import type { RunRecord } from '../../src/domain/run/record.ts';
import { simulateEmployee } from '../../src/domain/simulation/employee-outcome.ts';
import { assembleFeeds } from '../../src/workers/stages/assemble-feeds.ts';
import { assignPopulation } from '../../src/workers/stages/assign-population.ts';
import { benchRun, RETENTION_MS } from '../bench-run.ts';
import type { InTurn } from '../in-turn.ts';
import { CONTENTS } from '../workload.ts';

/**
 * Assembles the files of a run whose employees are done, in turn with fast-csv alone, which writes as many rows of the
 * same feeds, out of memory. Arguments: Redis, repeats, the folder with the employees file.
 */
const [location, repeats, folder] = process.argv.slice(2);
const SAMPLE_ROWS = 10_000;
const MOST_RECOMMENDATIONS = 5;

const { settings } = loadSettings({ envFile: false, env: { OUTPUT_DIR: join(folder!, 'generated_files') } });
const { signal } = new AbortController();
const redis = await connectRedis(location!, 'worker');
const queues = openQueues(redis);
const store = new RunStore(redis, RETENTION_MS);
const run = await simulatedRun();
const { outputs } = await assembleFeeds({ store, run, settings, signal });
const feeds = await Promise.all(outputs.filter(({ name }) => name.endsWith('.csv')).map(sampled));
const seconds: InTurn = { ours: [], bare: [] };
// The first of each only warms up.
for (let i = 0; i <= Number(repeats); i++) {
  const bare = await timed(() => writeBare(feeds));
  const ours = await timed(() => assembleFeeds({ store, run, settings, signal }));
  if (i === 0) continue;
  seconds.bare.push(bare);
  seconds.ours.push(ours);
}
await queues.close();
redis.disconnect();
process.stdout.write(`${JSON.stringify({ ...seconds, rows: feeds.reduce((sum, { rows }) => sum + rows, 0) })}\n`);

/** A run in which every employee has a result, without a queue or a recommender. */
async function simulatedRun(): Promise<RunRecord> {
  const { plan } = await benchRun(store, queues, join(folder!, 'employees.csv'));
  await store.putCatalogs(
    plan.id,
    { StandAloneContent: CONTENTS, CourseCatalog: CONTENTS },
    { inputs: [], notices: [] },
  );
  await assignPopulation({ settings, store, logger: pino({ level: 'silent' }) }, await store.getRun(plan.id), signal);
  for await (const employees of store.readEmployees(plan)) {
    await Promise.all(
      employees.map(({ position, employee, assignments }) => {
        const from = (position * MOST_RECOMMENDATIONS) % CONTENTS.length;
        const recommended = CONTENTS.slice(from, from + (position % (MOST_RECOMMENDATIONS + 1))).map(({ id }) => id);
        return store.putResult(plan, position, simulateEmployee(plan, employee, assignments!, recommended));
      }),
    );
  }
  return store.getRun(plan.id);
}

interface SampledFeed {
  readonly rows: number;
  /** The first rows, with the header. */
  readonly sample: readonly (readonly string[])[];
}

async function sampled({ name, rows }: Manifest['outputs'][number]): Promise<SampledFeed> {
  const sample: (readonly string[])[] = [];
  const path = join(settings.files.outputDir, name);
  for await (const { fields } of readCsvRows({ path, invalidCode: 'INTERNAL' })) {
    sample.push(fields);
    if (sample.length > SAMPLE_ROWS) break;
  }
  return { rows, sample };
}

async function writeBare(of: readonly SampledFeed[]): Promise<void> {
  for (const [i, { rows, sample }] of of.entries()) {
    const csv = format({ quoteColumns: true, includeEndRowDelimiter: true });
    const written = pipeline(csv, createWriteStream(join(folder!, `bare-${i}.csv`)));
    for (let row = 0; row < rows; row++) if (!csv.write(sample[row % sample.length]!)) await once(csv, 'drain');
    csv.end();
    await written;
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}
