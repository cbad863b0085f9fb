/**
 * `npm run test:databricks`: format, lint, types and tests of the Python under databricks/ and uploader/ in pinned
 * environments, and the notebook on real Spark compared with the queue. Counts go to coverage/databricks.json.
 * - `npm run test:databricks -- --full`: at the size of the issues, not the small one
 * - `npm run test:databricks -- --rules`: only what needs no Spark
 * - The last line is `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { runJest } from './run-jest.mjs';
import { installPrograms, isOnPath } from './setup/system-programs.mjs';
import { ROOT } from './setup/terminal.mjs';

const ENVIRONMENTS = `${ROOT}/.btc-fake/python`;
const JUNIT = `${ROOT}/coverage/databricks.xml`;
const JEST_RESULTS = `${ROOT}/coverage/databricks-jest.json`;
const RESULTS = `${ROOT}/coverage/databricks.json`;
const CHECKS = [
  ['Python format', 'ruff', 'format', '--check', '.'],
  ['Python lint', 'ruff', 'check', '.'],
  ['Python types', 'mypy'],
];
/** Each version of Spark that the notebook must run on, with its tests: the newest has all of them. */
const SPARK_TESTS = { '4.0': 'test/databricks-spark/parity.test.ts', 4.2: 'test/databricks-spark' };

const args = process.argv.slice(2);
const SIZE = args.includes('--full') ? { FAULTS: 'all' } : {};
let passed = 0;
const failures = [];
mkdirSync(`${ROOT}/coverage`, { recursive: true });

const onlyRules = args.includes('--rules');
// The queue's side of the comparison needs the servers that the other tests need.
if (!node('scripts/setup.mjs', ...(onlyRules ? [] : ['--for-tests']))) failures.push('The set-up failed (see above).');
else {
  await testAll({
    ...(await import('../dist/src/databricks-tools/local/environment.js')),
    ...(await import('../dist/src/databricks-tools/local/prerequisites.js')),
  });
}
for (const failure of failures) console.error(`FAILED: ${failure}`);
writeFileSync(RESULTS, `${JSON.stringify({ passed, failed: failures.length })}\n`);
console.error(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function testAll({ findPython, pythonEnvironment, deltaJars, hasJava }) {
  const python = findPython();
  if (python === undefined) {
    failures.push('Python 3.11 or 3.12 is missing: install it with its venv module.');
    return;
  }
  const environment = (name) => pythonEnvironment(python, ENVIRONMENTS, name, { say });
  try {
    testPython('databricks', await environment('test'));
    if (onlyRules) return;
    const lock = `${ROOT}/uploader/requirements-test.txt`;
    const uploader = await pythonEnvironment(python, ENVIRONMENTS, 'uploader', { say }, lock);
    testPython('uploader', uploader);
    testStores(uploader);
    installPrograms([
      { package: 'openjdk-17-jre-headless', isThere: hasJava, units: [] },
      { package: 'maven', isThere: () => isOnPath('mvn'), units: [] },
    ]);
    for (const [spark, tests] of Object.entries(SPARK_TESTS)) {
      const jars = await deltaJars(ENVIRONMENTS, spark, { say });
      testSpark(spark, tests, { SPARK_PYTHON: await environment(`spark-${spark}`), SPARK_JARS: jars });
    }
  } catch (error) {
    if (error.code !== 'DATABRICKS_LOCAL') throw error;
    failures.push([error.message, ...error.lines].join('\n  '));
  }
}

/** Format, lint, types and tests of a folder of Python. */
function testPython(folder, program) {
  for (const [title, tool, ...more] of CHECKS) {
    if (run(folder, program, '-m', tool, ...more)) passed++;
    else failures.push(`${title} of ${folder}/ (see above).`);
  }
  rmSync(JUNIT, { force: true });
  const ended = run(folder, program, '-m', 'pytest', '-q', `--junitxml=${JUNIT}`, 'tests');
  const counts = existsSync(JUNIT) ? readFileSync(JUNIT, 'utf8') : '';
  const number = (attribute) => Number(new RegExp(` ${attribute}="(\\d+)"`).exec(counts)?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  passed += number('tests') - failed - number('skipped');
  for (let i = 0; i < failed; i++) failures.push(`a test in ${folder}/tests (see above)`);
  if (failed === 0 && (!ended || number('tests') === 0))
    failures.push(`The tests of ${folder}/ did not run to their end.`);
}

/** The stores that runs are landed in, against the S3 server in the uploader's environment. */
function testStores(program) {
  const env = { ...process.env, MOTO_PYTHON: program, ...SIZE };
  const jest = runJest(['test/databricks-stores'], { results: JEST_RESULTS, env });
  passed += jest.passed;
  failures.push(...jest.failures);
}

function testSpark(spark, tests, column) {
  const env = {
    ...process.env,
    ...column,
    SPARK_VERSION: spark,
    ...SIZE,
  };
  // One file after the other: each has a Spark of its own.
  const jest = runJest(['--runInBand', tests], { results: JEST_RESULTS, env });
  passed += jest.passed;
  failures.push(...jest.failures.map((failure) => `Spark ${spark}: ${failure}`));
}

function say(line) {
  console.error(line);
}

function node(...command) {
  return spawnSync(process.execPath, command, { cwd: ROOT, stdio: 'inherit' }).status === 0;
}

/** Runs a program in a folder on its own time zone data; what it prints is for people. */
function run(folder, program, ...more) {
  // Empty: time zones come from the pinned tzdata, not from the machine.
  const env = { ...process.env, ...SIZE, PYTHONTZPATH: '', PYTHONDONTWRITEBYTECODE: '1' };
  return spawnSync(program, more, { cwd: `${ROOT}/${folder}`, stdio: ['ignore', 2, 2], env }).status === 0;
}
