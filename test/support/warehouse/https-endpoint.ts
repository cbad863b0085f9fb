import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { TestCertificate } from '../certificate.ts';
import { service, thrift } from './driver-modules.ts';
import type { FaultEffect, FaultPlan, WarehouseCall } from './faults.ts';
import type { Power } from './power.ts';
import type { ThriftService } from './thrift-service.ts';

export interface EndpointOptions {
  readonly certificate: TestCertificate;
  readonly httpPath: string;
  readonly token: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly faults: FaultPlan;
  readonly service: ThriftService;
  readonly power: Power;
}

export interface HttpsEndpoint {
  readonly port: number;
  openConnections(): Promise<number>;
  /** Cuts all connections and stops listening. */
  close(): Promise<void>;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

const TOKEN_PATH = '/oidc/v1/token';
/** The call of the workspace's REST API that says who is logged in. */
const ME_PATH = '/api/2.0/preview/scim/v2/Me';

/** Serves the Thrift service and the OAuth token endpoint over HTTPS on a free port of `localhost`. */
export async function startHttpsEndpoint(options: EndpointOptions): Promise<HttpsEndpoint> {
  const timers = new Set<NodeJS.Timeout>();

  const answer = ({ request, response, body }: Exchange): void => {
    if (request.url === ME_PATH) {
      const isKnown = request.headers.authorization === `Bearer ${options.token}`;
      endWith(response, isKnown ? 200 : 401, isKnown ? { userName: 'robot@team.example' } : {});
      return;
    }
    const isToken = request.url === TOKEN_PATH;
    if (!isToken && request.url !== options.httpPath) {
      endWith(response, 404, {});
      return;
    }
    const refusal = isToken ? undefined : options.power.refusal();
    if (refusal) {
      for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
      endWith(response, 503, {});
      return;
    }
    const fault = options.faults.take(isToken ? 'Token' : calledMethod(body));
    const serve = (): void => {
      if (isToken) answerToken(options, { request, response, body });
      else answerThrift(options, { request, response, body }, fault);
    };
    if (fault?.kind === 'status') {
      if (fault.location !== undefined) response.setHeader('location', fault.location);
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter);
      endWith(response, fault.status, {});
    } else if (fault?.kind === 'page') response.writeHead(200, { 'content-type': 'text/html' }).end(fault.html);
    else if (fault?.kind === 'drop') request.socket.destroy();
    else if (fault?.kind === 'delay') timers.add(setTimeout(serve, fault.delayMs));
    else if (fault?.kind !== 'hang') serve();
  };

  const { certPem: cert, keyPem: key } = options.certificate;
  const server = createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer({ request, response, body: Buffer.concat(chunks) }));
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    openConnections: () => promisify(server.getConnections.bind(server))(),
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** OAuth machine-to-machine: the client's id and secret for the token. */
function answerToken(options: EndpointOptions, { request, response, body }: Exchange): void {
  const expected = `Basic ${Buffer.from(`${options.clientId}:${options.clientSecret}`).toString('base64')}`;
  const form = new URLSearchParams(body.toString());
  if (request.headers.authorization !== expected) {
    endWith(response, 401, { error: 'invalid_client' });
  } else if (form.get('grant_type') !== 'client_credentials' || form.get('scope') !== 'all-apis') {
    endWith(response, 400, { error: 'invalid_request' });
  } else {
    endWith(response, 200, { access_token: options.token, token_type: 'Bearer', expires_in: 3600 });
  }
}

function answerThrift(
  options: EndpointOptions,
  { request, response, body }: Exchange,
  fault: FaultEffect | undefined,
): void {
  if (request.headers.authorization !== `Bearer ${options.token}`) {
    endWith(response, 403, {});
    return;
  }
  const processor = new service.Processor(options.service.handlerWith(fault));
  const output = new thrift.TBufferedTransport(undefined, (bytes) => send(response, bytes, fault));
  const receive = thrift.TBufferedTransport.receiver((input) => {
    processor.process(new thrift.TBinaryProtocol(input), new thrift.TBinaryProtocol(output));
  }, 0);
  receive(body);
}

function endWith(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Sends an answer of the service, or as much of it as the fault lets through. */
function send(response: ServerResponse, answer: Buffer, fault: FaultEffect | undefined): void {
  const half = answer.subarray(0, Math.floor(answer.length / 2));
  const body = fault?.kind === 'truncate' ? half : answer;
  response.writeHead(200, { 'content-type': 'application/x-thrift', 'content-length': body.length });
  if (fault?.kind === 'cut') response.write(half, () => response.destroy());
  else response.end(body);
}

function calledMethod(body: Buffer): WarehouseCall {
  let name = '';
  const read = thrift.TBufferedTransport.receiver((transport) => {
    name = new thrift.TBinaryProtocol(transport).readMessageBegin().fname;
  }, 0);
  read(body);
  return name as WarehouseCall;
}
