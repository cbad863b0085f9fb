import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../adapters/disk/package-root.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { findPython, INSTALL, type Python, prerequisites } from './prerequisites.ts';

/** The version of Spark that notebooks run on here. */
const SPARK = '4.0';
/** What a program said last, for an error. */
const SAID_CHARACTERS = 4_000;
const SAID_LINES = 8;
const COPY_JARS = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** A Python with Spark, and the jars that Spark needs for Delta. */
export interface LocalSpark {
  readonly python: string;
  readonly jars: string;
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
 * made is made again. pip and Maven take their proxies and mirrors from their own settings.
 * @param say gets a line for each thing that takes long.
 * @throws BtcFakeError DATABRICKS_LOCAL with what is missing on this machine, or what failed.
 */
export async function prepareLocalSpark(say: (line: string) => void): Promise<LocalSpark> {
  const python = findPython();
  const missing = prerequisites().filter(({ state }) => state !== 'fine');
  if (python === undefined || missing.length > 0) {
    const what = missing.map(({ what: name, detail }) => `${name}: ${detail.split(';', 1)[0]}`);
    throw new BtcFakeError('DATABRICKS_LOCAL', 'A local Spark needs what this machine does not have', {
      lines: what,
      remedy: missing[0]?.remedy ?? INSTALL,
    });
  }
  const folder = environmentFolder();
  return {
    python: await pythonEnvironment(python, folder, `spark-${SPARK}`, say),
    jars: await deltaJars(folder, SPARK, say),
  };
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
  say: (line: string) => void,
  lock: string = join(packageRoot(), 'databricks', `requirements-${name}.txt`),
): Promise<string> {
  const environment = join(folder, name);
  await upToDate(environment, lock, python.version, async () => {
    say(`Setting up ${python.version} in ${environment} from ${lock} (with Spark about 1 GB, once) ...`);
    await run(python.program, '-m', 'venv', environment);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '-r', lock];
    await run(join(environment, 'bin', 'python'), ...pip);
  });
  return join(environment, 'bin', 'python');
}

/** The folder of Delta's jars for a version of Spark. @throws BtcFakeError DATABRICKS_LOCAL. */
export async function deltaJars(folder: string, spark: string, say: (line: string) => void): Promise<string> {
  const pom = join(packageRoot(), 'databricks', 'jars', `pom-delta-${spark}.xml`);
  const jars = join(folder, `jars-${spark}`);
  await upToDate(jars, pom, '', async () => {
    say(`Fetching the jars of Delta for Spark ${spark} with Maven (about 90 MB, once) ...`);
    mkdirSync(jars, { recursive: true });
    await run('mvn', '-B', '-q', '-f', pom, COPY_JARS, '-DincludeScope=runtime', `-DoutputDirectory=${jars}`);
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
async function run(program: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
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
  if (code === 0) return;
  const lines = said.trim().split('\n').slice(-SAID_LINES);
  throw new BtcFakeError('DATABRICKS_LOCAL', `${program} ${args.slice(0, 3).join(' ')} failed`, {
    lines,
    remedy: 'Look at the lines above. Behind a proxy or a mirror, pip and Maven need their own settings.',
  });
}
