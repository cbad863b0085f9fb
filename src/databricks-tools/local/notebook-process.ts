import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../adapters/disk/package-root.ts';
import { BtcFakeError, ERROR_CODES, type ErrorCode } from '../../domain/errors.ts';
import type { LocalSpark } from './environment.ts';

/** What a notebook is run with. */
export interface NotebookJob {
  /** File name of the notebook without its ending. */
  readonly notebook: string;
  readonly widgets: Readonly<Record<string, string>>;
  /** By scope and key. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Files by the widget that gets the names of their tables. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
}

/** Where Spark keeps its tables, and who is told what it says. */
export interface NotebookDependencies {
  readonly warehouse: string;
  /** Whether the run is worth a Spark that begins more slowly and then works faster. */
  readonly large: boolean;
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
  /** Whether what Spark says is shown too, not the notebook's progress alone. */
  readonly verbose: boolean;
}

interface Outcome {
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly lines: readonly string[] };
}

/** Lines of Spark and its start, and tables that a notebook shows. */
const NOISE = /^(\d\d\/\d\d\/\d\d |WARNING: |Using Spark's|Setting default log|To adjust logging|[+|]|\s*$)/;
const SAID_LINES = 12;

/**
 * Runs a notebook on a local Spark in a process of its own, and gives the value that it ends with. Secrets go to the
 * process by its standard input. The process ends with this one, and Spark with it.
 * @throws BtcFakeError with the notebook's own code; INTERNAL when the process ends without a result.
 */
export async function runNotebook(
  { python, jars }: LocalSpark,
  { notebook, ...job }: NotebookJob,
  { warehouse, large, say, stop, verbose }: NotebookDependencies,
): Promise<unknown> {
  const folder = join(packageRoot(), 'databricks');
  // Python tells which semaphores a process that was ended has left, and removes them: nothing for people to do.
  const args = ['-W', 'ignore:resource_tracker', '-m', 'btc_local'];
  const child = spawn(python, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
  const end = () => child.kill('SIGTERM');
  stop.addEventListener('abort', end, { once: true });
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line);
    if (said.length > SAID_LINES) said.shift();
    if (verbose || !NOISE.test(line)) say(line);
  });
  const lines = [
    { jars, warehouse, large },
    { notebook: join(folder, `${notebook}.py`), ...job },
  ];
  child.stdin.on('error', () => {});
  child.stdin.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  try {
    const result = await resultOf(child);
    if (stop.aborted) throw new BtcFakeError('RUN_STATE', 'The run was stopped; what was answered is kept');
    if (result === undefined) throw new BtcFakeError('INTERNAL', 'Spark ended without a result', { lines: said });
    return endOf(JSON.parse(result) as Outcome);
  } finally {
    stop.removeEventListener('abort', end);
    end();
  }
}

/** The last line of standard output; undefined when there was none. */
async function resultOf(child: ChildProcess): Promise<string | undefined> {
  let last: string | undefined;
  const closed = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => (last = line));
  await closed;
  return last;
}

function endOf({ value, error }: Outcome): unknown {
  if (error === undefined) return value;
  const code: ErrorCode = Object.hasOwn(ERROR_CODES, error.code) ? (error.code as ErrorCode) : 'INTERNAL';
  throw new BtcFakeError(code, error.message, { lines: error.lines });
}
