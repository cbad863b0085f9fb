import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { installPrograms, isOnPath } from '../setup/system-programs.mjs';
import { ROOT } from '../setup/terminal.mjs';

const FOLDER = `${ROOT}/databricks`;
const ENVIRONMENTS = `${ROOT}/.btc-fake/python`;
const COPY_JARS = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** The Python that the environments are made from; undefined when there is none of a version that will do. */
export function findPython() {
  for (const program of ['python3.12', 'python3.11', 'python3']) {
    const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    if (status === 0 && /^Python 3\.1[12]\./.test(stdout)) return { program, version: stdout.trim() };
  }
  return undefined;
}

/**
 * The Python program of an environment with exactly what a lock file under databricks/ names; undefined when it could not be set
 * up. The environment is made again when the lock file or the Python changes.
 */
export function pythonEnvironment(python, name, lock) {
  const folder = `${ENVIRONMENTS}/${name}`;
  const mark = createHash('sha256')
    .update(readFileSync(`${FOLDER}/${lock}`))
    .update(python.version)
    .digest('hex');
  return upToDate(folder, mark, () => {
    console.error(`Setting up ${python.version} for ${name} in ${folder}`);
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '-r', lock];
    return run(python.program, '-m', 'venv', folder) && run(`${folder}/bin/python`, ...install);
  })
    ? `${folder}/bin/python`
    : undefined;
}

/** The folder of Delta's jars for a version of Spark; undefined when Java or Maven is missing or failed. */
export function deltaJars(spark) {
  if (!hasJava()) return undefined;
  const pom = `${FOLDER}/jars/pom-delta-${spark}.xml`;
  const folder = `${ENVIRONMENTS}/jars-${spark}`;
  const mark = createHash('sha256').update(readFileSync(pom)).digest('hex');
  const copy = ['-B', '-q', '-f', pom, COPY_JARS, '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
  const isThere = upToDate(folder, mark, () => {
    console.error(`Fetching the jars of Delta for Spark ${spark}`);
    mkdirSync(folder, { recursive: true });
    return run('mvn', ...copy);
  });
  return isThere ? folder : undefined;
}

/** Whether Java 17 or later and Maven are there; installs them where that is possible. */
export function hasJava() {
  const java = () => {
    const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
    return status === 0 && Number(/version "(\d+)/.exec(stderr)?.[1]) >= 17;
  };
  installPrograms([
    { package: 'openjdk-17-jre-headless', isThere: java, units: [] },
    { package: 'maven', isThere: () => isOnPath('mvn'), units: [] },
  ]);
  return java() && isOnPath('mvn');
}

/** Runs a program in databricks/ on its own time zone data; what it prints is for people. */
export function run(program, ...args) {
  // Empty: time zones come from the pinned tzdata, not from the machine.
  const env = { ...process.env, PYTHONTZPATH: '', PYTHONDONTWRITEBYTECODE: '1' };
  return spawnSync(program, args, { cwd: FOLDER, stdio: ['ignore', 2, 2], env }).status === 0;
}

/** Makes a folder again unless its mark is right; a folder that was left half made has none. */
function upToDate(folder, mark, make) {
  const stamp = `${folder}/ready`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === mark) return true;
  rmSync(folder, { recursive: true, force: true });
  if (!make()) return false;
  writeFileSync(stamp, mark);
  return true;
}
