import { spawnSync } from 'node:child_process';

/** What a local Spark needs of this machine, as `btc-fake doctor` shows it. */
export interface Prerequisite {
  readonly what: 'Python' | 'Java' | 'Maven';
  readonly state: 'fine' | 'not configured' | 'wrong';
  readonly detail: string;
  readonly remedy?: string;
}

/** A Python that environments are made from. */
export interface Python {
  readonly program: string;
  /** `Python 3.11.7`. */
  readonly version: string;
}

const LOWEST_JAVA = 17;
const PYTHONS = ['python3.12', 'python3.11', 'python3'];
/** What to do about what is missing. */
export const INSTALL = 'Install it. On Debian: apt-get install python3-venv openjdk-17-jre-headless maven';
const ONLY_FOR = 'only btc-fake databricks run --local needs it';

/**
 * Python, Java and Maven as they are here. A missing one is no fault, since only the local Spark needs it; a JAVA_HOME
 * that leads nowhere is one, since Spark believes it.
 */
export function prerequisites(): Prerequisite[] {
  const python = findPython();
  const maven = /Apache Maven ([\d.]+)/.exec(spawnSync('mvn', ['-v'], { encoding: 'utf8' }).stdout ?? '')?.[1];
  return [
    python === undefined
      ? missing('Python', noPython())
      : { what: 'Python', state: 'fine', detail: `${python.version} (${python.program})` },
    javaHere(),
    maven === undefined ? missing('Maven', 'mvn is not there') : { what: 'Maven', state: 'fine', detail: maven },
  ];
}

/** The Python that the environment is made from; undefined: none of a version that will do. */
export function findPython(): Python | undefined {
  return pythonsHere().find(({ fits, hasVenv }) => fits && hasVenv);
}

interface PythonHere extends Python {
  /** Whether its version will do. */
  readonly fits: boolean;
  /** Debian has the modules that make an environment in a package of their own. */
  readonly hasVenv: boolean;
}

function pythonsHere(): PythonHere[] {
  return PYTHONS.flatMap((program) => {
    const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    if (status !== 0) return [];
    const fits = /^Python 3\.1[12]\./.test(stdout);
    const hasVenv = fits && spawnSync(program, ['-c', 'import ensurepip, venv'], { stdio: 'ignore' }).status === 0;
    return [{ program, version: stdout.trim(), fits, hasVenv }];
  });
}

function noPython(): string {
  const here = pythonsHere();
  const withoutVenv = here.find(({ fits }) => fits);
  if (withoutVenv) return `${withoutVenv.version} (${withoutVenv.program}) has no module venv`;
  const [other] = here;
  const found = other === undefined ? '' : `: ${other.program} is ${other.version}`;
  return `Python 3.11 or 3.12 is not there${found}`;
}

function javaHere(): Prerequisite {
  const { home, version } = findJava();
  const place = home === '' ? 'java' : `JAVA_HOME=${home}`;
  if (isEnough(version)) return { what: 'Java', state: 'fine', detail: `${version} (${place})` };
  const found = version === '' ? 'no Java' : `Java ${version}`;
  const what = `Java ${LOWEST_JAVA} or later is not there: ${place} is ${found}`;
  if (home === '') return missing('Java', what);
  return {
    what: 'Java',
    state: 'wrong',
    detail: what,
    remedy: 'Correct JAVA_HOME, or take it out of the environment.',
  };
}

/** Whether a Java is there that Spark runs on, where Spark looks for it. */
export function hasJava(): boolean {
  return isEnough(findJava().version);
}

/**
 * The Java that Spark's own start script takes: that of JAVA_HOME, else the one on the PATH. Its version is empty when
 * it is not there.
 */
function findJava(): { home: string; version: string } {
  const script = `echo "$JAVA_HOME"; "\${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1`;
  const { status, stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  const [home = ''] = stdout.split('\n', 1);
  return { home, version: status === 0 ? (/version "([^"]+)/.exec(stdout)?.[1] ?? '') : '' };
}

function isEnough(version: string): boolean {
  return Number.parseInt(version, 10) >= LOWEST_JAVA;
}

function missing(what: Prerequisite['what'], detail: string): Prerequisite {
  return { what, state: 'not configured', detail: `${detail}; ${ONLY_FOR}`, remedy: INSTALL };
}
