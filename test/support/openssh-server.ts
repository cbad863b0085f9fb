import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { SftpServer } from '../../src/adapters/sftp/server.ts';

const run = promisify(execFile);

/** OpenSSH's own server, with one user, the person who runs the tests, who logs in with a key. */
export interface OpenSshServer {
  /** How to log in, with the right key and the right pin. */
  readonly login: SftpServer;
  /** A folder that is empty at first and that the server can reach under the same absolute path. */
  readonly folder: string;
  /** Fingerprint of the host key as `ssh-keygen -lf` prints it. */
  readonly fingerprint: string;
  /** Makes a further key file and returns its path; `accepted` ones may log in. */
  makeKey(name: string, options: { accepted: boolean; passphrase?: string; type?: string }): Promise<string>;
  stop(): Promise<void>;
}

/** Starts sshd on a free port of loopback, in a temporary folder of its own that `stop` removes. */
export async function startOpenSshServer(): Promise<OpenSshServer> {
  const home = await mkdtemp(join(tmpdir(), 'btc-fake-sshd-'));
  const folder = join(home, 'served');
  const authorizedKeys = join(home, 'authorized_keys');
  const makeKey: OpenSshServer['makeKey'] = async (name, { accepted, passphrase = '', type = 'ed25519' }) => {
    const path = join(home, name);
    await run('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', name, '-f', path]);
    if (accepted) await writeFile(authorizedKeys, await readFile(`${path}.pub`), { flag: 'a' });
    return path;
  };
  try {
    await mkdir(folder);
    // As root, sshd insists on this folder for its unprivileged half; packages make it only when the service starts.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
    const hostKey = await makeKey('host_key', { accepted: false });
    const privateKeyFile = await makeKey('client_key', { accepted: true });
    const { stdout } = await run('ssh-keygen', ['-lf', hostKey]);
    const fingerprint = stdout.split(' ')[1]!;

    const port = await freePort();
    const configuration = join(home, 'sshd_config');
    await writeFile(
      configuration,
      [
        `ListenAddress 127.0.0.1:${port}`,
        `HostKey ${hostKey}`,
        `AuthorizedKeysFile ${authorizedKeys}`,
        'PidFile none',
        'StrictModes no',
        'UsePAM no',
        'PasswordAuthentication no',
        'PermitRootLogin prohibit-password',
        'Subsystem sftp internal-sftp',
        '',
      ].join('\n'),
    );
    const stopServer = await startServer(configuration);
    return {
      login: { host: '127.0.0.1', port, username: userInfo().username, privateKeyFile, hostFingerprint: fingerprint },
      folder,
      fingerprint,
      makeKey,
      async stop() {
        await stopServer();
        await rm(home, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}

/** Resolves when sshd listens, with what stops it; rejects with sshd's own words when it does not. */
async function startServer(configuration: string): Promise<() => Promise<void>> {
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit').catch(() => {});
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`sshd ended with ${code}: ${said.join(' / ')}`)));
    createInterface(child.stderr).on('line', (line) => {
      said.push(line);
      if (line.startsWith('Server listening on')) resolve();
    });
  });
  return async () => {
    child.kill('SIGTERM');
    await exited;
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
