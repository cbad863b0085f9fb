import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { makeCertificate } from './certificate.ts';
import type { StorageFault } from './storage-fault-proxy.ts';

/** A stand-in for the Files API of a workspace, over HTTPS on this machine. */
export interface FilesApi {
  /** `localhost:PORT`. */
  readonly host: string;
  readonly caPem: string;
  readonly token: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** By path: `/Volumes/…`. */
  readonly files: Map<string, Buffer>;
  readonly folders: Set<string>;
  readonly requests: string[];
  /** The status for a file that is there: 409, on some hosts 412. */
  existsStatus: number;
  /** Ends the life of the access tokens that were given out. */
  expireTokens(): void;
  /** The next request that `match` fits gets this fault, once. */
  once(match: RegExp, fault: StorageFault): void;
  close(): Promise<void>;
}

const PAGE = 3;

/** Starts a workspace whose volumes are empty. */
export async function startFilesApi(): Promise<FilesApi> {
  const { caPem, certPem: cert, keyPem: key } = makeCertificate();
  const queued: { match: RegExp; fault: StorageFault }[] = [];
  let generation = 0;
  const late = new Set<NodeJS.Timeout>();

  const act = (method: string, url: URL, headers: IncomingMessage['headers'], body: Buffer): Answer => {
    const isFile = url.pathname.startsWith('/api/2.0/fs/files/');
    const path = decodeURIComponent(url.pathname.replace(/^\/api\/2\.0\/fs\/(files|directories)/, ''));
    if (method === 'PUT' && !isFile) {
      for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) api.folders.add(at);
      return { status: 204 };
    }
    if (method === 'PUT') {
      if (!api.folders.has(path.slice(0, path.lastIndexOf('/')))) return problem(404, 'NOT_FOUND', 'no such folder');
      if (api.files.has(path) && url.searchParams.get('overwrite') === 'false') {
        return problem(api.existsStatus, 'ALREADY_EXISTS', 'The file being created already exists.');
      }
      api.files.set(path, body);
      return { status: 204 };
    }
    if (isFile) return readFile(path, headers.range);
    if (!api.folders.has(path)) return problem(404, 'NOT_FOUND', 'no such folder');
    return {
      status: 200,
      body: Buffer.from(JSON.stringify(folderPage(path, Number(url.searchParams.get('page_token'))))),
    };
  };

  const readFile = (path: string, range: string | undefined): Answer => {
    const content = api.files.get(path);
    if (content === undefined) return problem(404, 'NOT_FOUND', 'no such file');
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
    if (first === undefined) return { status: 200, body: content };
    if (Number(first) >= content.length) return problem(416, 'RANGE', 'not in the file');
    return { status: 206, body: content.subarray(Number(first), Number(last) + 1) };
  };

  const folderPage = (path: string, from: number) => {
    const inside = (name: string) => name.startsWith(`${path}/`) && !name.slice(path.length + 1).includes('/');
    const entry = (name: string, is_directory: boolean) => ({
      name: name.slice(path.length + 1),
      path: name,
      is_directory,
    });
    const all = [
      ...[...api.folders].filter(inside).map((name) => entry(name, true)),
      ...[...api.files.keys()].filter(inside).map((name) => entry(name, false)),
    ];
    const next = from + PAGE < all.length ? { next_page_token: String(from + PAGE) } : {};
    return { contents: all.slice(from, from + PAGE), ...next };
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const method = request.method ?? '';
    const line = `${method} ${request.url}`;
    api.requests.push(line);
    const at = queued.findIndex(({ match }) => match.test(line));
    const fault = at < 0 ? undefined : queued.splice(at, 1)[0]!.fault;
    const body = await buffer(request).catch(() => Buffer.alloc(0));
    const send = ({ status, body: content = Buffer.alloc(0) }: Answer) => {
      response.writeHead(status, { 'content-length': content.length });
      response.end(method === 'HEAD' ? undefined : content);
    };
    if (fault === 'hang') return;
    if (typeof fault === 'object' && 'status' in fault && !fault.after) {
      return send({ status: fault.status, body: Buffer.from(fault.body ?? '') });
    }
    if (url.pathname === '/oidc/v1/token') {
      const login = `Basic ${Buffer.from(`${api.clientId}:${api.clientSecret}`).toString('base64')}`;
      if (request.headers.authorization !== login) return send({ status: 401 });
      return send({ status: 200, body: Buffer.from(JSON.stringify({ access_token: `access-token-${generation}` })) });
    }
    const tokens = [`Bearer ${api.token}`, `Bearer access-token-${generation}`];
    if (!tokens.includes(request.headers.authorization ?? '')) {
      return send(problem(401, 'UNAUTHENTICATED', `no such token: ${request.headers.authorization}`));
    }
    const answer = act(method, url, request.headers, body);
    if (fault === 'lost') return void request.socket.destroy();
    if (typeof fault === 'object' && 'lateMs' in fault)
      return void late.add(setTimeout(() => send(answer), fault.lateMs));
    if (typeof fault !== 'object' || !('cutAt' in fault)) return send(answer);
    response.writeHead(answer.status, { 'content-length': answer.body?.length ?? 0 });
    response.write(answer.body?.subarray(0, fault.cutAt) ?? '', () => request.socket.destroy());
  };

  const server = createServer({ cert, key }, (request, response) => void serve(request, response));
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const api: FilesApi = {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    caPem,
    token: 'dapi-canary-of-the-volume',
    clientId: 'lander-id',
    clientSecret: 'canary-of-the-lander',
    files: new Map(),
    folders: new Set(),
    requests: [],
    existsStatus: 409,
    expireTokens: () => {
      generation += 1;
    },
    once: (match, fault) => void queued.push({ match, fault }),
    close: async () => {
      for (const timer of late) clearTimeout(timer);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return api;
}

interface Answer {
  readonly status: number;
  readonly body?: Buffer;
}

function problem(status: number, error_code: string, message: string): Answer {
  return { status, body: Buffer.from(JSON.stringify({ error_code, message })) };
}
