import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type CountingRecommender, startCountingRecommender } from './counting-recommender.ts';
import { type MeasuredRun, measuredRun } from './measured-run.ts';
import { writeWorkload } from './workload.ts';

/*
 * What the queue costs and how memory grows, as ratios within one run on one machine:
 * - queueOverheadRatio: requests a second of a whole run of 10,000 employees, against a bare loop that makes the same calls
 *   with the same client, concurrency and server and does nothing else; both counted by the server, from the first
 *   request to the last; each the median of several, taken in turn; by concurrency
 * - memoryGrowthRatio: the run's largest resident memory at 100,000 employees, against that at 10,000
 */
const REPEATS = 5;
const CONCURRENCIES = [200, 50];
const SMALL = 10_000;
const LARGE = 100_000;
const BARE_LOOP = fileURLToPath(new URL('./bare-loop-process.js', import.meta.url));

interface Measurement {
  readonly perSecond: number;
}

async function main(): Promise<void> {
  const recommender = await startCountingRecommender();
  try {
    // The first of each only warms the machine up.
    await bareLoop(recommender, CONCURRENCIES[0]!);
    await run(recommender, SMALL, CONCURRENCIES[0]!);
    const overheads = [];
    for (const concurrency of CONCURRENCIES) overheads.push(await measureOverhead(recommender, concurrency));
    const large = await run(recommender, LARGE, CONCURRENCIES[0]!);
    const small = overheads[0]!;
    const result = {
      queueOverheadRatio: byConcurrency(
        overheads.map(({ runPerSecond, barePerSecond }) => runPerSecond / barePerSecond),
      ),
      barePerSecond: byConcurrency(overheads.map(({ barePerSecond }) => barePerSecond)),
      runPerSecond: byConcurrency(overheads.map(({ runPerSecond }) => runPerSecond)),
      memoryGrowthRatio: round(large.peakMegabytes / small.peakMegabytes),
      peakMegabytes: { [SMALL]: round(small.peakMegabytes), [LARGE]: round(large.peakMegabytes) },
      secondsInAll: { [SMALL]: round(small.seconds), [LARGE]: round(large.seconds) },
    };
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  } finally {
    await recommender.stop();
  }
}

async function measureOverhead(recommender: CountingRecommender, concurrency: number) {
  const bare: Measurement[] = [];
  const runs: (Measurement & MeasuredRun)[] = [];
  for (let i = 0; i < REPEATS; i++) {
    bare.push(await bareLoop(recommender, concurrency));
    runs.push(await run(recommender, SMALL, concurrency));
  }
  return {
    barePerSecond: median(bare.map(({ perSecond }) => perSecond)),
    runPerSecond: median(runs.map(({ perSecond }) => perSecond)),
    peakMegabytes: median(runs.map(({ peakMegabytes }) => peakMegabytes)),
    seconds: median(runs.map(({ seconds }) => seconds)),
  };
}

async function run(
  recommender: CountingRecommender,
  employees: number,
  concurrency: number,
): Promise<Measurement & MeasuredRun> {
  const folder = await mkdtemp(join(tmpdir(), 'btc-fake-bench-'));
  try {
    await writeWorkload(folder, employees);
    const measured = await measuredRun(folder, recommender.url, concurrency);
    const perSecond = await requestsPerSecond(recommender);
    const { peakMegabytes, seconds } = measured;
    say(
      `run of ${employees} employees, ${concurrency} at a time: ${round(perSecond)} requests/s, ` +
        `${round(peakMegabytes)} MB, ${round(seconds)} s in all`,
    );
    return { ...measured, perSecond };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bareLoop(recommender: CountingRecommender, concurrency: number): Promise<Measurement> {
  const args = [BARE_LOOP, recommender.url, String(SMALL), String(concurrency)];
  await promisify(execFile)(process.execPath, args);
  const perSecond = await requestsPerSecond(recommender);
  say(`bare loop of ${SMALL} calls, ${concurrency} at a time: ${round(perSecond)} requests/s`);
  return { perSecond };
}

/** Values in the order of CONCURRENCIES, under their names. */
function byConcurrency(values: readonly number[]): Record<string, number> {
  return Object.fromEntries(CONCURRENCIES.map((concurrency, i) => [concurrency, round(values[i]!)]));
}

async function requestsPerSecond(recommender: CountingRecommender): Promise<number> {
  const { calls, seconds } = await recommender.count();
  return calls / seconds;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 1000) / 1000;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

await main();
