import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const DATABRICKS = join(import.meta.dirname, '../../databricks');
export const NOTEBOOK = join(DATABRICKS, 'btc_simulation.py');

/** One run of a notebook. */
export interface NotebookRun {
  /** The simulation unless given. */
  readonly notebook?: string;
  readonly widgets: Readonly<Record<string, string>>;
  /** Parquet files by the widget that gets the names of their Delta tables. */
  readonly tables?: Readonly<Record<string, readonly string[]>>;
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly sessionZone?: string;
}

/** How a run ended. */
export interface NotebookOutcome {
  readonly value?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly message: string; readonly lines: readonly string[] };
}

/** A local Spark in a process of its own. */
export interface SparkRunner {
  run(run: NotebookRun): Promise<NotebookOutcome>;
  /** What the process has said for people. */
  readonly said: string;
  close(): Promise<void>;
}

/** What `npm run test:databricks` sets: a Python with Spark, and the folder of Delta's jars. */
export interface SparkColumn {
  readonly python: string;
  readonly jars: string;
  /** Whether the notebook has a session of Spark Connect, as on serverless compute; false unless given. */
  readonly connect?: boolean;
  /** The folder with the package that runs notebooks; `databricks/` unless given. */
  readonly runner?: string;
}

/** Starts Spark. Nothing may depend on the process' own time zone. */
export function startSpark(
  { python, jars, connect = false, runner = DATABRICKS }: SparkColumn,
  warehouse: string,
): SparkRunner {
  const child = spawn(python, ['-m', 'btc_local'], {
    cwd: runner,
    env: { ...process.env, TZ: 'Pacific/Auckland', PYTHONTZPATH: '', PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: '' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const results = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const send = (value: object) => child.stdin.write(`${JSON.stringify(value)}\n`);
  send({ jars, warehouse, connect });
  return {
    get said() {
      return said;
    },
    async run(run) {
      send({ notebook: NOTEBOOK, ...run });
      const { done, value } = await results.next();
      if (done) throw new Error(`Spark ended: ${said.slice(-4000)}`);
      return JSON.parse(value) as NotebookOutcome;
    },
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'close');
    },
  };
}
