import { connect as connectSocket, type Socket } from 'node:net';
import type { Logger } from 'pino';
import type { SFTPWrapper } from 'ssh2';
import SftpClient from 'ssh2-sftp-client';
import { BtcFakeError } from '../../domain/errors.ts';
import { allowedAlgorithms, OfferedAlgorithms } from './algorithms.ts';
import { ConnectTimeout, connectError, connectionLost, type RequestContext, requestError } from './errors.ts';
import { checkHostKey } from './host-key.ts';
import { loginMethods } from './login.ts';
import { readPrivateKey } from './private-key.ts';
import type { SftpServer, SftpTimeouts } from './server.ts';

export type Answer<T> = (error?: Error | null, value?: T) => void;

/** An open connection that was logged in. */
export interface SftpConnection {
  /** `host:port`. */
  readonly endpoint: string;
  /**
   * Sends one request and waits for its answer, no longer than `stallMs`. ssh2-sftp-client's own calls bundle many
   * requests in one promise, and wait for ever when one of them stays without an answer.
   *
   * @throws BtcFakeError SFTP_PATH (not there, not allowed), SFTP_TRANSFER (the server refused otherwise),
   * SFTP_UNREACHABLE (the connection is lost), or `silence` when no answer came; then the connection is closed. What
   * `abandon` was told when it was abandoned.
   */
  ask<T>(context: RequestContext, send: (sftp: SFTPWrapper, answer: Answer<T>) => void): Promise<T>;
  /**
   * Ends the connection at once; what is asked of it, now or later, fails with this reason. The first reason stands.
   */
  abandon(reason: unknown): void;
  /** Logs out, waiting a second at most for the server, and resolves when the socket is closed. Never fails. */
  close(): Promise<void>;
}

const LOGOUT_MS = 1_000;

/**
 * Connects, checks the host key (contract: pinned by `hostFingerprint`), logs in and opens the SFTP channel. When it
 * fails, nothing is left open. When `signal` is aborted, now or later, the connection is abandoned for its reason.
 *
 * @throws BtcFakeError SFTP_UNREACHABLE, SFTP_ALGORITHMS, SFTP_LOGIN_REFUSED, SFTP_HOST_KEY_MISMATCH or
 * SFTP_KEY_UNREADABLE.
 */
export async function connectSftp(
  server: SftpServer,
  logger: Logger,
  timeouts: SftpTimeouts,
  signal?: AbortSignal,
): Promise<SftpConnection> {
  signal?.throwIfAborted();
  const privateKey = await readPrivateKey(server);
  const endpoint = `${server.host}:${server.port}`;
  const hostKey = checkHostKey(server, endpoint, logger);
  const offered = new OfferedAlgorithms();

  // Our own socket, because destroying it is the one way to end a connection whatever state the other side is in.
  const socket = connectSocket({ host: server.host, port: server.port, noDelay: true });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let firstError: Error | undefined;
  const remember = (error: unknown) => {
    if (error instanceof Error) firstError ??= error;
  };
  socket.on('error', remember);
  // Without callbacks of its own the library prints to the console.
  const client = new SftpClient('btc-fake', { error: remember, end: () => {}, close: () => {} });
  client.on('error', remember);

  const onAbort = () => socket.destroy();
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => {
    remember(new ConnectTimeout(timeouts.connectMs));
    socket.destroy();
  }, timeouts.connectMs);
  try {
    const opening = client.connect({
      sock: socket,
      username: server.username,
      ...(server.password === undefined ? {} : { password: server.password }),
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(server.privateKeyPassphrase === undefined ? {} : { passphrase: server.privateKeyPassphrase }),
      authHandler: loginMethods(server),
      algorithms: allowedAlgorithms(server.legacyAlgorithms ?? []),
      debug: offered.hear,
      hostVerifier: (key: Buffer) => hostKey.accepts(key),
      // The library's own time-out ends at the login; ours covers the SFTP channel too.
      readyTimeout: 0,
    });
    const lost = closed.then((): never => {
      throw new Error('connection closed');
    });
    const sftp = await Promise.race([opening, lost]);
    signal?.throwIfAborted();
    const connection = openConnection(endpoint, server, timeouts.stallMs, { socket, closed, client, sftp });
    const abandon = () => connection.abandon(signal?.reason);
    signal?.addEventListener('abort', abandon, { once: true });
    void closed.then(() => signal?.removeEventListener('abort', abandon));
    return connection;
  } catch (error) {
    socket.destroy();
    await closed;
    signal?.throwIfAborted();
    const cause = firstError ?? error;
    throw hostKey.refusal() ?? offered.refusal(server, endpoint, cause) ?? connectError(server, endpoint, cause);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

interface OpenParts {
  socket: Socket;
  closed: Promise<void>;
  client: SftpClient;
  sftp: SFTPWrapper;
}

function openConnection(endpoint: string, server: SftpServer, stallMs: number, parts: OpenParts): SftpConnection {
  const { socket, closed, client, sftp } = parts;
  // A breach of the protocol is an 'error' of the channel, and nobody else listens; a channel that ended answers no
  // more.
  for (const event of ['error', 'end', 'close']) sftp.on(event, () => socket.destroy());

  const waiting = new Set<(reason: unknown) => void>();
  let abandoned: { reason: unknown } | undefined;

  return {
    endpoint,
    abandon(reason) {
      abandoned ??= { reason };
      for (const reject of waiting) reject(abandoned.reason);
      socket.destroy();
    },
    async ask<T>(context: RequestContext, send: (sftp: SFTPWrapper, answer: Answer<T>) => void): Promise<T> {
      let timer: NodeJS.Timeout | undefined;
      let giveUp: ((reason: unknown) => void) | undefined;
      try {
        return await new Promise<T>((resolve, reject) => {
          giveUp = reject;
          waiting.add(giveUp);
          if (abandoned !== undefined) return reject(abandoned.reason);
          if (socket.destroyed) return reject(connectionLost(endpoint, context));
          timer = setTimeout(() => {
            reject(
              new BtcFakeError(
                context.silence ?? 'SFTP_UNREACHABLE',
                `${endpoint} did not answer for ${stallMs} ms while ${context.doing}.`,
              ),
            );
            socket.destroy();
          }, stallMs);
          const refuse = (error: unknown) => reject(requestError(server, endpoint, context, error));
          try {
            send(sftp, (error, value) => (error ? refuse(error) : resolve(value as T)));
          } catch (error) {
            refuse(error);
          }
        });
      } finally {
        clearTimeout(timer);
        if (giveUp !== undefined) waiting.delete(giveUp);
      }
    },
    async close() {
      const timer = setTimeout(() => socket.destroy(), LOGOUT_MS);
      if (!socket.destroyed) await Promise.race([client.end().catch(() => {}), closed]);
      socket.destroy();
      await closed;
      clearTimeout(timer);
    },
  };
}
