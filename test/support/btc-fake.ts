import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { waitUntil } from './wait-until.ts';

/** The built command line; `npm test` builds it before the tests, `npm run build` does by hand. */
export const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js');

/**
 * What a command gets of this process's environment: how to find programs, and what marks and measures child processes.
 */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'NODE_V8_COVERAGE', 'JEST_FILE_ID'];

export interface BtcFakeOptions {
  /** The folder that the command runs in. */
  readonly cwd: string;
  /** Its settings: nothing else of ours reaches it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Another build than ours: the path of its main.js. */
  readonly main?: string;
  /** After that the command is killed and `ended` rejects. Default 25,000. */
  readonly limitMs?: number;
}

/** How a command ended. */
export interface BtcFakeResult {
  /** The exit code, or the name of the signal that ended it. */
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as one JSON value. */
  json<T = unknown>(): T;
}

/** A command that runs. */
export interface RunningBtcFake {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when standard error holds the text; rejects when the command ends, or the limit passes, before. */
  waitForStderr(text: string, limitMs?: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when it has ended; rejects when it had to be killed because its time was up. */
  readonly ended: Promise<BtcFakeResult>;
  /** Kills it, if it still runs, and waits until it is gone. */
  kill(): Promise<void>;
}

/** What a command gets of this process's environment, and nothing else of it. */
export function inheritedEnvironment(): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return Object.fromEntries(inherited);
}

/** Starts the built command as a process of its own. The caller waits for its end or kills it, also on failure. */
export function startBtcFake(args: readonly string[], options: BtcFakeOptions): RunningBtcFake {
  const { cwd, env = {}, main = MAIN, limitMs = 25_000 } = options;
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { ...inheritedEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  let hasEnded = false;
  let outOfTime = false;
  const timer = setTimeout(() => {
    outOfTime = true;
    child.kill('SIGKILL');
  }, limitMs);
  const ended = new Promise<BtcFakeResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      hasEnded = true;
      if (outOfTime) reject(new Error(`btc-fake ${args.join(' ')} took over ${limitMs} ms. It said:\n${stderr}`));
      else resolve({ code: code ?? signal!, stdout, stderr, json: () => JSON.parse(stdout) });
    });
  });
  // A test that fails earlier never looks at how the command ended.
  ended.catch(() => {});
  return {
    child,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    async waitForStderr(text, limit = 15_000) {
      await waitUntil(`btc-fake said ${text}`, () => hasEnded || stderr.includes(text), limit).catch(() => {});
      if (!stderr.includes(text)) throw new Error(`btc-fake did not say ${JSON.stringify(text)} but:\n${stderr}`);
    },
    signal: (signal) => void child.kill(signal),
    ended,
    async kill() {
      if (!hasEnded) child.kill('SIGKILL');
      await ended.catch(() => {});
    },
  };
}

/** Runs the built command to its end. */
export function runBtcFake(args: readonly string[], options: BtcFakeOptions): Promise<BtcFakeResult> {
  return startBtcFake(args, options).ended;
}
