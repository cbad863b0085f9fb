import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';

/** How the server treats one call. Every kind counts as a call: the server has read the whole request by then. */
export type Answer =
  /** A whole answer. `body` defaults to an empty list of recommendations, `status` to 200. */
  | { kind: 'reply'; status?: number; headers?: Record<string, string>; body?: string; delayMs?: number }
  /** Nothing ever comes back. */
  | { kind: 'silence' }
  /** Headers, then a byte every `everyMs` (default 1,000), for ever. */
  | { kind: 'drip'; status?: number; headers?: Record<string, string>; everyMs?: number }
  /** The connection closes in the middle of the body that the headers announced. */
  | { kind: 'cut-body'; status?: number; headers?: Record<string, string> }
  /** A whole HTTP answer whose JSON stops in the middle. */
  | { kind: 'cut-json' }
  /** A whole HTML page with status 200. */
  | { kind: 'html' }
  /** A body of 50 MB with status 200. */
  | { kind: 'huge' }
  /** The call was executed, then the connection is reset without an answer. */
  | { kind: 'reset' };

export interface FaultyRecommenderOptions {
  /** What to do with a call. `nthCall` counts the calls for this employee, from 1. */
  answer: (employeeId: number, nthCall: number) => Answer;
  /** With it, the server speaks HTTPS. */
  tls?: { certPem: string; keyPem: string };
  /** The server closes a connection that has been idle for so long. Default 5,000. */
  keepAliveMs?: number;
}

export interface FaultyRecommender {
  /** The base URL: `http://127.0.0.1:PORT` or `https://localhost:PORT`. Every path is taken for the endpoint. */
  readonly url: string;
  /** Calls by employee. */
  readonly calls: ReadonlyMap<number, number>;
  /** The bodies and paths of all calls, as they came. */
  readonly requests: readonly { path: string; body: string; contentType: string | undefined }[];
  /** The headers of all calls. */
  readonly headers: readonly IncomingHttpHeaders[];
  /** Connections opened so far, open now, and at most at the same time. */
  readonly sockets: { readonly opened: number; readonly open: number; readonly peak: number };
  /** Bytes that the kernel took for answers of the kind `huge`. */
  readonly hugeBytesSent: number;
  /** Begins to count calls again. */
  forgetCalls(): void;
  close(): Promise<void>;
}

/** A whole answer that recommends these contents. */
export function recommends(...contentIds: readonly (number | string)[]): Answer {
  const recommendations = contentIds.map((id) => ({ recommended_content_id: id, recommended_content: `Title ${id}` }));
  return { kind: 'reply', body: JSON.stringify({ response: { ml_recommendations: recommendations } }) };
}

/** A whole answer with an error status. */
export function fails(status: number, headers: Record<string, string> = {}, body = '{"error":"no"}'): Answer {
  return { kind: 'reply', status, headers, body };
}

/**
 * A recommender on loopback that answers, and misbehaves, as the test says. Close it when the test is done, also when
 * the test failed; closing breaks off what is still open.
 */
export async function startFaultyRecommender(options: FaultyRecommenderOptions): Promise<FaultyRecommender> {
  const calls = new Map<number, number>();
  const requests: { path: string; body: string; contentType: string | undefined }[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const sockets = { opened: 0, open: 0, peak: 0 };
  const open = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let hugeBytesSent = 0;

  const onRequest: RequestListener = (request, response) => {
    serve(request, response).catch(() => response.destroy());
  };
  const server =
    options.tls === undefined
      ? createServer(onRequest)
      : createTlsServer({ cert: options.tls.certPem, key: options.tls.keyPem }, onRequest);
  server.keepAliveTimeout = options.keepAliveMs ?? 5_000;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    headers.push(request.headers);
    requests.push({ path: request.url ?? '', body, contentType: request.headers['content-type'] });
    const employeeId = (JSON.parse(body) as { data: { ba_id: number } }).data.ba_id;
    const nthCall = (calls.get(employeeId) ?? 0) + 1;
    calls.set(employeeId, nthCall);
    await give(options.answer(employeeId, nthCall), response);
  }

  async function give(answer: Answer, response: ServerResponse): Promise<void> {
    switch (answer.kind) {
      case 'reply': {
        const { status = 200, headers, body = '{"response":{"ml_recommendations":[]}}', delayMs = 0 } = answer;
        later(delayMs, () => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body));
        return;
      }
      case 'silence':
        return;
      case 'drip': {
        response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
        const timer = setInterval(() => response.write(' '), answer.everyMs ?? 1_000);
        timers.add(timer);
        response.once('close', () => clearInterval(timer));
        return;
      }
      case 'cut-body':
        response.writeHead(answer.status ?? 200, { 'content-length': 1_000, ...answer.headers });
        response.write('{"response":{"ml_reco', () => response.socket?.end());
        return;
      case 'cut-json':
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"response":{"ml_reco');
        return;
      case 'html':
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>\n<title>Sign in</title>');
        return;
      case 'huge':
        await giveHuge(response);
        return;
      case 'reset':
        reset(response.socket);
        return;
    }
  }

  async function giveHuge(response: ServerResponse): Promise<void> {
    const chunk = Buffer.alloc(64 * 1024, ' ');
    response.writeHead(200, { 'content-type': 'application/json' });
    for (let n = 0; n < 800 && !response.destroyed; n += 1) {
      await new Promise<void>((resolve) => {
        response.once('close', resolve);
        response.write(chunk, (error) => {
          if (!error) hugeBytesSent += chunk.length;
          response.off('close', resolve);
          resolve();
        });
      });
    }
    response.end();
  }

  function later(delayMs: number, action: () => void): void {
    if (delayMs === 0) action();
    else timers.add(setTimeout(action, delayMs));
  }

  server.on('connection', (socket: Socket) => {
    open.add(socket);
    sockets.opened += 1;
    sockets.open = open.size;
    sockets.peak = Math.max(sockets.peak, open.size);
    socket.on('error', () => {});
    socket.once('close', () => {
      open.delete(socket);
      sockets.open = open.size;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: options.tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    calls,
    requests,
    headers,
    sockets,
    get hugeBytesSent() {
      return hugeBytesSent;
    },
    forgetCalls: () => calls.clear(),
    async close() {
      for (const timer of timers) clearTimeout(timer);
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** A TLS socket cannot be reset; there the connection is closed without a word. */
function reset(socket: Socket | null): void {
  if (socket !== null && 'encrypted' in socket) socket.destroy();
  else socket?.resetAndDestroy();
}
