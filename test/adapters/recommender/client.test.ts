// Proves, against real servers on real sockets, what one call to the recommender sends, brings back and throws, by each
// client.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createRecommender,
  type Recommender,
  type RecommenderClient,
  type RecommenderOptions,
} from '../../../src/adapters/recommender/client.ts';
import { BtcFakeError } from '../../../src/domain/errors.ts';
import type { EmployeeId } from '../../../src/domain/ids.ts';
import { isRetryable } from '../../../src/domain/recommender/retry-policy.ts';
import { makeCertificate, type TestCertificate } from '../../support/certificate.ts';
import {
  type Answer,
  type FaultyRecommender,
  type FaultyRecommenderOptions,
  fails,
  recommends,
  startFaultyRecommender,
} from '../../support/faulty-recommender.ts';
import { waitUntil } from '../../support/wait-until.ts';

const ENDPOINT = '/public/api/v1/mltr/v3/run';
const employee = (id: number) => id as EmployeeId;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(
  answer: Answer | FaultyRecommenderOptions['answer'],
  options: Partial<FaultyRecommenderOptions> = {},
): Promise<FaultyRecommender> {
  const script = typeof answer === 'function' ? answer : () => answer;
  const server = await startFaultyRecommender({ ...options, answer: script });
  closers.push(() => server.close());
  return server;
}

