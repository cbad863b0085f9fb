/**
 * `npm run test:databricks`: sets up pinned environments in .btc-fake/python, then runs format and lint, types and tests of the Python
 * under databricks/, and holds the notebook on real Spark against the queue. Leaves the counts in coverage/databricks.json.
 *
 *   npm run test:databricks -- --full    at the size of the issues, not the small one
 *   npm run test:databricks -- --rules   only what needs no Spark
 *
 * The last line is `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { deltaJars, findPython, pythonEnvironment, run } from './databricks/environments.mjs';
import { ROOT } from './setup/terminal.mjs';

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
let passed = 0;
const failures = [];
mkdirSync(`${ROOT}/coverage`, { recursive: true });

const python = findPython();
if (python === undefined) failures.push('Python 3.11 or 3.12 is missing: install it with its venv module.');
else {
  testRules();
  if (!args.includes('--rules')) for (const [spark, tests] of Object.entries(SPARK_TESTS)) testSpark(spark, tests);
}
for (const failure of failures) console.error(`FAILED: ${failure}`);
writeFileSync(RESULTS, `${JSON.stringify({ passed, failed: failures.length })}\n`);
console.error(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;

function testRules() {
  const program = pythonEnvironment(python, 'rules', 'requirements-test.txt');
  if (program === undefined) {
    failures.push('The Python environment for the rules could not be set up (see above).');
    return;
  }
  for (const [title, tool, ...more] of CHECKS) {
    if (run(program, '-m', tool, ...more)) passed++;
    else failures.push(`${title} (see above).`);
  }
  rmSync(JUNIT, { force: true });
  const ended = run(program, '-m', 'pytest', '-q', `--junitxml=${JUNIT}`, 'tests');
  const counts = existsSync(JUNIT) ? readFileSync(JUNIT, 'utf8') : '';
  const number = (attribute) => Number(new RegExp(` ${attribute}="(\\d+)"`).exec(counts)?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  passed += number('tests') - failed - number('skipped');
  for (let i = 0; i < failed; i++) failures.push('a test in databricks/tests (see above)');
  if (failed === 0 && (!ended || number('tests') === 0)) failures.push('The Python tests did not run to their end.');
}

function testSpark(spark, tests) {
  const program = pythonEnvironment(python, `spark-${spark}`, `requirements-spark-${spark}.txt`);
  const jars = deltaJars(spark);
  if (program === undefined || jars === undefined) {
    failures.push(`Spark ${spark} could not be set up (see above). It needs Java 17 and Maven.`);
    return;
  }
  // The queue's side of the comparison needs the servers that the other tests need.
  if (spawnSync(process.execPath, [`${ROOT}/scripts/setup.mjs`, '--for-tests'], { stdio: 'inherit' }).status !== 0) {
    failures.push('The set-up failed (see above).');
    return;
  }
  rmSync(JEST_RESULTS, { force: true });
  const env = {
    ...process.env,
    SPARK_PYTHON: program,
    SPARK_JARS: jars,
    SPARK_VERSION: spark,
    ...(args.includes('--full') ? { FAULTS: 'all' } : {}),
  };
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const jest = [...flags, 'node_modules/jest/bin/jest.js', '--json', `--outputFile=${JEST_RESULTS}`];
  // One file after the other: each has a Spark of its own.
  spawnSync(process.execPath, [...jest, '--runInBand', tests], { cwd: ROOT, stdio: ['ignore', 'ignore', 2], env });
  if (!existsSync(JEST_RESULTS)) {
    failures.push(`The tests on Spark ${spark} did not run to their end.`);
    return;
  }
  const results = JSON.parse(readFileSync(JEST_RESULTS, 'utf8'));
  passed += results.numPassedTests;
  for (const file of results.testResults) {
    const failed = file.assertionResults.filter(({ status }) => status === 'failed');
    failures.push(...failed.map(({ fullName }) => `Spark ${spark}: ${fullName}`));
    if (file.status === 'failed' && failed.length === 0) failures.push(`Spark ${spark}: ${file.name} (see above).`);
  }
}
