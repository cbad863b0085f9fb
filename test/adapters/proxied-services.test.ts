// Proves, through a real proxy, by which way Databricks, its token endpoint, the webhook and the collector of traces
// are reached, and what is said when the proxy lets nobody through.
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SpanKind, trace } from '@opentelemetry/api';
import { pino } from 'pino';
import type { DatabricksWarehouse } from '../../src/adapters/databricks/training-records.ts';
import { postWebhook } from '../../src/adapters/http/webhook.ts';
import { startTelemetry } from '../../src/adapters/process/telemetry.ts';
import { makeCertificate } from '../support/certificate.ts';
import { failureOf } from '../support/failure-of.ts';
import { type ForwardProxy, type ForwardProxyOptions, startForwardProxy } from '../support/forward-proxy.ts';
import { startTraceCollector } from '../support/trace-collector.ts';
import { expectFailure, readOutcome, settingsOf } from '../support/warehouse/read-outcome.ts';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';
import { startWebhook, WEBHOOK_SECRET } from '../support/webhook-server.ts';

const LOGIN = { user: 'svc', password: 'canary-proxy-1Lp7' };
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function proxy(options: ForwardProxyOptions = { login: LOGIN }): Promise<ForwardProxy> {
  const started = await startForwardProxy(options);
  closers.push(() => started.close());
  return started;
}

async function proxyThatIsGone(): Promise<ForwardProxy> {
  const started = await startForwardProxy({ login: LOGIN });
  await started.close();
  return started;
}

/** The same port under a name that only the proxy knows. */
const named = (url: string, name: string) => url.replace(/\/\/[^/:]+/, `//${name}`);

describe('Databricks', () => {
  const HOST = 'warehouse.example';
  let warehouse: Warehouse;
  let host: string;
  beforeAll(async () => {
    warehouse = await startWarehouse({ certificate: makeCertificate([HOST]) });
    host = `${HOST}:${warehouse.host.split(':')[1]}`;
  });
  beforeEach(() => warehouse.faults.clear());
  afterAll(() => warehouse?.close());

  const withToken = () => settingsOf(warehouse);
  const asPrincipal = () => {
    const { token: _token, ...others } = settingsOf(warehouse);
    return { ...others, clientId: warehouse.clientId, clientSecret: warehouse.clientSecret };
  };
  const read = (login: DatabricksWarehouse, { url }: ForwardProxy) =>
    readOutcome({ ...login, host, proxyUrl: url }, [LOGIN.password, warehouse.token, warehouse.clientSecret]);

  test.each([
    ['a token', withToken],
    ['a service principal, whose token is asked for the same way', asPrincipal],
  ])(
    'is read through the proxy with %s, on connections that are kept, under a private authority',
    async (_who, login) => {
      const used = await proxy();
      expect((await read(login(), used)).error).toBeUndefined();
      expect(new Set(used.asked)).toEqual(new Set([`CONNECT ${host}`]));
      expect(used.asked.length).toBeLessThanOrEqual(2);
      expect(JSON.stringify(used.headers)).not.toContain(warehouse.token);
    },
  );

  test('is not trusted through a proxy any more than without one', async () => {
    const { caFile: _, ...untrusting } = withToken();
    expectFailure(await read(untrusting, await proxy()), 'DATABRICKS_UNREACHABLE', /certificate is not trusted/);
  });

  test.each([
    ['a token', withToken, 'opening a session'],
    ['a service principal', asPrincipal, 'opening a session|asking for an access token'],
  ])('behind a proxy that answers 407 is PROXY_REFUSED with %s', async (_who, login, doing) => {
    const used = await proxy({ refuse: () => 407 });
    const message = `^Databricks at ${host} could not be reached while (${doing}): the proxy ${used.name} answered 407`;
    expect(expectFailure(await read(login(), used), 'PROXY_REFUSED', message).retryable).toBe(false);
    expect(used.asked.length).toBeLessThanOrEqual(2);
  });

  test.each([
    ['answers 502', () => proxy({ refuse: () => 502 }), 'answered 502'],
    ['is not there', proxyThatIsGone, 'cannot be reached \\(ECONNREFUSED\\)'],
  ])('behind a proxy that %s may pass, and the error names the proxy', async (_what, begin, what) => {
    const used = await begin();
    expectFailure(await read(withToken(), used), 'DATABRICKS_UNREACHABLE', `the proxy ${used.name} ${what}`);
  });
});

