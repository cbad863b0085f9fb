import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const SAMPLE_EVERY_MS = 50;

/** What a whole `btc-fake run` in a process of its own came to. */
export interface MeasuredRun {
  /** From the command to its end. */
  readonly seconds: number;
  /** The process's largest resident memory. */
  readonly peakMegabytes: number;
}

/** Runs a week in a folder with the default set-up: an own Redis, workers in the same process. */
export async function measuredRun(folder: string, recommenderUrl: string, concurrency: number): Promise<MeasuredRun> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [COMMAND, 'run', '--employees', 'employees.csv', '--seed', 'bench', '--json'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      API_BASE_URL: recommenderUrl,
      EMPLOYEE_CONCURRENCY: String(concurrency),
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let peakMegabytes = 0;
  const sampling = setInterval(() => {
    peakMegabytes = Math.max(peakMegabytes, peakOf(child.pid!));
  }, SAMPLE_EVERY_MS);
  const output = await text(child.stdout);
  clearInterval(sampling);
  const { state } = JSON.parse(output) as { state: string };
  if (state !== 'finished') throw new Error(`The run ended as ${state}`);
  return { seconds: (performance.now() - startedAt) / 1000, peakMegabytes };
}

/** The kernel's own high-water mark, so that no peak falls between two samples. */
function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
