import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A span as it came over the wire. */
export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The name and version of the service that it came from. */
  readonly service: string;
}

/** An OpenTelemetry collector on loopback. */
export interface TraceCollector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** How often anything was sent to it. */
  readonly requests: number;
  /** Everything that was sent, as it came. */
  readonly bodies: string;
  close(): Promise<void>;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface Batch {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'attributes' | 'service'> & {
        readonly attributes?: readonly Attribute[];
      })[];
    }[];
  }[];
}

/** Starts a collector that answers with `status`, or never. Close it when the test is done. */
export async function startTraceCollector(status: number | 'never' = 200): Promise<TraceCollector> {
  const spans: CollectedSpan[] = [];
  let requests = 0;
  let bodies = '';
  const server = createServer(async (request, response) => {
    requests += 1;
    const body = await text(request);
    bodies += body;
    if (status === 'never') return;
    if (status === 200 && request.url === '/v1/traces') spans.push(...spansOf(JSON.parse(body) as Batch));
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    get requests() {
      return requests;
    },
    get bodies() {
      return bodies;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function spansOf({ resourceSpans }: Batch): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const { 'service.name': name, 'service.version': version } = valuesOf(resource.attributes);
    return scopeSpans
      .flatMap((scope) => scope.spans)
      .map(({ attributes = [], ...span }) => ({
        ...span,
        attributes: valuesOf(attributes),
        service: `${name} ${version}`,
      }));
  });
}

function valuesOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
