import { accessSync, constants, copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fail, npm, ROOT, run, say } from './terminal.mjs';

/** Servers live there, and are not on every user's PATH. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];
const SERVERS = ['sshd', 'nginx'];
const BUILDER = 'redis-memory-server@0.17';

export function isOnPath(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...(SERVERS.includes(program) ? SERVER_FOLDERS : [])];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

/**
 * Installs the programs that are not there: with apt-get on Debian and its family, with Homebrew on macOS; elsewhere
 * Redis is built from source. None of them is started, now or at the next boot of the machine.
 */
export function installPrograms(programs) {
  const missing = programs.filter((program) => !program.isThere());
  if (missing.length === 0) return;
  if (existsSync('/etc/debian_version') && isOnPath('apt-get')) return installWithApt(missing);
  for (const program of missing) {
    if (program.package !== 'redis-server') {
      fail(`The tests need ${program.package}: install it with your system's package manager.`);
    }
    if (process.platform === 'darwin' && isOnPath('brew')) {
      say('Installing redis with Homebrew …');
      run('brew', ['install', '--quiet', 'redis'], 'brew install redis failed (see above).');
    } else {
      buildRedis();
    }
  }
}

function installWithApt(missing) {
  const names = missing.map((program) => program.package).join(' ');
  const units = missing.flatMap((program) => program.units).join(' ');
  say(`Installing ${names} with apt-get …`);
  const script = join(ROOT, 'scripts', 'setup', 'install-debian.sh');
  const [command, ...args] = [...asRoot(names), 'sh', script, names, units];
  run(command, args, `apt-get could not install them (see above). As root: apt-get install ${names}`);
}

/** What to put before a command that only root may run. */
function asRoot(names) {
  if (process.getuid() === 0) return [];
  if (!isOnPath('sudo')) fail(`You are not root and there is no sudo. As root: apt-get install ${names}`);
  // sudo asks for a password on the terminal; without one it must not wait.
  return process.stdin.isTTY ? ['sudo'] : ['sudo', '-n'];
}

/** The npm package redis-memory-server downloads Redis' sources and compiles them. */
function buildRedis() {
  const byHand = 'install redis with your system’s package manager, or set REDIS_URL';
  for (const tool of ['make', 'cc']) {
    if (!isOnPath(tool)) fail(`There is no redis-server, and no ${tool} to build one: ${byHand}.`);
  }
  say('Building redis-server from its sources (a few minutes) …');
  const folder = join(ROOT, '.btc-fake', 'redis-build');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { command, args } = npm(
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--ignore-scripts',
    '--loglevel=error',
    BUILDER,
  );
  run(command, args, `npm could not install ${BUILDER}: ${byHand}.`);
  const script = join(folder, 'node_modules', 'redis-memory-server', 'scripts', 'postinstall.js');
  run(process.execPath, [script], `Redis could not be downloaded and built (see above): ${byHand}.`, {
    cwd: folder,
    // It verifies the certificate of the server that it downloads from only when it is told to.
    env: { ...process.env, REDISMS_DOWNLOAD_DIR: join(folder, 'binaries'), npm_config_strict_ssl: 'true' },
  });
  const target = join(ROOT, '.btc-fake', 'bin');
  mkdirSync(target, { recursive: true, mode: 0o700 });
  copyFileSync(join(folder, 'binaries', 'stable', 'redis-server'), join(target, 'redis-server'));
  rmSync(folder, { recursive: true, force: true });
}
