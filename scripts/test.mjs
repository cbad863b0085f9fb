/**
 * `npm test`: set-up, format and lint, types, every test with coverage. Ends with an error if any of it fails, and leaves the
 * counts in coverage/results.json.
 *
 *   npm test -- test/domain      only these tests, without the checks and the coverage
 *   npm test -- --no-coverage    everything but the coverage
 *   npm test -- --full           the faults at full size, not a small one of each kind
 *
 * The last line is `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RAW_COVERAGE = `${ROOT}coverage/raw`;
const JEST_RESULTS = `${ROOT}coverage/jest.json`;
const RESULTS = `${ROOT}coverage/results.json`;

const args = process.argv.slice(2);
const jestArgs = args.filter((arg) => !['--no-coverage', '--full'].includes(arg));
const isWhole = jestArgs.length === 0;
const withCoverage = isWhole && !args.includes('--no-coverage');
const failures = [];
let passed = 0;

rmSync(`${ROOT}coverage`, { recursive: true, force: true });
mkdirSync(RAW_COVERAGE, { recursive: true });
process.once('exit', writeResults);

if (!node('scripts/setup.mjs', '--for-tests')) {
  failures.push('The set-up failed.');
} else {
  if (isWhole) {
    check('Format and lint', 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.');
    check('Types', 'node_modules/typescript/bin/tsc');
  }
  runJest();
  if (withCoverage) {
    const { reportCoverage } = await import('./coverage.mjs');
    const missed = await reportCoverage(RAW_COVERAGE);
    failures.push(...missed);
    if (missed.length === 0) passed++;
  }
}
for (const failure of failures) console.error(`FAILED: ${failure}`);
console.error(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;

function check(name, ...command) {
  if (node(...command)) passed++;
  else failures.push(`${name} (see above).`);
}

function runJest() {
  const env = {
    ...process.env,
    ...(withCoverage ? { COVERAGE_DIR: RAW_COVERAGE } : {}),
    ...(args.includes('--full') ? { FAULTS: 'all' } : {}),
  };
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const results = ['--json', `--outputFile=${JEST_RESULTS}`];
  const command = [...flags, 'node_modules/jest/bin/jest.js', ...results, ...jestArgs];
  // With --json jest also prints the results to its standard output; what is meant for people goes to standard error.
  const { status } = spawnSync(process.execPath, command, { cwd: ROOT, stdio: ['inherit', 'ignore', 'inherit'], env });
  if (!existsSync(JEST_RESULTS)) {
    failures.push('The tests did not run to their end.');
    return;
  }
  const jest = JSON.parse(readFileSync(JEST_RESULTS, 'utf8'));
  passed += jest.numPassedTests;
  for (const file of jest.testResults) {
    const failed = file.assertionResults.filter((test) => test.status === 'failed');
    const path = file.name.slice(ROOT.length);
    failures.push(...failed.map((test) => `${path}: ${test.fullName}`));
    if (file.status === 'failed' && failed.length === 0) failures.push(`${path} (see above).`);
  }
  const left = failures.length === 0 && (status !== 0 || jest.numTotalTests === 0);
  if (left) failures.push(jest.numTotalTests === 0 ? 'There was no test to run.' : `jest ended with ${status}.`);
}

function node(...command) {
  return spawnSync(process.execPath, command, { cwd: ROOT, stdio: 'inherit' }).status === 0;
}

function writeResults() {
  writeFileSync(RESULTS, `${JSON.stringify({ passed, failed: failures.length })}\n`);
}
