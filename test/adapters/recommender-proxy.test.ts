// Proves, through a real proxy, by which way each client reaches the recommender, and what it says when the proxy lets
// nobody through.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { loadSettings } from '../../config/load.ts';
import { createRecommender, type Recommender, type RecommenderClient } from '../../src/adapters/recommender/client.ts';
import type { BtcFakeError } from '../../src/domain/errors.ts';
import type { EmployeeId } from '../../src/domain/ids.ts';
import { makeCertificate } from '../support/certificate.ts';
import { failureOf } from '../support/failure-of.ts';
import { fails, recommends, startFaultyRecommender } from '../support/faulty-recommender.ts';
import { type ForwardProxy, type ForwardProxyOptions, startForwardProxy } from '../support/forward-proxy.ts';

const HOST = 'recommender.example';
const LOGIN = { user: 'svc:btc', password: 'p@ss/w%rd' };
const EMPLOYEE = 88563 as EmployeeId;
/** One for all servers of this file: making it takes a second. */
const certificate = makeCertificate([HOST]);
const closers: (() => unknown)[] = [];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'btc-fake-proxy-'));
  await writeFile(join(folder, 'ca.pem'), certificate.caPem);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function proxy(options?: ForwardProxyOptions): Promise<ForwardProxy> {
  const started = await startForwardProxy(options);
  closers.push(() => started.close());
  return started;
}

