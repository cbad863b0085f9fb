/**
 * The fault suite at full size, and the soak.
 * - `npm run test:faults`: every fault
 * - `npm run test:faults -- W2 R1`: only these
 * - `npm run soak -- --minutes 15`: runs in a row, each broken at random; `--seed TEXT` repeats one
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { fail, ROOT } from './setup/terminal.mjs';

const { values, positionals } = readArguments();
if (!/^\d+(\.\d+)?$/.test(values.minutes) || Number(values.minutes) === 0) {
  fail(`--minutes ${values.minutes} is not a number of minutes`);
}
const wrong = positionals.find((id) => !/^[A-Z][0-9]$/i.test(id));
if (wrong !== undefined) fail(`"${wrong}" is no fault: give ids such as W2`);

node('scripts/setup.mjs', '--for-tests');
if (values.soak) {
  process.env.SOAK_MINUTES = values.minutes;
  if (values.seed !== undefined) process.env.SOAK_SEED = values.seed;
} else {
  process.env.FAULTS = 'all';
}
const names = positionals.length > 0 ? ['-t', `(^|\\s)(${positionals.join('|').toUpperCase()}):`] : [];
const files = values.soak ? 'test/faults/soak' : 'test/faults';
node(
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  '--ci',
  files,
  ...names,
);

function readArguments() {
  const options = { soak: { type: 'boolean' }, minutes: { type: 'string', default: '2' }, seed: { type: 'string' } };
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return fail(error.message);
  }
}

function node(...command) {
  const { status } = spawnSync(process.execPath, command, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