describe('the webhook', () => {
  const QUICK = { timeoutMs: 2_000, delaysMs: [1, 1] };

  test('over http is sent to the proxy whole', async () => {
    const used = await proxy();
    const { url, messages, close } = await startWebhook();
    closers.push(close);
    await postWebhook(named(url, 'hooks.example'), { text: 'hello' }, { ...QUICK, proxyUrl: used.url });
    expect(messages).toEqual([{ text: 'hello' }]);
    expect(used.asked).toEqual([`POST ${named(url, 'hooks.example')}`]);
  });

  test('over https is sent through a tunnel: the proxy does not see its address, and trust is not given away', async () => {
    const { certPem: cert, keyPem: key } = makeCertificate(['hooks.example']);
    const server = createServer({ cert, key }, (_request, response) => response.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const used = await proxy();
    const url = `https://hooks.example:${port}/${WEBHOOK_SECRET}`;
    const error = await failureOf(() => postWebhook(url, { text: 'hello' }, { ...QUICK, proxyUrl: used.url }));
    expect(error.message).toMatch(/^The webhook could not be called \((SELF_SIGNED_CERT|UNABLE_TO_VERIFY)/);
    expect(new Set(used.asked)).toEqual(new Set([`CONNECT hooks.example:${port}`]));
  });

  test.each(['http', 'https'])(
    'over %s is not tried again at a proxy that refuses the login, which is named',
    async (scheme) => {
      const used = await proxy({ refuse: () => 407 });
      const url = `${scheme}://hooks.example/${WEBHOOK_SECRET}`;
      const error = await failureOf(() => postWebhook(url, {}, { ...QUICK, proxyUrl: used.url }));
      expect(error).toMatchObject({
        code: 'WEBHOOK_FAILED',
        message: `The webhook was not reached: the proxy ${used.name} answered 407`,
      });
      expect(used.asked).toHaveLength(1);
    },
  );

  test('is tried again when the proxy is away, and the error holds neither the address nor the login', async () => {
    const gone = await proxyThatIsGone();
    const url = `https://hooks.example/${WEBHOOK_SECRET}`;
    const error = await failureOf(() => postWebhook(url, {}, { ...QUICK, proxyUrl: gone.url }));
    expect(error.message).toBe(`The webhook was not reached: the proxy ${gone.name} cannot be reached (ECONNREFUSED)`);
    expect(JSON.stringify([error.message, error.remedy])).not.toContain('hooks.example');
  });
});

describe('traces', () => {
  /** Sends one span. @returns the log. */
  async function send(endpoint: string, proxyUrl: string): Promise<string[]> {
    const log: string[] = [];
    const logger = pino({ base: null }, { write: (line: string) => log.push(line) });
    const telemetry = startTelemetry({ endpoint, proxyUrl, version: '1.2.3', logger });
    trace.getTracer('test').startSpan('work', { kind: SpanKind.PRODUCER }).end();
    await telemetry.stop();
    return log;
  }

  test('reach a collector through the proxy', async () => {
    const collector = await startTraceCollector(200);
    closers.push(() => collector.close());
    const used = await proxy();
    const endpoint = named(collector.url, 'collector.example');
    expect(await send(endpoint, used.url)).toEqual([]);
    expect(collector.spans.map(({ name }) => name)).toEqual(['work']);
    expect(used.asked).toEqual([`POST ${endpoint}/v1/traces`]);
  });

  test('that a proxy refuses are one line of the log, which names it', async () => {
    const used = await proxy({ refuse: () => 403 });
    const log = await send('https://collector.example', used.url);
    expect(log).toHaveLength(1);
    expect(log[0]).toContain(`the proxy ${used.name} answered 403`);
  });
});
