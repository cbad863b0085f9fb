import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { ROOT } from './setup/terminal.mjs';

const FLAGS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

/**
 * Runs jest and reads what came of it out of a file of results.
 * @returns how many tests passed, and a line for each failure.
 */
export function runJest(args, { results, env }) {
  rmSync(results, { force: true });
  const command = [...FLAGS, '--json', `--outputFile=${results}`, ...args];
  // With --json jest also prints the results to its standard output; what is meant for people goes to standard error.
  const { status } = spawnSync(process.execPath, command, { cwd: ROOT, stdio: ['inherit', 'ignore', 'inherit'], env });
  if (!existsSync(results)) return { passed: 0, failures: ['The tests did not run to their end.'] };
  const jest = JSON.parse(readFileSync(results, 'utf8'));
  const failures = [];
  for (const file of jest.testResults) {
    const failed = file.assertionResults.filter((test) => test.status === 'failed');
    const path = file.name.slice(ROOT.length + 1);
    failures.push(...failed.map((test) => `${path}: ${test.fullName}`));
    if (file.status === 'failed' && failed.length === 0) failures.push(`${path} (see above).`);
  }
  const left = failures.length === 0 && (status !== 0 || jest.numTotalTests === 0);
  if (left) failures.push(jest.numTotalTests === 0 ? 'There was no test to run.' : `jest ended with ${status}.`);
  return { passed: jest.numPassedTests, failures };
}
