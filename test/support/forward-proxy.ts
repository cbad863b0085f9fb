import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ForwardProxyOptions {
  /** With it, clients speak TLS to the proxy itself, as `localhost`. */
  readonly tls?: { readonly certPem: string; readonly keyPem: string };
  /** What a client has to say; nothing unless given. */
  readonly login?: { readonly user: string; readonly password: string };
  /**
   * The status of the answer to what is asked of it (`CONNECT host:443`, `POST http://host/path`), in place of doing
   * it.
   */
  readonly refuse?: (asked: string) => number | undefined;
}

/**
 * An HTTP proxy on loopback. It passes on what it is asked to, and knows no names: every server is one of this
 * machine's, on the port that was asked for.
 */
export interface ForwardProxy {
  readonly url: string;
  /** The same without the login. */
  readonly name: string;
  /** What it was asked, in order: `CONNECT host:443`, `POST http://host/path`. */
  readonly asked: readonly string[];
  /** The values of `Proxy-Authorization`, one for each thing that it was asked. */
  readonly logins: readonly (string | undefined)[];
  /** The headers of what it was asked, which it could see. */
  readonly headers: readonly IncomingMessage['headers'][];
  /** Connections that clients have opened to it. */
  readonly connections: number;
  close(): Promise<void>;
}

/** Starts a proxy. Close it when the test is done, also when the test failed. */
export async function startForwardProxy({ login, refuse, tls }: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const asked: string[] = [];
  const logins: (string | undefined)[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const sockets = new Set<Duplex>();
  const wanted = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;

  /** The status with which it refuses, or undefined. */
  function refusal(what: string, { headers: given }: IncomingMessage): number | undefined {
    asked.push(what);
    headers.push(given);
    logins.push(given['proxy-authorization']);
    return wanted !== undefined && given['proxy-authorization'] !== wanted ? 407 : refuse?.(what);
  }

  const onRequest: RequestListener = (request: IncomingMessage, response: ServerResponse) => {
    const target = URL.canParse(request.url ?? '') ? new URL(request.url!) : undefined;
    const status = target === undefined ? 400 : refusal(`${request.method} ${request.url}`, request);
    if (status !== undefined) {
      response.writeHead(status, { 'content-type': 'text/html' }).end(`<h1>${status} by the proxy</h1>`);
      return;
    }
    const { 'proxy-authorization': _, ...passedOn } = request.headers;
    const onward = httpRequest(
      { host: '127.0.0.1', port: target!.port, method: request.method, path: target!.pathname, headers: passedOn },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  };
  const server = tls ? createTlsServer({ cert: tls.certPem, key: tls.keyPem }, onRequest) : createServer(onRequest);
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    keep(client);
    const status = refusal(`CONNECT ${request.url}`, request);
    if (status !== undefined) {
      client.end(`HTTP/1.1 ${status} No\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nno`);
      return;
    }
    const onward = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(client).pipe(onward);
    });
    keep(onward);
    onward.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    client.on('close', () => onward.destroy());
    onward.on('close', () => client.destroy());
  });
  function keep(socket: Duplex): void {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  }
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    keep(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const place = tls ? `localhost:${port}` : `127.0.0.1:${port}`;
  const scheme = tls ? 'https' : 'http';
  const name = `${scheme}://${place}`;
  const userInfo = login ? `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@` : '';
  return {
    url: `${scheme}://${userInfo}${place}`,
    name,
    asked,
    logins,
    headers,
    get connections() {
      return connections;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
