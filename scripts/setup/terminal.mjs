import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SHOWN_LINES = 20;

export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Says what is wrong and what to do, and ends. */
export function fail(line) {
  say(`error: ${line}`);
  process.exit(1);
}

/** Runs a command without showing what it says. When it fails, shows the end of that and ends with `complaint`. */
export function run(command, args, complaint, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  if (status === 0) return;
  const output = error === undefined ? `${stdout}${stderr}` : error.message;
  say(output.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n'));
  fail(complaint);
}

/** The npm that runs this script, else the one on the PATH. */
export function npm(...args) {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js') ? { command: process.execPath, args: [script, ...args] } : { command: 'npm', args };
}
