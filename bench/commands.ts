import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { followPeak } from './process-memory.ts';

const COMMAND = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const STOP_LIMIT_MS = 20_000;

/** A `btc-fake` command in a process of its own. */
export interface BenchCommand {
  /** Resolves with what it printed when it has ended; rejects with what it said when it did not end well. */
  readonly ended: Promise<string>;
  /** The most memory that it has had resident so far. */
  readonly peakMegabytes: number;
  readonly pid: number;
  /** Resolves when it has said something that holds this text. */
  saying(words: string): Promise<void>;
  /** Tells it to stop, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts a command in a folder, without anything of our own environment but the PATH. */
export function startCommand(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  nodeArgs: readonly string[] = [],
): BenchCommand {
  const child = spawn(process.execPath, [...nodeArgs, COMMAND, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    said += piece;
  });
  const peak = followPeak(child.pid!);
  const exit = once(child, 'close').finally(() => peak.stop());
  const ended = text(child.stdout).then(async (output) => {
    const [code] = await exit;
    if (code !== 0) throw new Error(`btc-fake ${args.join(' ')} ended with ${code}: ${said}`);
    return output;
  });
  ended.catch(() => {});
  return {
    ended,
    pid: child.pid!,
    get peakMegabytes() {
      return peak.megabytes;
    },
    saying: async (words) => {
      while (!said.includes(words)) {
        const more = await Promise.race([once(child.stderr, 'data'), exit.then(() => undefined)]);
        if (!more && !said.includes(words)) throw new Error(`btc-fake ${args.join(' ')} ended: ${said}`);
      }
    },
    stop: async () => {
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      if (child.exitCode === null) child.kill('SIGTERM');
      await exit.finally(() => clearTimeout(killer));
    },
  };
}

/** Runs one of `bench/processes/`, as cold as a command, and gives what it printed as JSON. */
export async function measureInProcess<T>(name: string, args: readonly (string | number)[]): Promise<T> {
  const program = fileURLToPath(new URL(`./processes/${name}.js`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args.map(String)]);
  return JSON.parse(stdout) as T;
}
