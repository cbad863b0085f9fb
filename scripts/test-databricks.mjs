/**
 * `npm run test:databricks`: sets up a pinned Python environment in .btc-fake/python, then runs format and lint, types and tests of
 * the Python under databricks/. Leaves the counts in coverage/databricks.json. The last line is `N passed, N failed`.
 *
 * Each entry of ENVIRONMENTS has a lock file with hashes and the checks that run in it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = `${ROOT}databricks/`;
const JUNIT = `${ROOT}coverage/databricks.xml`;
const RESULTS = `${ROOT}coverage/databricks.json`;
const ENVIRONMENTS = [
  {
    name: 'rules',
    lock: 'requirements-test.txt',
    checks: [
      ['Python format', 'ruff', 'format', '--check', '.'],
      ['Python lint', 'ruff', 'check', '.'],
      ['Python types', 'mypy'],
    ],
    tests: 'tests',
  },
];

let passed = 0;
const failures = [];
mkdirSync(`${ROOT}coverage`, { recursive: true });

const python = findPython();
if (python === undefined) failures.push('Python 3.11 or 3.12 is missing: install it with its venv module.');
else for (const environment of ENVIRONMENTS) runEnvironment(environment);

for (const failure of failures) console.error(`FAILED: ${failure}`);
writeFileSync(RESULTS, `${JSON.stringify({ passed, failed: failures.length })}\n`);
console.error(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;

function runEnvironment({ name, lock, checks, tests }) {
  const bin = prepare(name, `${FOLDER}${lock}`);
  if (bin === undefined) {
    failures.push(`The Python environment "${name}" could not be set up (see above).`);
    return;
  }
  for (const [title, tool, ...args] of checks) {
    if (run(`${bin}/python`, '-m', tool, ...args)) passed++;
    else failures.push(`${title} (see above).`);
  }
  rmSync(JUNIT, { force: true });
  const ended = run(`${bin}/python`, '-m', 'pytest', '-q', `--junitxml=${JUNIT}`, tests);
  const counts = existsSync(JUNIT) ? readFileSync(JUNIT, 'utf8') : '';
  const number = (attribute) => Number(new RegExp(` ${attribute}="(\\d+)"`).exec(counts)?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  passed += number('tests') - failed - number('skipped');
  for (let i = 0; i < failed; i++) failures.push(`a test in ${tests} (see above)`);
  if (failed === 0 && (!ended || number('tests') === 0))
    failures.push(`The tests in ${tests} did not run to their end.`);
}

/** The environment's folder of programs; it is made again when the lock file or the Python changes. */
function prepare(name, lock) {
  const folder = `${ROOT}.btc-fake/python/${name}`;
  const mark = createHash('sha256').update(readFileSync(lock)).update(python.version).digest('hex');
  const stamp = `${folder}/ready`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === mark) return `${folder}/bin`;
  console.error(`Setting up ${python.version} for ${name} in ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '-r', lock];
  if (!run(python.program, '-m', 'venv', folder) || !run(`${folder}/bin/python`, ...install)) return undefined;
  writeFileSync(stamp, mark);
  return `${folder}/bin`;
}

function findPython() {
  for (const program of ['python3.12', 'python3.11', 'python3']) {
    const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    if (status === 0 && /^Python 3\.1[12]\./.test(stdout)) return { program, version: stdout.trim() };
  }
  return undefined;
}

function run(program, ...args) {
  // Empty: time zones come from the pinned tzdata, not from the machine.
  const env = { ...process.env, PYTHONTZPATH: '', PYTHONDONTWRITEBYTECODE: '1' };
  return spawnSync(program, args, { cwd: FOLDER, stdio: ['ignore', 2, 2], env }).status === 0;
}
