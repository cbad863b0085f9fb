import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { type Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { urlToHttpOptions } from 'node:url';
import { proxyName } from '../../domain/connections/proxy-name.ts';
import { systemCode } from '../../domain/errors.ts';
import { ProxyError } from './proxy-fault.ts';

/** A way through a proxy. */
export interface Tunnel {
  /** May hold a login, which is sent to the proxy. */
  readonly proxyUrl: string;
  readonly host: string;
  readonly port: number;
  /** Until the proxy has let us through. */
  readonly timeoutMs: number;
}

/** Gets a connection, or an error in its place. */
export type Connected = (error: Error | null, socket?: Duplex) => void;

/** The header with a proxy's login, if it has one. */
export function proxyAuthorization(proxyUrl: string): Record<string, string> {
  const { auth } = urlToHttpOptions(new URL(proxyUrl));
  return auth ? { 'proxy-authorization': `Basic ${Buffer.from(auth).toString('base64')}` } : {};
}

/**
 * A call over plain http that a proxy makes for us, or undefined where there is none or it only passes the connection
 * on.
 */
export function forwardedBy(url: URL, proxyUrl: string | undefined) {
  if (proxyUrl === undefined || url.protocol !== 'http:') return undefined;
  const path = `${url.origin}${url.pathname}${url.search}`;
  return { proxy: new URL(proxyUrl), path, headers: { host: url.host, ...proxyAuthorization(proxyUrl) } };
}

/**
 * Asks a proxy for a connection to a server (`CONNECT`). All that is then sent on it reaches the server alone. Fails
 * with a `ProxyError`.
 */
export function openTunnel({ proxyUrl, host, port, timeoutMs }: Tunnel, connected: Connected): void {
  const proxy = new URL(proxyUrl);
  const name = proxyName(proxyUrl);
  const target = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const { hostname, port: proxyPort } = urlToHttpOptions(proxy);
  const ask = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  const request: ClientRequest = ask({
    method: 'CONNECT',
    hostname,
    port: proxyPort,
    path: target,
    headers: { host: target, ...proxyAuthorization(proxyUrl) },
    agent: false,
  });
  const timer = setTimeout(() => {
    request.destroy(Object.assign(new Error('The proxy does not answer.'), { code: 'ETIMEDOUT' }));
  }, timeoutMs);
  let settled = false;
  const settle: Connected = (error, socket) => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    connected(error, socket);
  };
  request.once('connect', ({ statusCode = 0 }: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (statusCode < 200 || statusCode > 299) {
      socket.on('error', () => {}).destroy();
      settle(new ProxyError(name, `answered ${statusCode} to CONNECT ${target}`));
      return;
    }
    if (head.length > 0) socket.unshift(head);
    settle(null, socket);
  });
  request.on('error', (error) => {
    settle(new ProxyError(name, `cannot be reached (${systemCode(error) ?? 'EUNKNOWN'})`, error));
  });
  request.end();
}

/**
 * Lets an agent's connections go through a proxy. Whom it trusts and how it keeps connections stays as it is.
 * @param timeoutMs until the proxy has let a connection through.
 */
export function tunnelled(agent: HttpsAgent, proxyUrl: string, timeoutMs: number): HttpsAgent {
  const secure = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    // Node.js passes either an error or a connection; its types do not say so.
    const connected = callback as Connected | undefined;
    const tunnel = { proxyUrl, host: options.host ?? 'localhost', port: Number(options.port ?? 443), timeoutMs };
    openTunnel(tunnel, (error, socket) => {
      if (error) connected?.(error);
      else connected?.(null, secure({ ...options, socket } as RequestOptions) ?? undefined);
    });
    return null;
  };
  return agent;
}
