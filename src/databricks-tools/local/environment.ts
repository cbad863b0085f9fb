import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFolderLock } from '../../adapters/disk/folder-lock.ts';
import { packageRoot } from '../../adapters/disk/package-root.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { findPython, INSTALL, type Python, prerequisites } from './prerequisites.ts';

/** The version of Spark that notebooks run on here. */
const SPARK = '4.0';
/** What a program said last, for an error. */
const SAID_CHARACTERS = 4_000;
const SAID_LINES = 8;
/** A set-up behind a slow network takes minutes. */
const LONGEST_SET_UP_MS = 3_600_000;
const COPY_JARS = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** A Python with Spark, and the jars that Spark needs for Delta. */
export interface LocalSpark {
  readonly python: string;
  readonly jars: string;
}

/** Who is told of a set-up, and what ends it. */
export interface SetUp {
  /** Gets a line for each thing that takes long. */
  readonly say: (line: string) => void;
  readonly stop?: AbortSignal | undefined;
}

/** The folder of the environment, below the working folder. */
export function environmentFolder(): string {
  return join(process.cwd(), '.btc-fake', 'python');
}

/** Removes the environment. @returns whether there was one. */
export function removeEnvironment(): boolean {
  const folder = environmentFolder();
  const isThere = existsSync(folder);
  rmSync(folder, { recursive: true, force: true });
  return isThere;
}

/**
 * Sets up Python with Spark, and Delta's jars, from lock files with hashes, unless they are there. What was left half
 * made is made again, and two processes do not make it at once. pip and Maven have settings of their own.
 * @throws BtcFakeError DATABRICKS_LOCAL with what is missing on this machine, or what failed; RUN_STATE when stopped.
 */
export async function prepareLocalSpark({ say, stop }: SetUp): Promise<LocalSpark> {
  const python = findPython();
  const missing = prerequisites().filter(({ state }) => state !== 'fine');
  if (python === undefined || missing.length > 0) {
    const what = missing.map(({ what: name, detail }) => `${name}: ${detail.split(';', 1)[0]}`);
    throw new BtcFakeError('DATABRICKS_LOCAL', 'A local Spark needs what this machine does not have', {
      lines: what,
      remedy: [...new Set(missing.map(({ remedy = INSTALL }) => remedy))].join(' '),
    });
  }
  const folder = environmentFolder();
  mkdirSync(folder, { recursive: true });
  const make = async () => ({
    python: await pythonEnvironment(python, folder, `spark-${SPARK}`, { say, stop }),
    jars: await deltaJars(folder, SPARK, { say, stop }),
  });
  const onWait = () => say(`Another command sets up ${folder}; waiting for it ...`);
  try {
    return await withFolderLock(join(folder, 'lock'), LONGEST_SET_UP_MS, make, { onWait, ...(stop && { stop }) });
  } catch (error) {
    if (!stop?.aborted) throw error;
    throw new BtcFakeError('RUN_STATE', 'The set-up was stopped', { remedy: 'The next run begins it again.' });
  }
}

/**
 * The Python program of an environment with exactly what a lock file names (by default
 * `databricks/requirements-NAME.txt`); it is made again when that file or the Python changes.
 * @throws BtcFakeError DATABRICKS_LOCAL.
 */
export async function pythonEnvironment(
  python: Python,
  folder: string,
  name: string,
  { say, stop }: SetUp,
  lock: string = join(packageRoot(), 'databricks', `requirements-${name}.txt`),
): Promise<string> {
  const environment = join(folder, name);
  await upToDate(environment, lock, python.version, async () => {
    say(`Setting up ${python.version} in ${environment} from ${lock} (with Spark about 1 GB, once) ...`);
    await run(stop, python.program, '-m', 'venv', environment);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '-r', lock];
    await run(stop, join(environment, 'bin', 'python'), ...pip);
  });
  return join(environment, 'bin', 'python');
}

/** The folder of Delta's jars for a version of Spark. @throws BtcFakeError DATABRICKS_LOCAL. */
export async function deltaJars(folder: string, spark: string, { say, stop }: SetUp): Promise<string> {
  const pom = join(packageRoot(), 'databricks', 'jars', `pom-delta-${spark}.xml`);
  const jars = join(folder, `jars-${spark}`);
  await upToDate(jars, pom, '', async () => {
    say(`Fetching the jars of Delta for Spark ${spark} with Maven (about 90 MB, once) ...`);
    mkdirSync(jars, { recursive: true });
    await run(stop, 'mvn', '-B', '-q', '-f', pom, COPY_JARS, '-DincludeScope=runtime', `-DoutputDirectory=${jars}`);
  });
  return jars;
}

/** Makes a folder again unless its mark fits a file and a version; a folder that was left half made has none. */
async function upToDate(folder: string, file: string, version: string, make: () => Promise<void>): Promise<void> {
  const mark = createHash('sha256').update(readFileSync(file)).update(version).digest('hex');
  const stamp = join(folder, 'ready');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === mark) return;
  rmSync(folder, { recursive: true, force: true });
  await make();
  writeFileSync(stamp, mark);
}

/** @throws BtcFakeError DATABRICKS_LOCAL with the last lines that the program said. */
async function run(stop: AbortSignal | undefined, program: string, ...args: readonly string[]): Promise<void> {
  stop?.throwIfAborted();
  // A group of its own: pip and Maven start processes that Ctrl-C of a terminal would not reach in order.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = () => child.pid !== undefined && process.kill(-child.pid, 'SIGTERM');
  stop?.addEventListener('abort', end, { once: true });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-SAID_CHARACTERS);
    });
  }
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  stop?.removeEventListener('abort', end);
  stop?.throwIfAborted();
  if (code === 0) return;
  const lines = said.trim().split('\n').slice(-SAID_LINES);
  throw new BtcFakeError('DATABRICKS_LOCAL', `${program} ${args.slice(0, 3).join(' ')} failed`, {
    lines,
    remedy: 'Look at the lines above. Behind a proxy or a mirror, pip and Maven need their own settings.',
  });
}
