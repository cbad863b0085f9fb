import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * What happens to one request.
 * - `lost`: it is carried out, and its answer never arrives. `hang`: nothing happens to it at all.
 * - `cutAt`: of its answer's body only so many bytes arrive. `lateMs`: its answer comes later.
 * - `status`: this answer in its place, or (with `after`) behind it.
 */
export type StorageFault =
  | 'lost'
  | 'hang'
  | { readonly cutAt: number }
  | { readonly lateMs: number }
  | { readonly status: number; readonly body?: string; readonly after?: true };

/** A proxy in front of a storage server on loopback. */
export interface StorageFaultProxy {
  readonly port: number;
  /** Every request, `PUT /bucket/name?query`, in order. */
  readonly requests: string[];
  /** Asked for every request, faults in order of asking. */
  fault: (method: string, url: string) => StorageFault | undefined;
  /** The next request that `match` fits gets this fault, once. */
  once(match: RegExp, fault: StorageFault): void;
  close(): Promise<void>;
}

/** Starts a proxy in front of the server on a port of this machine. */
export async function startStorageFaultProxy(upstreamPort: number): Promise<StorageFaultProxy> {
  const server = createServer((request, response) => void serve(request, response));
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = request;
    const line = `${method} ${url}`;
    proxy.requests.push(line);
    const fault = proxy.fault(method, url);
    request.on('error', () => undefined);
    const body = await buffer(request).catch(() => Buffer.alloc(0));
    if (fault === 'hang') return;
    const answer = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'application/xml' }).end(method === 'HEAD' ? undefined : text);
    if (typeof fault === 'object' && 'status' in fault && !fault.after) {
      answer(fault.status, fault.body ?? '');
      return;
    }
    const { 'transfer-encoding': _, ...headers } = request.headers;
    const upstream = httpRequest({
      host: '127.0.0.1',
      port: upstreamPort,
      method,
      path: url,
      headers: { ...headers, 'content-length': body.length },
      agent: false,
    });
    upstream.end(body);
    const [real] = (await once(upstream, 'response')) as [IncomingMessage];
    const content = await buffer(real);
    if (fault === 'lost') return void request.socket.destroy();
    if (typeof fault === 'object' && 'status' in fault) return void answer(fault.status, fault.body ?? '');
    const send = () => {
      response.writeHead(real.statusCode ?? 500, real.headers);
      if (typeof fault !== 'object' || !('cutAt' in fault)) return void response.end(content);
      response.write(content.subarray(0, fault.cutAt), () => request.socket.destroy());
    };
    if (typeof fault === 'object' && 'lateMs' in fault) late.add(setTimeout(send, fault.lateMs));
    else send();
  };
  const late = new Set<NodeJS.Timeout>();
  const queued: { match: RegExp; fault: StorageFault }[] = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: StorageFaultProxy = {
    port: (server.address() as AddressInfo).port,
    requests: [],
    fault: (method, url) => {
      const index = queued.findIndex(({ match }) => match.test(`${method} ${url}`));
      return index < 0 ? undefined : queued.splice(index, 1)[0]!.fault;
    },
    once: (match, fault) => void queued.push({ match, fault }),
    close: async () => {
      for (const timer of late) clearTimeout(timer);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
