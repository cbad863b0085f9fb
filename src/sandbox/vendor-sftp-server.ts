import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2, { type AuthContext, type Connection } from 'ssh2';
import { hostKeyFingerprint } from '../adapters/sftp-host-key.ts';
import { serveFolders } from './sftp-folders.ts';

export interface VendorSftpServerOptions {
  /** The folder on disk that is served, read-only, as `/`. */
  files: string;
  /** A folder on disk that is served as `/inbox` and may be written to. None unless given. */
  inbox?: string | undefined;
  username: string;
  password: string;
  /** A free one unless given. */
  port?: number | undefined;
}

export interface VendorSftpServer {
  readonly port: number;
  /** `SHA256:…`, of a key that was made for this server. */
  readonly hostFingerprint: string;
  /** Ends all connections and stops listening. */
  close(): Promise<void>;
}

/**
 * The vendor's SFTP server of the demo: a real one, on loopback only, with one user and a new host key at each start.
 * Nothing outside the two folders can be reached, through links neither.
 *
 * @throws the system's error when the port is taken or a folder does not exist.
 */
export async function startVendorSftpServer(options: VendorSftpServerOptions): Promise<VendorSftpServer> {
  const { key, fingerprint } = newHostKey();
  const serveSession = await serveFolders(options);
  const connections = new Set<Connection>();

  const server = new ssh2.Server({ hostKeys: [key] }, (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    // A client that goes away without a word is no event of interest.
    connection.on('error', () => {});
    connection.on('authentication', (attempt) =>
      isUser(attempt, options) ? attempt.accept() : attempt.reject(['password']),
    );
    connection.on('session', (accept) => accept().on('sftp', (acceptSftp) => serveSession(acceptSftp())));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    hostFingerprint: fingerprint,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const connection of connections) connection.end();
      await closed;
    },
  };
}

/** A new ed25519 host key. The library makes a malformed one about once in 400 times, so each is read back. */
export function newHostKey(): { key: string; fingerprint: string } {
  for (;;) {
    const { private: key } = ssh2.utils.generateKeyPairSync('ed25519');
    const parsed = ssh2.utils.parseKey(key);
    if (!(parsed instanceof Error)) return { key, fingerprint: hostKeyFingerprint(parsed.getPublicSSH()) };
  }
}

function isUser(attempt: AuthContext, { username, password }: VendorSftpServerOptions): boolean {
  return attempt.method === 'password' && same(attempt.username, username) && same(attempt.password, password);
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
