import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
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
 * A stand-in for the ML Training Recommender API, on loopback by default (contract section 1, "Recommendations"): 0 to
 * 5 contents, which depend on the employee and `contentIds` only.
 * - It answers 400 to a body that is no request, and 404 to everything but `POST` to a path that ends in
 *   `/public/api/v1/mltr/v3/run`.
 * @throws BtcFakeError PORT_UNAVAILABLE when it cannot listen.
 */
export async function startRecommender(options: SandboxRecommenderOptions): Promise<SandboxRecommender> {
  const { latencyMs = 0, port = 0, host = '127.0.0.1' } = options;
  const contentIds = [...new Set(options.contentIds)].sort((a, b) => a - b);
  let calls = 0;
  const waiting = new Set<NodeJS.Timeout>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => response.destroy());
    request.on('end', () => answer(request, Buffer.concat(chunks).toString('utf8'), response));
  });

  function answer(request: IncomingMessage, body: string, response: ServerResponse): void {
    const path = (request.url ?? '').replace(/\?.*$/s, '');
    const isCall = request.method === 'POST' && path.endsWith(PATH);
    const employeeId = isCall ? parseRequest(body) : undefined;
    if (!isCall) {
      send(response, 404, { error: 'There is nothing here.' });
    } else if (employeeId === undefined) {
      send(response, 400, { error: 'Send {"data":{"ba_id":NUMBER}}.' });
    } else {
      calls += 1;
      afterLatency(() => send(response, 200, recommendationsTo(employeeId)));
    }
  }

  function afterLatency(work: () => void): void {
    if (latencyMs === 0) {
      work();
      return;
    }
    const timer = setTimeout(() => {
      waiting.delete(timer);
      work();
    }, latencyMs);
    waiting.add(timer);
  }

  function recommendationsTo(employeeId: number): object {
    const recommendations = recommend(employeeId, contentIds).map((id) => ({
      recommended_content_id: id,
      recommended_content: `Sample training ${formatContentId(id)}`,
    }));
    return { response: { ml_recommendations: recommendations } };
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
      for (const timer of waiting) clearTimeout(timer);
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(response: ServerResponse, status: number, body: object): void {
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
  const digest = hash('sha256', String(employeeId), 'buffer');
  const count = Math.min(digest.readUInt8(0) % (MOST_RECOMMENDATIONS + 1), contentIds.length);
  const chosen: ContentId[] = [];
  for (let n = 0; chosen.length < count; n += 1) {
    let at = digest.readUInt32BE(1 + 4 * n) % contentIds.length;
    while (chosen.includes(contentIds[at]!)) at = (at + 1) % contentIds.length;
    chosen.push(contentIds[at]!);
  }
  return chosen;
}