describe.each<RecommenderClient>(['got', 'undici'])('by %s:', (library) => {
  function connect(baseUrl: string, options: Partial<RecommenderOptions> = {}): Recommender {
    const client = createRecommender({
      baseUrl,
      endpoint: ENDPOINT,
      client: library,
      timeoutMs: 5_000,
      sockets: 4,
      ...options,
    });
    closers.push(() => client.close());
    return client;
  }

  async function failureOf(call: Promise<unknown>): Promise<BtcFakeError> {
    const outcome = await call.catch((error: unknown) => error);
    if (outcome instanceof BtcFakeError) return outcome;
    throw new Error('The call did not fail with a BtcFakeError', { cause: outcome });
  }

  /** What a call to a server that answers like this throws. */
  async function failureAfter(answer: Answer, options: Partial<RecommenderOptions> = {}): Promise<BtcFakeError> {
    const server = await serve(answer);
    const error = await failureOf(connect(server.url, options).recommend(employee(88563)));
    expect(server.calls.get(88563)).toBe(1);
    return error;
  }

  describe('a call', () => {
    test('posts the employee as a number and returns the contents in order', async () => {
      const server = await serve(recommends(1915085, '892,298', 1915085));
      expect(await connect(server.url).recommend(employee(88563))).toEqual([1915085, 892298]);
      expect(server.requests).toEqual([
        { path: ENDPOINT, body: '{"data":{"ba_id":88563}}', contentType: 'application/json' },
      ]);
    });

    test('joins a base that ends as the endpoint starts once', async () => {
      const server = await serve(recommends());
      await connect(`${server.url}/public`).recommend(employee(7));
      expect(server.requests[0]?.path).toBe(ENDPOINT);
    });

    test('takes an empty list for one', async () => {
      expect(await connect((await serve(recommends())).url).recommend(employee(7))).toEqual([]);
    });

    describe('that is answered compressed although it was asked not to be', () => {
      async function compressed(body: Buffer): Promise<Recommender> {
        const { createServer } = await import('node:http');
        const server = createServer((request, response) => {
          request.resume();
          response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        closers.push(() => server.close());
        const address = server.address();
        const port = typeof address === 'object' ? address?.port : undefined;
        return connect(`http://127.0.0.1:${port}`);
      }

      test('understands it', async () => {
        expect(await (await compressed(gzipSync('[5]'))).recommend(employee(7))).toEqual([5]);
      });

      test('takes no more of it than of any other', async () => {
        const client = await compressed(gzipSync(Buffer.alloc(20_000_000, ' ')));
        expect(await failureOf(client.recommend(employee(7)))).toMatchObject({
          code: 'RECOMMENDER_BODY',
          message: expect.stringContaining('the body is too large'),
        });
      });

      test('is RECOMMENDER_UNAVAILABLE when it is broken', async () => {
        const client = await compressed(gzipSync('[5]').subarray(0, 12));
        expect(await failureOf(client.recommend(employee(7)))).toMatchObject({ code: 'RECOMMENDER_UNAVAILABLE' });
      });
    });
  });

  describe('an answer with an error status', () => {
    test.each([
      [429, 'RECOMMENDER_THROTTLED'],
      ...[408, 500, 501, 502, 503, 504, 529].map((status) => [status, 'RECOMMENDER_UNAVAILABLE'] as const),
      ...[401, 403].map((status) => [status, 'RECOMMENDER_ACCESS'] as const),
      ...[300, 302, 304, 400, 404, 405, 409, 410, 418, 422].map((status) => [status, 'RECOMMENDER_REJECTED'] as const),
    ] as const)('%d is %s, and is not tried again by the client', async (status, code) => {
      const error = await failureAfter(fails(status, { 'retry-after': '7' }, status === 304 ? '' : '{"detail":"no"}'));
      expect(error).toMatchObject({ code, retryAfterMs: 7_000 });
      expect(error.message).toMatch(
        /^POST http:\/\/127\.0\.0\.1:\d+\/public\/api\/v1\/mltr\/v3\/run for employee 88563: answered \d{3}(: \{"detail":"no"\})?$/,
      );
      expect(error.message).toContain(`answered ${status}`);
      expect(error.remedy).toMatch(/^[A-Z].*\.$/);
      expect(isRetryable(error)).toBe(code !== 'RECOMMENDER_ACCESS' && code !== 'RECOMMENDER_REJECTED');
    });

    test('asks for no wait when it names none', async () => {
      expect((await failureAfter(fails(503))).retryAfterMs).toBeUndefined();
    });

    test('keeps a Retry-After that is a date', async () => {
      const header = new Date(Date.now() + 120_000).toUTCString();
      const { retryAfterMs } = await failureAfter(fails(429, { 'retry-after': header }));
      expect(retryAfterMs).toBeGreaterThan(100_000);
      expect(retryAfterMs).toBeLessThanOrEqual(120_000);
    });

    test.each<[string, Answer]>([
      ['breaks off', { kind: 'cut-body', status: 429, headers: { 'retry-after': '9' } }],
      ['never ends', { kind: 'drip', status: 429, headers: { 'retry-after': '9' }, everyMs: 20 }],
    ])('keeps its status and Retry-After when its body %s', async (_, answer) => {
      const error = await failureAfter(answer, { timeoutMs: 250 });
      expect(error).toMatchObject({ code: 'RECOMMENDER_THROTTLED', retryAfterMs: 9_000 });
    });

    test('shows the first 200 characters of the body on one line', async () => {
      const { message } = await failureAfter(fails(422, {}, `no\r\n\u001b[31m${'x'.repeat(300)}`));
      expect(message).toMatch(/answered 422: no\\r\\n\\u001b\[31mx{191}…$/);
    });

    test('is a redirection that is not followed, and whose query stays secret', async () => {
      const location = 'https://user:hunter2@login.example/start?token=hunter2';
      const { message } = await failureAfter(fails(302, { location }, ''));
      expect(message).toMatch(/answered 302 \(a redirection to https:\/\/login\.example\/start\)$/);
    });

    test('does not follow a redirection within the same server either', async () => {
      const server = await serve(fails(307, { location: '/elsewhere' }));
      await failureOf(connect(server.url).recommend(employee(7)));
      expect(server.requests).toHaveLength(1);
    });
  });

  describe('an answer that is no recommendation', () => {
    test.each<[string, Answer, RegExp]>([
      ['an HTML page', { kind: 'html' }, /it is not JSON: <!doctype html>\\n<title>Sign in<\/title>$/],
      ['JSON that stops in the middle', { kind: 'cut-json' }, /it is not JSON: \{"response":\{"ml_reco$/],
      ['nothing', { kind: 'reply', body: '' }, /it is empty$/],
      ['nothing with 204', { kind: 'reply', status: 204, body: '' }, /it is empty$/],
      ['another shape', { kind: 'reply', body: '{"error":"x"}' }, /no list of recommendations: \{"error":"x"\}$/],
    ])('is RECOMMENDER_BODY when it is %s, and will not pass', async (_, answer, message) => {
      const error = await failureAfter(answer);
      expect(error).toMatchObject({ code: 'RECOMMENDER_BODY', message: expect.stringMatching(message) });
      expect(isRetryable(error)).toBe(false);
    });

    test('is cut off when it is far too large', async () => {
      const server = await serve({ kind: 'huge' });
      const error = await failureOf(connect(server.url).recommend(employee(7)));
      expect(error).toMatchObject({
        code: 'RECOMMENDER_BODY',
        message: expect.stringMatching(/the body is too large: +…$/),
      });
      await waitUntil('the connection is closed', () => server.sockets.open === 0);
      expect(server.hugeBytesSent).toBeLessThan(20_000_000);
    });
  });

  describe('a call without a whole answer is RECOMMENDER_UNAVAILABLE', () => {
    test.each<[string, Answer, RegExp]>([
      [
        'the connection is reset after the call was executed',
        { kind: 'reset' },
        /the connection was lost \(ECONNRESET\)$/,
      ],
      ['the body breaks off', { kind: 'cut-body' }, /the connection was lost \(ECONNRESET\)$/],
    ])('when %s', async (_, answer, message) => {
      const error = await failureAfter(answer);
      expect(error).toMatchObject({ code: 'RECOMMENDER_UNAVAILABLE', message: expect.stringMatching(message) });
      expect(isRetryable(error)).toBe(true);
    });

    test.each<[string, Answer]>([
      ['nothing comes', { kind: 'silence' }],
      ['it comes a byte at a time', { kind: 'drip', everyMs: 20 }],
    ])('after the time limit when %s, and the connection is given up', async (_, answer) => {
      const server = await serve(answer);
      const startedAt = performance.now();
      const error = await failureOf(connect(server.url, { timeoutMs: 300 }).recommend(employee(7)));
      const tookMs = performance.now() - startedAt;
      expect(error.code).toBe('RECOMMENDER_UNAVAILABLE');
      expect(error.message).toMatch(/: no answer in time \(\w+, 300 ms\)$/);
      expect(tookMs).toBeGreaterThan(280);
      expect(tookMs).toBeLessThan(2_000);
      await waitUntil('the connection is closed', () => server.sockets.open === 0);
    });

    test('with the Retry-After of an answer that began well', async () => {
      const error = await failureAfter({ kind: 'cut-body', headers: { 'retry-after': '3' } });
      expect(error).toMatchObject({ code: 'RECOMMENDER_UNAVAILABLE', retryAfterMs: 3_000 });
    });

    test('when nothing listens', async () => {
      const server = await serve(recommends());
      await server.close();
      const error = await failureOf(connect(server.url).recommend(employee(7)));
      expect(error).toMatchObject({ code: 'RECOMMENDER_UNAVAILABLE' });
      expect(error.message).toMatch(/: nothing listens there \(ECONNREFUSED\)$/);
    });

    test('when the host name is not known', async () => {
      const error = await failureOf(connect('http://nobody.invalid').recommend(employee(7)));
      expect(error).toMatchObject({ code: 'RECOMMENDER_UNAVAILABLE' });
    });

    test('and the next call is well', async () => {
      const server = await serve((_, nthCall) => (nthCall === 1 ? { kind: 'reset' } : recommends(5)));
      const client = connect(server.url);
      await failureOf(client.recommend(employee(7)));
      expect(await client.recommend(employee(7))).toEqual([5]);
    });
  });

  describe('the connections', () => {
    test('are kept, and never more than allowed', async () => {
      const server = await serve((id) => recommends(id));
      const client = connect(server.url, { sockets: 3 });
      for (let round = 0; round < 20; round += 1) {
        const ids = Array.from({ length: 10 }, (_, n) => employee(1 + 10 * round + n));
        expect(await Promise.all(ids.map((id) => client.recommend(id)))).toEqual(ids.map((id) => [id]));
      }
      expect(server.sockets).toEqual({ opened: 3, open: 3, peak: 3 });
    });

    test('are given up before the time that the server announces for closing them', async () => {
      const announced: Answer = { kind: 'reply', headers: { connection: 'keep-alive', 'keep-alive': 'timeout=2' } };
      const server = await serve(announced, { keepAliveMs: 60_000 });
      await connect(server.url, { timeoutMs: 30_000 }).recommend(employee(7));
      await waitUntil('the client has closed the idle connection', () => server.sockets.open === 0, 4_000);
    });

    test('that the server closes while they are idle cost at most an attempt', async () => {
      const server = await serve(recommends(5), { keepAliveMs: 1 });
      const client = connect(server.url);
      for (let id = 1; id <= 100; id += 1) {
        const outcome = await client.recommend(employee(id)).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'RECOMMENDER_UNAVAILABLE' });
        else expect(outcome).toEqual([5]);
      }
    });

    test('are all closed by close, and a call under way fails with an error that may pass', async () => {
      const server = await serve({ kind: 'silence' });
      const client = connect(server.url);
      const call = failureOf(client.recommend(employee(7)));
      await waitUntil('the call has come', () => server.calls.size === 1);
      client.close();
      expect(await call).toMatchObject({
        code: 'RECOMMENDER_UNAVAILABLE',
        message: expect.stringContaining('the connection was lost'),
      });
      await waitUntil('the connection is closed', () => server.sockets.open === 0);
    });
  });

  describe('secrets', () => {
    test('in the base URL are sent, and never shown', async () => {
      const server = await serve(fails(401));
      const baseUrl = server.url.replace('http://', 'http://user:hunter2@');
      const error = await failureOf(connect(baseUrl, { endpoint: `${ENDPOINT}?key=hunter2` }).recommend(employee(7)));
      expect(error.code).toBe('RECOMMENDER_ACCESS');
      expect(server.requests[0]?.path).toBe(`${ENDPOINT}?key=hunter2`);
      expect(`${error.stack} ${error.remedy} ${JSON.stringify(error)}`).not.toContain('hunter2');
    });
  });

  describe('over HTTPS', () => {
    let certificate: TestCertificate;
    let folder: string;
    let caFile: string;

    beforeAll(async () => {
      certificate = makeCertificate();
      folder = await mkdtemp(join(tmpdir(), 'btc-fake-ca-'));
      caFile = join(folder, 'ca.pem');
      await writeFile(caFile, certificate.caPem);
    });

    afterAll(() => rm(folder, { recursive: true }));

    test('a private authority is trusted when it is named', async () => {
      const server = await serve(recommends(5), { tls: certificate });
      // undici leaves a connection idle for a turn of the event loop, and opens another meanwhile where it may.
      const client = connect(server.url, library === 'undici' ? { caFile, sockets: 1 } : { caFile });
      expect(await client.recommend(employee(7))).toEqual([5]);
      expect(await client.recommend(employee(8))).toEqual([5]);
      expect(server.sockets.opened).toBe(1);
    });

    test('and not when it is not: the remedy names the setting', async () => {
      const server = await serve(recommends(5), { tls: certificate });
      const error = await failureOf(connect(server.url).recommend(employee(7)));
      expect(error.code).toBe('RECOMMENDER_UNAVAILABLE');
      expect(error.message).toMatch(/: no trusted TLS connection \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)$/);
      expect(error.remedy).toContain('API_CA_FILE');
      expect(server.calls.size).toBe(0);
    });

    test('a trusted authority does not make any host name right', async () => {
      const server = await serve(recommends(5), { tls: certificate });
      // This address reaches the server too, and the certificate does not name it.
      const error = await failureOf(
        connect(server.url.replace('localhost', '0.0.0.0'), { caFile }).recommend(employee(7)),
      );
      expect(error).toMatchObject({ code: 'RECOMMENDER_UNAVAILABLE' });
      expect(error.message).toMatch(/: no trusted TLS connection \(ERR_TLS_CERT_ALTNAME_INVALID\)$/);
      expect(server.calls.size).toBe(0);
    });

    test('a server that speaks no TLS is named as that', async () => {
      const server = await serve(recommends(5));
      const error = await failureOf(connect(server.url.replace('http:', 'https:')).recommend(employee(7)));
      expect(error).toMatchObject({ code: 'RECOMMENDER_UNAVAILABLE', remedy: expect.stringContaining('API_CA_FILE') });
    });

    test('an authority file that is missing or none is a wrong setting', async () => {
      await writeFile(join(folder, 'not.pem'), 'hello');
      for (const [name, reason] of [
        ['missing.pem', 'ENOENT'],
        ['not.pem', 'not in PEM form'],
      ] as const) {
        const open = () => connect('https://api.example', { caFile: join(folder, name) });
        expect(open).toThrow(
          expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(`API_CA_FILE.*${reason}`) }),
        );
      }
    });
  });
});
