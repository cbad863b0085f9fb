import { createHash } from 'node:crypto';
import { once, setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type ContentId, formatContentId } from '../domain/ids.ts';
import { listening } from './listening.ts';

const PATH = '/public/api/v1/mltr/v3/run';
const MOST_RECOMMENDATIONS = 5;

export interface SandboxRecommenderOptions {
  /** What it recommends from, in any order. */
  readonly contentIds: readonly ContentId[];
  /** How long each answer takes; default 0. */
  readonly latencyMs?: number;
  /** Default: a free port. */
  readonly port?: number | undefined;
  /** The address to listen on; default 127.0.0.1. */
  readonly host?: string | undefined;
}

export interface SandboxRecommender {
  readonly port: number;
  /** The base URL for this machine, `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Valid calls so far. */
  readonly calls: number;
  close(): Promise<void>;
}

/**
 * A stand-in for the ML Training Recommender API, on loopback unless told otherwise, in the shape of contract section 1, "Recommendations": 0 to 5
 * contents for each employee, which depend on the employee and `contentIds` only. It answers 400 to a body that is no
 * request and 404 to everything but `POST` to a path that ends in `/public/api/v1/mltr/v3/run`.
 *
 * @throws BtcFakeError PORT_UNAVAILABLE when it cannot listen.
 */
export async function startRecommender(options: SandboxRecommenderOptions): Promise<SandboxRecommender> {
  const { latencyMs = 0, port = 0, host = '127.0.0.1' } = options;
  const contentIds = [...new Set(options.contentIds)].sort((a, b) => a - b);
  let calls = 0;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const server = createServer((request, response) => {
    answer(request).then(
      (reply) => send(response, reply),
      () => response.destroy(),
    );
  });

  async function answer(request: IncomingMessage): Promise<Reply> {
    const body = await text(request);
    const path = (request.url ?? '').replace(/\?.*$/s, '');
    if (request.method !== 'POST' || !path.endsWith(PATH))
      return { status: 404, body: { error: 'There is nothing here.' } };
    const employeeId = parseRequest(body);
    if (employeeId === undefined) return { status: 400, body: { error: 'Send {"data":{"ba_id":NUMBER}}.' } };
    calls += 1;
    if (latencyMs > 0) await delay(latencyMs, undefined, { signal: closing.signal });
    const recommendations = recommend(employeeId, contentIds).map((id) => ({
      recommended_content_id: id,
      recommended_content: `Sample training ${formatContentId(id)}`,
    }));
    return { status: 200, body: { response: { ml_recommendations: recommendations } } };
  }

  await listening(server.listen(port, host), { host, port });
  const { port: actualPort } = server.address() as AddressInfo;
  return {
    port: actualPort,
    url: `http://127.0.0.1:${actualPort}`,
    get calls() {
      return calls;
    },
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      closing.abort();
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

function send(response: ServerResponse, { status, body }: Reply): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes);
}

function parseRequest(body: string): number | undefined {
  try {
    const request = JSON.parse(body) as { data?: { ba_id?: unknown } } | null;
    const id = request?.data?.ba_id;
    return Number.isSafeInteger(id) ? (id as number) : undefined;
  } catch {
    return undefined;
  }
}

/** The hash's first byte says how many; the following ones choose, each from what is left. */
function recommend(employeeId: number, contentIds: readonly ContentId[]): ContentId[] {
  const hash = createHash('sha256').update(String(employeeId)).digest();
  const count = Math.min(hash.readUInt8(0) % (MOST_RECOMMENDATIONS + 1), contentIds.length);
  const chosen: ContentId[] = [];
  for (let n = 0; chosen.length < count; n += 1) {
    let at = hash.readUInt32BE(1 + 4 * n) % contentIds.length;
    while (chosen.includes(contentIds[at]!)) at = (at + 1) % contentIds.length;
    chosen.push(contentIds[at]!);
  }
  return chosen;
}
