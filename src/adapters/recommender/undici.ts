import type { Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { buildConnector, type Dispatcher, errors, Pool } from 'undici';
import { forwardedBy, openTunnel } from '../http/proxy-tunnel.ts';
import { connectLimitMs, type ExchangeOptions, type Exchanges, IncomingAnswer } from './exchange.ts';
import type { Exchange } from './failure.ts';

/**
 * Calls by undici, the client behind Node.js' `fetch`, at a third of what got takes from the processor. Opens no
 * connection yet.
 */
export function undiciExchanges(options: ExchangeOptions): Exchanges {
  const { url, timeoutMs, sockets, secureContext, proxyUrl } = options;
  const connectMs = connectLimitMs(timeoutMs);
  const forwarded = forwardedBy(url, proxyUrl);
  const trusted = { timeout: connectMs, ...(secureContext === undefined ? {} : { secureContext }) };
  const isTunnelled = proxyUrl !== undefined && forwarded === undefined;
  const pool = new Pool(forwarded?.proxy.origin ?? url.origin, {
    connections: sockets,
    connect: isTunnelled ? connectorThrough(proxyUrl, connectMs, buildConnector(trusted)) : trusted,
    // The time limit of the call bounds both; undici's own timers tick by the second.
    headersTimeout: 0,
    bodyTimeout: 0,
    // A server that announces an earlier end with `Keep-Alive: timeout=…` is heeded, a second before it.
    keepAliveTimeout: timeoutMs,
    keepAliveMaxTimeout: timeoutMs,
  });
  const { auth } = urlToHttpOptions(url);
  const path = forwarded?.path ?? url.pathname + url.search;
  const headers = { ...options.headers, ...(auth ? { authorization: basic(auth) } : {}), ...forwarded?.headers };
  return {
    post: (body) => exchange(pool, { path, method: 'POST', headers, body }, timeoutMs, connectMs),
    close: () => void pool.destroy(lostConnection()).catch(() => {}),
  };
}

/** Makes TLS connections on those that a proxy gives. */
function connectorThrough(
  proxyUrl: string,
  timeoutMs: number,
  secure: buildConnector.connector,
): buildConnector.connector {
  return (options, callback) => {
    const { hostname: host, port } = options;
    openTunnel({ proxyUrl, host, port: Number(port) || 443, timeoutMs }, (error, socket) => {
      if (error) callback(error, null);
      else secure({ ...options, httpSocket: socket as Socket }, callback);
    });
  };
}

/** Never rejects. */
function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  timeoutMs: number,
  connectMs: number,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const answer = new IncomingAnswer();
    let underWay: Dispatcher.DispatchController | undefined;
    let settled = false;
    const settle = (failure?: Error) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      resolve(answer.ended(failure));
    };
    /** The connection goes with the call: what still comes on it belongs to nobody. */
    const breakOff = (failure?: Error) => {
      settle(failure);
      underWay?.abort(failure ?? new Error('No more of the answer is wanted.'));
    };
    const timer = setTimeout(() => breakOff(timeOut('request', timeoutMs)), timeoutMs);
    dispatcher.dispatch(request, {
      onRequestStart: (controller) => {
        underWay = controller;
        // It waited for a connection until its time was over: it must not be made any more.
        if (settled) controller.abort(lostConnection());
      },
      onResponseStart: (_controller, status, headers) => {
        answer.status = status;
        answer.headers = headers;
      },
      onResponseData: (_controller, chunk) => {
        answer.take(chunk);
        if (answer.tooLarge) breakOff();
      },
      onResponseEnd: () => settle(),
      onResponseError: (_controller, error) => settle(named(error, connectMs)),
    });
  });
}

/** undici's errors by the names that the operating system and got have for the same. */
function named(error: Error, connectMs: number): Error {
  if (error instanceof errors.ConnectTimeoutError) return timeOut('connect', connectMs);
  if (error instanceof errors.SocketError) return lostConnection(error);
  return error;
}

function lostConnection(cause?: Error): Error {
  return Object.assign(new Error('The connection was lost.', { cause }), { code: 'ECONNRESET' });
}

function timeOut(phase: string, limitMs: number): Error {
  const error = new Error(`Timeout awaiting '${phase}' for ${limitMs}ms`);
  error.name = 'TimeoutError';
  return error;
}

/** @param auth user name and password, as an address has them. */
function basic(auth: string): string {
  return `Basic ${Buffer.from(auth).toString('base64')}`;
}
