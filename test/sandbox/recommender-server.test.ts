// Proves that the sandbox's recommender speaks as the real one does, and always says the same.
import { afterEach, describe, expect, test } from '@jest/globals';
import { createRecommender } from '../../src/adapters/recommender/client.ts';
import type { ContentId, EmployeeId } from '../../src/domain/ids.ts';
import {
  type SandboxRecommender,
  type SandboxRecommenderOptions,
  startRecommender,
} from '../../src/sandbox/recommender-server.ts';
import { waitUntil } from '../support/wait-until.ts';

const CONTENT_IDS = [1915085, 892298, 1700001, 1700002, 1700003, 1700004, 1700005].map((id) => id as ContentId);
const PATH = '/public/api/v1/mltr/v3/run';
const started: SandboxRecommender[] = [];

async function start(options: Partial<SandboxRecommenderOptions> = {}): Promise<SandboxRecommender> {
  const server = await startRecommender({ contentIds: CONTENT_IDS, ...options });
  started.push(server);
  return server;
}

const post = (url: string, body: string) => fetch(url, { method: 'POST', body });

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

describe('the sandbox recommender', () => {
  test('answers in the shape of the real one', async () => {
    const { url } = await start({ contentIds: [1915085 as ContentId] });
    const bodies = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => (await post(`${url}${PATH}`, `{"data":{"ba_id":${n + 1}}}`)).json()),
    );
    const item = { recommended_content_id: 1915085, recommended_content: 'Sample training 1,915,085' };
    expect(bodies).toContainEqual({ response: { ml_recommendations: [] } });
    expect(bodies).toContainEqual({ response: { ml_recommendations: [item] } });
  });

  test('recommends 0 to 5 different contents of its own to each employee, every time and on every server the same', async () => {
    const servers = [await start(), await start({ contentIds: [...CONTENT_IDS.slice(2, 4), ...CONTENT_IDS] })];
    const answers = await Promise.all(
      servers.map(async ({ url }) => {
        const client = createRecommender({ baseUrl: url, endpoint: PATH, timeoutMs: 5_000, sockets: 4 });
        try {
          return await Promise.all(Array.from({ length: 200 }, (_, n) => client.recommend((n + 1) as EmployeeId)));
        } finally {
          client.close();
        }
      }),
    );
    expect(answers[1]).toEqual(answers[0]);
    expect(new Set(answers[0]!.map((ids) => ids.length))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    expect(new Set(answers[0]!.flat())).toEqual(new Set(CONTENT_IDS));
    for (const ids of answers[0]!) expect(new Set(ids).size).toBe(ids.length);
    expect(servers.map(({ calls }) => calls)).toEqual([200, 200]);
  });

  test('has nothing to recommend when it knows no content', async () => {
    const { url } = await start({ contentIds: [] });
    const answer = await post(`${url}${PATH}`, '{"data":{"ba_id":7}}');
    expect(await answer.json()).toEqual({ response: { ml_recommendations: [] } });
  });

  test('is also there under a base path', async () => {
    const { url } = await start();
    expect((await post(`${url}/prod${PATH}?trace=1`, '{"data":{"ba_id":7}}')).status).toBe(200);
  });

  test.each([
    '',
    'x',
    'null',
    '{}',
    '{"data":null}',
    '{"data":{}}',
    '{"data":{"ba_id":"7"}}',
    '{"data":{"ba_id":1.5}}',
  ])('answers 400 to the body %j and does not count it', async (body) => {
    const server = await start();
    expect((await post(`${server.url}${PATH}`, body)).status).toBe(400);
    expect(server.calls).toBe(0);
  });

  test('answers 404 elsewhere and to everything but POST', async () => {
    const server = await start();
    expect((await post(`${server.url}/public`, '{"data":{"ba_id":7}}')).status).toBe(404);
    expect((await fetch(`${server.url}${PATH}`)).status).toBe(404);
    expect(server.calls).toBe(0);
  });

  test('takes as long as it is told to', async () => {
    const { url } = await start({ latencyMs: 60 });
    const startedAt = performance.now();
    await (await post(`${url}${PATH}`, '{"data":{"ba_id":7}}')).text();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(58);
  });

  test('listens where it is told to, and says when it cannot', async () => {
    const first = await start();
    const port = Number(new URL(first.url).port);
    await expect(start({ port })).rejects.toMatchObject({ code: 'PORT_UNAVAILABLE' });
    await first.close();
    expect((await start({ port })).url).toBe(first.url);
  });

  test('closes at once while a call waits, and a second time without harm', async () => {
    const server = await start({ latencyMs: 60_000 });
    const call = post(`${server.url}${PATH}`, '{"data":{"ba_id":7}}').catch((error: unknown) => error);
    await waitUntil('the call has come', () => server.calls === 1);
    await server.close();
    await server.close();
    expect(await call).toBeInstanceOf(Error);
  });
});
