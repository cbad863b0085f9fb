// Proves, against a real server, how each client says who calls, as it is configured, and that nobody else sees it.
import { afterEach, describe, expect, test } from '@jest/globals';
import { loadSettings } from '../../config/load.ts';
import { secretsOf } from '../../config/secrets.ts';
import { secretCutter } from '../../src/adapters/process/secret-cutter.ts';
import { createRecommender, type RecommenderClient } from '../../src/adapters/recommender/client.ts';
import type { EmployeeId } from '../../src/domain/ids.ts';
import { failureOf } from '../support/failure-of.ts';
import { fails, recommends, startFaultyRecommender } from '../support/faulty-recommender.ts';

const EMPLOYEE = 88563 as EmployeeId;
const KEY = 'key-5Zq81+Xw/';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe.each<RecommenderClient>(['got', 'undici'])('by %s:', (client) => {
  /** A recommender that needs what these settings say, which gets it or not, and the client that they make. */
  async function connect(env: Record<string, string>, needs: (header: (name: string) => unknown) => boolean) {
    const server = await startFaultyRecommender({
      answer: () => {
        const last = server.headers.at(-1)!;
        return needs((name) => last[name])
          ? recommends(7)
          : fails(401, {}, JSON.stringify({ error: `unknown: ${last.authorization}` }));
      },
    });
    closers.push(() => server.close());
    const { settings } = loadSettings({
      envFile: false,
      env: { API_BASE_URL: server.url, API_CLIENT: client, ...env },
    });
    const recommender = createRecommender({ ...settings.recommender!, sockets: 1 });
    closers.push(() => recommender.close());
    return { recommender, cutSecrets: secretCutter(secretsOf(settings)) };
  }

  test('API_KEY is the user name of HTTP Basic, with an empty password', async () => {
    const basic = `Basic ${Buffer.from(`${KEY}:`).toString('base64')}`;
    const { recommender } = await connect({ API_KEY: KEY }, (header) => header('authorization') === basic);
    expect(await recommender.recommend(EMPLOYEE)).toEqual([7]);
  });

  test.each([
    [`Authorization: Bearer ${KEY}`, 'authorization', `Bearer ${KEY}`],
    [`X-Api-Key:${KEY}`, 'x-api-key', KEY],
  ])('API_AUTH_HEADER %s is sent as it is', async (setting, name, value) => {
    const { recommender } = await connect({ API_AUTH_HEADER: setting }, (header) => header(name) === value);
    expect(await recommender.recommend(EMPLOYEE)).toEqual([7]);
  });

  test('none is sent when none is set', async () => {
    const { recommender } = await connect({}, (header) => header('authorization') === undefined);
    expect(await recommender.recommend(EMPLOYEE)).toEqual([7]);
  });

  test.each([{ API_KEY: KEY }, { API_AUTH_HEADER: `Authorization: Bearer ${KEY}` }])(
    'a refusal that repeats what was sent is RECOMMENDER_ACCESS, and logs and messages hide it (%j)',
    async (env) => {
      const { recommender, cutSecrets } = await connect(env, () => false);
      const error = await failureOf(() => recommender.recommend(EMPLOYEE));
      expect(error).toMatchObject({ code: 'RECOMMENDER_ACCESS', remedy: expect.stringContaining('API_KEY') });
      const shown = cutSecrets(error.message);
      expect(error.message.length).toBeGreaterThan(shown.length);
      expect(shown).not.toContain(KEY);
      expect(shown).not.toContain(Buffer.from(`${KEY}:`).toString('base64'));
    },
  );
});
