import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type MeasuredRun, measuredRun } from './measured-run.ts';
import { writeWorkload } from './workload.ts';

/*
 * What the queue costs and how memory grows, as ratios within one run on one machine:
 * - queueOverheadRatio: employees a second of a whole run of 10,000, against a bare loop that makes the same calls with the
 *   same client, concurrency and server and does nothing else; each the median of several, taken in turn
 * - memoryGrowthRatio: the run's largest resident memory at 100,000 employees, against that at 10,000
 */
const REPEATS = 3;
const SMALL = 10_000;
const LARGE = 100_000;

const processOf = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

async function main(): Promise<void> {
  const recommender = spawn(process.execPath, [processOf('recommender-process')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(recommender.stdout, 'data')) as [Buffer];
  const url = line.toString().trim();
  try {
    const bare: number[] = [];
    const runs: MeasuredRun[] = [];
    await measure(SMALL, url, 'warm-up');
    for (let i = 1; i <= REPEATS; i++) {
      bare.push(await bareLoop(url, SMALL));
      runs.push(await measure(SMALL, url, `run ${i} of ${REPEATS}`));
    }
    const large = await measure(LARGE, url, 'large run');
    const barePerSecond = median(bare);
    const runPerSecond = median(runs.map(({ perSecond }) => perSecond));
    const smallMegabytes = median(runs.map(({ peakMegabytes }) => peakMegabytes));
    const result = {
      queueOverheadRatio: round(runPerSecond / barePerSecond),
      barePerSecond: round(barePerSecond),
      runPerSecond: round(runPerSecond),
      memoryGrowthRatio: round(large.peakMegabytes / smallMegabytes),
      peakMegabytes: { [SMALL]: round(smallMegabytes), [LARGE]: round(large.peakMegabytes) },
      largeRunPerSecond: round(large.perSecond),
      largeRunSeconds: round(large.seconds),
    };
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  } finally {
    recommender.stdin.end();
    await once(recommender, 'exit');
  }
}

async function measure(employees: number, url: string, what: string): Promise<MeasuredRun> {
  const folder = await mkdtemp(join(tmpdir(), 'btc-fake-bench-'));
  try {
    await writeWorkload(folder, employees);
    const run = await measuredRun(folder, url);
    say(
      `${what}: ${employees} employees, ${round(run.perSecond)}/s, ${round(run.peakMegabytes)} MB, ${round(run.seconds)} s in all`,
    );
    return run;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bareLoop(url: string, employees: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    processOf('bare-loop-process'),
    url,
    String(employees),
  ]);
  const { perSecond } = JSON.parse(stdout) as { perSecond: number };
  say(`bare loop: ${employees} calls, ${round(perSecond)}/s`);
  return perSecond;
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
