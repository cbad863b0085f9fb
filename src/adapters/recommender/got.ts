import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import got, { type Got, type Request, type Response } from 'got';
import { forwardedBy, tunnelled } from '../http/proxy-tunnel.ts';
import { connectLimitMs, type ExchangeOptions, type Exchanges, IncomingAnswer } from './exchange.ts';
import type { Exchange } from './failure.ts';

/** Calls by got, on Node.js' own HTTP client. Opens no connection yet. */
export function gotExchanges(options: ExchangeOptions): Exchanges {
  const { url } = options;
  const agent = createAgent(options);
  const client = createClient(options, agent);
  return {
    post: (body) => finish(start(client, url, body)),
    close: () => agent.destroy(),
  };
}

/**
 * One instance for all calls, with few options and no hooks, because got copies options for each call. Node.js gets
 * only options with a value: copying the others takes as long as the rest of the request.
 */
function createClient({ url, headers, timeoutMs, proxyUrl }: ExchangeOptions, agent: HttpAgent | HttpsAgent) {
  const connectMs = connectLimitMs(timeoutMs);
  const forwarded = forwardedBy(url, proxyUrl);
  const to = forwarded?.proxy ?? url;
  const request = to.protocol === 'https:' ? httpsRequest : httpRequest;
  const target = {
    ...urlToHttpOptions(to),
    ...(forwarded && { path: forwarded.path, auth: null }),
    method: 'POST',
    agent,
  };
  return got.extend({
    method: 'POST',
    request: (_url, { headers: given = {} }, callback) => request({ headers: given, ...target }, callback),
    headers: { ...headers, ...forwarded?.headers },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    retry: { limit: 0 },
    // The last one bounds all that comes after the connection, so the phases of it need no timers of their own.
    timeout: { lookup: connectMs, connect: connectMs, secureConnect: connectMs, request: timeoutMs },
  });
}

/**
 * got spreads its options for caching into those of each request. Unless that object is frozen, V8 makes 34 hidden
 * classes a call and shares none: a third of a call's time, and 19 kB of garbage.
 */
function start(client: Got, url: URL, body: string): Request {
  const stream = client(url, { isStream: true, body });
  Object.freeze(stream.options.cacheOptions);
  return stream;
}

/**
 * The agent's own time-out closes idle connections and, only when it is set, makes Node.js heed a server's
 * `Keep-Alive: timeout=…`, so that a connection is seldom used at the moment in which the server closes it.
 */
function createAgent({ url, sockets, timeoutMs, secureContext, proxyUrl }: ExchangeOptions): HttpAgent | HttpsAgent {
  const pool = { keepAlive: true, maxSockets: sockets, maxFreeSockets: sockets, timeout: timeoutMs };
  if (url.protocol === 'http:') return proxyUrl?.startsWith('https:') ? new HttpsAgent(pool) : new HttpAgent(pool);
  const agent = new HttpsAgent(secureContext === undefined ? pool : { ...pool, secureContext });
  return proxyUrl === undefined ? agent : tunnelled(agent, proxyUrl, connectLimitMs(timeoutMs));
}

/** Never rejects. got's promise would read any amount of bytes, and lose what had come of a body that breaks off. */
function finish(stream: Request): Promise<Exchange> {
  return new Promise((resolve) => {
    const answer = new IncomingAnswer();
    let settled = false;
    const settle = (failure?: Error) => {
      if (settled) return;
      settled = true;
      // Also takes got's timers down. A connection that has done its work is kept.
      stream.destroy();
      resolve(answer.ended(failure));
    };
    stream.once('response', ({ statusCode, headers }: Response) => {
      answer.status = statusCode;
      answer.headers = headers;
    });
    stream.on('data', (chunk: Buffer) => {
      answer.take(chunk);
      if (answer.tooLarge) settle();
    });
    stream.once('end', () => settle());
    stream.on('error', settle);
    stream.once('close', () => settle(new Error('The exchange was closed.')));
  });
}
