import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import { packageRoot } from '../disk/package-root.ts';

/** Where `npm run setup` puts the server that it builds when the system offers none. */
const BUILT_SERVER = join('.btc-fake', 'bin', 'redis-server');

/** The programs that can serve, in order of preference: those on the PATH, then one built by `npm run setup`. */
export function redisPrograms(folder: string): string[] {
  return ['redis-server', 'valkey-server', join(folder, BUILT_SERVER), join(packageRoot(), BUILT_SERVER)];
}

/** How a server is started: arguments of redis-server, working directory, and the file descriptor that gets its log. */
export interface RedisLaunch {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly logFd: number | 'ignore';
}

/**
 * Starts the first of `programs` that exists, in a process group of its own: Ctrl-C in a terminal ends the command and
 * not the Redis below it. The child is not yet ready to serve.
 * @throws BtcFakeError REDIS_NOT_INSTALLED when none exists; the remedy is the command that installs it on this system.
 */
export async function launchRedis(programs: readonly string[], launch: RedisLaunch): Promise<ChildProcess> {
  for (const program of programs) {
    const child = spawn(program, launch.args, {
      cwd: launch.cwd,
      detached: true,
      stdio: ['ignore', launch.logFd, launch.logFd],
    });
    const error = await new Promise<unknown>((resolve) => {
      child.once('spawn', () => resolve(undefined));
      child.once('error', resolve);
    });
    if (error === undefined) return child;
    const code = systemCode(error);
    if (code !== 'ENOENT' && code !== 'EACCES') throw error;
  }
  throw new BtcFakeError('REDIS_NOT_INSTALLED', 'No redis-server was found on the PATH, and REDIS_URL is not set.', {
    remedy: `Install it with \`${installCommand(process.platform, osRelease(), process.getuid?.() === 0)}\`, or set REDIS_URL.`,
  });
}

/**
 * The one command that installs a Redis on a system.
 * @param platform `process.platform`
 * @param release the text of `/etc/os-release`, empty when there is none
 * @param isRoot whether the command would run as root
 */
export function installCommand(platform: NodeJS.Platform, release: string, isRoot: boolean): string {
  if (platform === 'darwin') return 'brew install redis';
  const families = /^ID=.*$|^ID_LIKE=.*$/gm;
  const names = new Set((release.match(families) ?? []).flatMap((line) => line.split(/[="'\s]+/)));
  const sudo = isRoot ? '' : 'sudo ';
  if (names.has('debian') || names.has('ubuntu')) return `${sudo}apt-get install redis-server`;
  if (names.has('fedora') || names.has('rhel')) return `${sudo}dnf install redis`;
  if (names.has('alpine')) return `${sudo}apk add redis`;
  return 'npm run setup';
}

function osRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}
