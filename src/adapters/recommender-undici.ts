import { type Dispatcher, errors, interceptors, Pool } from 'undici';
import {
  connectLimitMs,
  type ExchangeOptions,
  type Exchanges,
  LARGEST_BODY_BYTES,
  REQUEST_HEADERS,
} from './recommender-exchange.ts';
import type { Exchange } from './recommender-failure.ts';

/**
 * Calls by undici, the client behind Node.js' `fetch`, at a fifth of what got takes from the processor. Opens no connection yet.
 */
export function undiciExchanges({ url, timeoutMs, sockets, secureContext }: ExchangeOptions): Exchanges {
  const connectMs = connectLimitMs(timeoutMs);
  const pool = new Pool(url.origin, {
    connections: sockets,
    connect: { timeout: connectMs, ...(secureContext === undefined ? {} : { secureContext }) },
    // The time limit of the call bounds both; undici's own timers tick by the second.
    headersTimeout: 0,
    bodyTimeout: 0,
    // A server that announces an earlier end with `Keep-Alive: timeout=…` is heeded, a second before it.
    keepAliveTimeout: timeoutMs,
    keepAliveMaxTimeout: timeoutMs,
  });
  const dispatcher = pool.compose(interceptors.decompress({ skipErrorResponses: false }));
  const path = url.pathname + url.search;
  const headers = { ...REQUEST_HEADERS, ...authorization(url) };
  return {
    post: (body) => exchange(dispatcher, { path, method: 'POST', headers, body }, timeoutMs, connectMs),
    close: () => void pool.destroy(lostConnection()).catch(() => {}),
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
    const chunks: Buffer[] = [];
    let size = 0;
    let status: number | undefined;
    let headers: Exchange['headers'] = {};
    let underWay: Dispatcher.DispatchController | undefined;
    let settled = false;
    const settle = (failure?: Error) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      const text = Buffer.concat(chunks).toString('utf8');
      resolve({ status, headers, text, tooLarge: size > LARGEST_BODY_BYTES, failure });
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
      onResponseStart: (_controller, received, receivedHeaders) => {
        status = received;
        headers = receivedHeaders;
      },
      onResponseData: (_controller, chunk) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > LARGEST_BODY_BYTES) breakOff();
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

/** User name and password of the address. */
function authorization({ username, password }: URL): { authorization?: string } {
  if (username === '' && password === '') return {};
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}
