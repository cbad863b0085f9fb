/**
 * `npm test`: set-up, format and lint, types, every test with coverage. Ends with an error if any of it fails, and
 * leaves the counts in coverage/results.json.
 * - `npm test -- test/domain`: only these tests, without the checks and the coverage
 * - `npm test -- --no-coverage`: everything but the coverage
 * - `npm test -- --full`: the faults at full size, not a small one of each kind
 * - The last line is `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runJest } from './run-jest.mjs';

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
  runTests();
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

function runTests() {
  const env = {
    ...process.env,
    ...(withCoverage ? { COVERAGE_DIR: RAW_COVERAGE } : {}),
    ...(args.includes('--full') ? { FAULTS: 'all' } : {}),
  };
  const jest = runJest(jestArgs, { results: JEST_RESULTS, env });
  passed += jest.passed;
  failures.push(...jest.failures);
}

function node(...command) {
  return spawnSync(process.execPath, command, { cwd: ROOT, stdio: 'inherit' }).status === 0;
}

function writeResults() {
  writeFileSync(RESULTS, `${JSON.stringify({ passed, failed: failures.length })}\n`);
}
