/**
 * Makes a fresh clone ready: `node scripts/setup.mjs [--for-tests]`. Needs nothing but Node.js and npm, does only what
 * is missing, says one line for each thing it does, and nothing when all is there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { buildSources } from './setup/build.mjs';
import { installPrograms, isOnPath } from './setup/system-programs.mjs';
import { fail, npm, ROOT, run, say } from './setup/terminal.mjs';

const LOWEST_NODE = [20, 19];

const TEST_PROGRAMS = [
  // The tests start OpenSSH's own server as the vendor's.
  { package: 'openssh-server', isThere: () => isOnPath('sshd'), units: ['ssh.service', 'ssh.socket'] },
  // It brings promtool, which checks the alert rules.
  { package: 'prometheus', isThere: () => isOnPath('promtool'), units: ['prometheus.service'] },
  // The dashboard is tried behind it.
  { package: 'nginx-light', isThere: () => isOnPath('nginx'), units: ['nginx.service'] },
  { package: 'chromium', isThere: () => isOnPath('chromium'), units: [] },
];

checkNode();
installPackages();
buildSources();
const forTests = process.argv.includes('--for-tests');
installPrograms([
  { package: 'redis-server', isThere: hasRedis, units: ['redis-server.service'] },
  ...(forTests ? TEST_PROGRAMS : []),
]);

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > LOWEST_NODE[0] || (major === LOWEST_NODE[0] && minor >= LOWEST_NODE[1])) return;
  fail(`Node.js ${process.versions.node} is too old: install ${LOWEST_NODE.join('.')} or later (https://nodejs.org).`);
}

/** Exactly what the lock file names. No package needs its install script, so none runs, however npm is set. */
function installPackages() {
  if (hasPackages()) return;
  say('Installing the npm packages …');
  const { command, args } = npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
  run(command, args, 'npm ci failed (see above). Is the npm registry reachable?');
}

/** Compares with what npm noted when it installed: times of files say nothing after a `git checkout`. */
function hasPackages() {
  if (!existsSync(`${ROOT}/node_modules/.package-lock.json`)) return false;
  const installed = readJson('node_modules/.package-lock.json').packages;
  return Object.entries(readJson('package-lock.json').packages).every(
    ([path, wanted]) => path === '' || wanted.optional || installed[path]?.version === wanted.version,
  );
}

function readJson(path) {
  return JSON.parse(readFileSync(`${ROOT}/${path}`, 'utf8'));
}

function hasRedis() {
  return isOnPath('redis-server') || isOnPath('valkey-server') || existsSync(`${ROOT}/.btc-fake/bin/redis-server`);
}
