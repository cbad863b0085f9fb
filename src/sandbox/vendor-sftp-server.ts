import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2, { type AuthContext, type Connection } from 'ssh2';
import { hostKeyFingerprint } from '../adapters/sftp/host-key.ts';
import { listening } from './listening.ts';
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
  /** The address to listen on; loopback unless given. */
  host?: string | undefined;
  /** A private key as `newHostKey` makes it; a new one unless given. */
  hostKey?: string | undefined;
}

export interface VendorSftpServer {
  readonly port: number;
  /** `SHA256:…` of its host key. */
  readonly hostFingerprint: string;
  /** Ends all connections and stops listening. */
  close(): Promise<void>;
}

/**
 * The vendor's SFTP server of the sandbox: a real one, on loopback unless told otherwise, with one user. Nothing
 * outside the two folders can be reached, through links neither.
 *
 * @throws the system's error when a folder does not exist, BtcFakeError PORT_UNAVAILABLE when it cannot listen.
 */
export async function startVendorSftpServer(options: VendorSftpServerOptions): Promise<VendorSftpServer> {
  const { hostKey = newHostKey().key, host = '127.0.0.1', port = 0 } = options;
  const serveSession = await serveFolders(options);
  const connections = new Set<Connection>();

  const server = new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    // A client that goes away without a word is no event of interest.
    connection.on('error', () => {});
    connection.on('authentication', (attempt) =>
      isUser(attempt, options) ? attempt.accept() : attempt.reject(['password']),
    );
    connection.on('session', (accept) => accept().on('sftp', (acceptSftp) => serveSession(acceptSftp())));
  });
  await listening(server.listen(port, host), { host, port });

  return {
    port: (server.address() as AddressInfo).port,
    hostFingerprint: fingerprintOf(hostKey)!,
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
    const fingerprint = fingerprintOf(key);
    if (fingerprint !== undefined) return { key, fingerprint };
  }
}

/** `SHA256:…` of a private host key; undefined when it is none. */
export function fingerprintOf(key: string): string | undefined {
  const parsed = ssh2.utils.parseKey(key);
  return parsed instanceof Error ? undefined : hostKeyFingerprint(parsed.getPublicSSH());
}

function isUser(attempt: AuthContext, { username, password }: VendorSftpServerOptions): boolean {
  return attempt.method === 'password' && same(attempt.username, username) && same(attempt.password, password);
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