describe.each<[RecommenderClient, 'https' | 'http']>([
  ['got', 'https'],
  ['got', 'http'],
  ['undici', 'https'],
  ['undici', 'http'],
])('by %s over %s:', (client, scheme) => {
  const variable = scheme === 'https' ? 'HTTPS_PROXY' : 'HTTP_PROXY';

  /** A recommender whose name only the proxy knows, and a client of it with these settings. */
  async function connect(proxyUrl: string, env: Record<string, string> = {}, answer = recommends(7)) {
    const tls = scheme === 'https' ? { tls: certificate } : {};
    const server = await startFaultyRecommender({ answer: () => answer, ...tls });
    closers.push(() => server.close());
    const { port } = new URL(server.url);
    const baseUrl = `${scheme}://${HOST}:${port}`;
    const { settings } = loadSettings({
      envFile: false,
      env: {
        API_BASE_URL: baseUrl,
        API_ENDPOINT: '/run',
        API_CLIENT: client,
        API_CA_FILE: join(folder, 'ca.pem'),
        API_KEY: 'the-key',
        [variable]: proxyUrl,
        ...env,
      },
    });
    const recommender: Recommender = createRecommender({ ...settings.recommender!, sockets: 2 });
    closers.push(() => recommender.close());
    const asked = scheme === 'https' ? `CONNECT ${HOST}:${port}` : `POST ${baseUrl}/run`;
    return { recommender, server, asked, baseUrl };
  }

  const refused = async (options: ForwardProxyOptions, proxyUrl?: string): Promise<[BtcFakeError, ForwardProxy]> => {
    const used = await proxy(options);
    const { recommender } = await connect(proxyUrl ?? used.url);
    return [await failureOf(() => recommender.recommend(EMPLOYEE)), used];
  };

  test('calls go through the proxy, which is told the login and resolves the name, and the recommender gets them', async () => {
    const used = await proxy({ login: LOGIN });
    const { recommender, server, asked } = await connect(used.url);
    expect(await recommender.recommend(EMPLOYEE)).toEqual([7]);
    expect(used.asked).toEqual([asked]);
    expect(used.logins).toEqual([`Basic ${Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64')}`]);
    expect(server.headers[0]).toMatchObject({
      host: asked.replace(/^.*?(recommender\.example:\d+).*$/, '$1'),
      authorization: `Basic ${Buffer.from('the-key:').toString('base64')}`,
    });
    expect(server.headers[0]).not.toHaveProperty('proxy-authorization');
  });

  test('what is sent over https is not seen by the proxy', async () => {
    const used = await proxy();
    const { recommender } = await connect(used.url);
    await recommender.recommend(EMPLOYEE);
    expect(JSON.stringify(used.headers).includes(Buffer.from('the-key:').toString('base64'))).toBe(scheme === 'http');
  });

  test('connections are kept: many calls take one each of those that may be open', async () => {
    const used = await proxy();
    const { recommender, server } = await connect(used.url);
    for (let n = 0; n < 10; n += 1) {
      await Promise.all([recommender.recommend(EMPLOYEE), recommender.recommend(EMPLOYEE)]);
    }
    expect(server.requests).toHaveLength(20);
    if (scheme === 'https') expect(used.asked.length).toBeLessThanOrEqual(2);
    else expect(used.connections).toBeLessThanOrEqual(2);
  });

  test('NO_PROXY keeps the proxy out', async () => {
    const used = await proxy();
    const { recommender } = await connect(used.url, { NO_PROXY: '.example' });
    // Nobody but the proxy knows the name.
    const error = await failureOf(() => recommender.recommend(EMPLOYEE));
    expect(error.message).toMatch(/the host name is not known \(ENOTFOUND\)|name server does not answer/);
    expect(used.asked).toEqual([]);
  });

  // Over http only 407 tells that it was the proxy.
  test.each(scheme === 'https' ? [407, 403] : [407])(
    'a proxy that answers %i is PROXY_REFUSED, which names it without its login',
    async (status) => {
      const [error, used] = await refused({ refuse: () => status }, undefined);
      expect(error).toMatchObject({
        code: 'PROXY_REFUSED',
        message: expect.stringContaining(`the proxy ${used.name} answered ${status}`),
        remedy: expect.stringContaining(status === 407 ? 'HTTPS_PROXY or HTTP_PROXY' : 'NO_PROXY'),
      });
      expect(error.message).toContain(`POST ${scheme}://${HOST}`);
    },
  );

  test('a wrong login is refused, and neither it nor the password is in the error', async () => {
    const used = await proxy({ login: LOGIN });
    const wrong = used.url.replace(/\/\/.*@/, '//somebody:canary-proxy@');
    const { recommender } = await connect(wrong);
    const error = await failureOf(() => recommender.recommend(EMPLOYEE));
    expect(error.message).toContain(`the proxy ${used.name} answered 407`);
    expect(JSON.stringify([error.message, error.remedy, error.lines])).not.toMatch(/canary-proxy|somebody/);
  });

  test('a proxy that answers 502 may pass, and the error names it', async () => {
    const [error, used] = await refused({ refuse: () => 502 });
    expect(error).toMatchObject({ code: 'RECOMMENDER_UNAVAILABLE', retryable: true });
    expect(error.message).toContain(`the proxy ${used.name}`);
    expect(error.message).toContain('502');
  });

  test('a proxy that is not there is named', async () => {
    const gone = await startForwardProxy();
    await gone.close();
    const [error] = await refused({}, gone.url);
    expect(error.code).toBe('RECOMMENDER_UNAVAILABLE');
    expect(error.message).toContain(`the proxy ${gone.name}`);
    expect(error.message).toContain('ECONNREFUSED');
  });

  test("the recommender's own refusal stays its own, and says by which way it came", async () => {
    const used = await proxy();
    const { recommender } = await connect(used.url, {}, fails(404));
    const error = await failureOf(() => recommender.recommend(EMPLOYEE));
    expect(error.code).toBe('RECOMMENDER_REJECTED');
    expect(error.message).toContain(`through the proxy ${used.name}: answered 404`);
  });
});

test('this machine is reached without a proxy, whatever is set', async () => {
  const server = await startFaultyRecommender({ answer: () => recommends(7) });
  closers.push(() => server.close());
  const used = await proxy();
  const { settings } = loadSettings({ envFile: false, env: { API_BASE_URL: server.url, http_proxy: used.url } });
  const recommender = createRecommender({ ...settings.recommender!, sockets: 1 });
  closers.push(() => recommender.close());
  expect(await recommender.recommend(EMPLOYEE)).toEqual([7]);
  expect(used.asked).toEqual([]);
});
