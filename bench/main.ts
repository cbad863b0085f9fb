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
 *   request to the last; each the median of several, taken in turn
 * - memoryGrowthRatio: the run's largest resident memory at 100,000 employees, against that at 10,000
 */
const REPEATS = 5;
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
    await bareLoop(recommender);
    await run(recommender, SMALL);
    const bare: Measurement[] = [];
    const runs: (Measurement & MeasuredRun)[] = [];
    for (let i = 0; i < REPEATS; i++) {
      bare.push(await bareLoop(recommender));
      runs.push(await run(recommender, SMALL));
    }
    const large = await run(recommender, LARGE);
    const barePerSecond = median(bare.map(({ perSecond }) => perSecond));
    const runPerSecond = median(runs.map(({ perSecond }) => perSecond));
    const smallMegabytes = median(runs.map(({ peakMegabytes }) => peakMegabytes));
    const result = {
      queueOverheadRatio: round(runPerSecond / barePerSecond),
      barePerSecond: round(barePerSecond),
      runPerSecond: round(runPerSecond),
      memoryGrowthRatio: round(large.peakMegabytes / smallMegabytes),
      peakMegabytes: { [SMALL]: round(smallMegabytes), [LARGE]: round(large.peakMegabytes) },
      secondsInAll: { [SMALL]: round(median(runs.map(({ seconds }) => seconds))), [LARGE]: round(large.seconds) },
    };
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  } finally {
    await recommender.stop();
  }
}

async function run(recommender: CountingRecommender, employees: number): Promise<Measurement & MeasuredRun> {
  const folder = await mkdtemp(join(tmpdir(), 'btc-fake-bench-'));
  try {
    await writeWorkload(folder, employees);
    const measured = await measuredRun(folder, recommender.url);
    const perSecond = await requestsPerSecond(recommender);
    const { peakMegabytes, seconds } = measured;
    say(
      `run        ${employees} employees: ${round(perSecond)}/s, ${round(peakMegabytes)} MB, ${round(seconds)} s in all`,
    );
    return { ...measured, perSecond };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bareLoop(recommender: CountingRecommender): Promise<Measurement> {
  await promisify(execFile)(process.execPath, [BARE_LOOP, recommender.url, String(SMALL)]);
  const perSecond = await requestsPerSecond(recommender);
  say(`bare loop  ${SMALL} calls: ${round(perSecond)}/s`);
  return { perSecond };
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
