// Proves, with the built command and a real proxy, that doctor and a run reach the recommender, Databricks and the
// webhook through it as the environment says, and that its login is seen nowhere.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunReport } from '../../src/cli/run/report.ts';
import type { Finding } from '../../src/queries/connections/finding.ts';
import { makeCertificate } from '../support/certificate.ts';
import { type FaultyRecommender, recommends, startFaultyRecommender } from '../support/faulty-recommender.ts';
import { type ForwardProxy, startForwardProxy } from '../support/forward-proxy.ts';
import { startWarehouse, type Warehouse } from '../support/warehouse/warehouse.ts';
import { makeWorkspace, type Workspace } from '../support/workspace.ts';

const LOGIN = { user: 'svc', password: 'canary-proxy/6Ty2' };
const EMPLOYEES = 12;
const certificate = makeCertificate(['recommender.example', 'warehouse.example']);

let proxy: ForwardProxy;
let recommender: FaultyRecommender;
let warehouse: Warehouse;
let place: Workspace;
const portOf = (url: string) => new URL(url).port;

beforeAll(async () => {
  proxy = await startForwardProxy({ login: LOGIN });
  recommender = await startFaultyRecommender({ answer: () => recommends(892_001), tls: certificate });
  warehouse = await startWarehouse({ certificate });
  place = await makeWorkspace({
    employees: Array.from({ length: EMPLOYEES }, (_, i) => `${104_829 + i},a`),
    recommenderUrl: `https://recommender.example:${portOf(recommender.url)}`,
    warehouse,
    env: {
      DATABRICKS_HOST: `warehouse.example:${portOf(`https://${warehouse.host}`)}`,
      API_CA_FILE: warehouse.caFile,
      https_proxy: proxy.url,
      NO_PROXY: 'elsewhere.example',
    },
  });
});
afterAll(async () => {
  await place?.remove();
  await Promise.all([warehouse?.close(), recommender?.close(), proxy?.close()]);
});

async function doctor(env: Record<string, string> = {}) {
  const { code, json, stdout, stderr } = await place.run(['doctor', '--json'], env);
  expect(stdout + stderr).not.toMatch(/canary-proxy|svc:/);
  return { code, of: new Map(json<Finding[]>().map((finding) => [finding.what, finding])) };
}

test('doctor says what is reached through which proxy, and without a proxy nothing of them', async () => {
  const { of } = await doctor({ ALERT_WEBHOOK_URL: 'https://hooks.elsewhere.example/T1' });
  const through = expect.stringMatching(new RegExp(`, through the proxy ${proxy.name}$`));
  expect(of.get('Recommender')).toMatchObject({ state: 'fine', detail: through });
  expect(of.get('Databricks')).toMatchObject({ state: 'fine', detail: through });
  expect(of.get('Proxies')?.detail).toBe(
    `the recommender, Databricks through ${proxy.name}; the webhook without a proxy`,
  );
  expect((await doctor({ https_proxy: '' })).of.get('Proxies')).toBeUndefined();
});

test('doctor names a proxy that refuses the login, and never the login', async () => {
  const { of } = await doctor({ https_proxy: proxy.url.replace('svc', 'svc:other') });
  for (const what of ['Recommender', 'Databricks']) {
    expect(of.get(what)).toMatchObject({
      state: 'wrong',
      detail: expect.stringContaining(`the proxy ${proxy.name} answered 407`),
      remedy: expect.stringContaining('HTTPS_PROXY'),
    });
  }
});

test('a proxy that speaks TLS itself is trusted as NODE_EXTRA_CA_CERTS says', async () => {
  const secure = await startForwardProxy({ login: LOGIN, tls: certificate });
  try {
    const env = { https_proxy: secure.url };
    const { of } = await doctor(env);
    const untrusted = new RegExp(`the proxy ${secure.name} cannot be reached \\((SELF_SIGNED|UNABLE_TO)`);
    expect(of.get('Recommender')).toMatchObject({ state: 'wrong', detail: expect.stringMatching(untrusted) });
    for (const client of ['got', 'undici']) {
      const trusting = await doctor({ ...env, NODE_EXTRA_CA_CERTS: warehouse.caFile, API_CLIENT: client });
      expect(trusting.of.get('Recommender')).toMatchObject({ state: 'fine' });
      expect(trusting.of.get('Databricks')).toMatchObject({ state: 'fine' });
    }
  } finally {
    await secure.close();
  }
});

test('a run goes through it, on a few connections, and its login is in no file and no line', async () => {
  const before = proxy.asked.length;
  const run = await place.run(['run', '--json', '--as-of', '2025-10-28T11:00:00Z']);
  expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code: 0 });
  expect(recommender.requests.length).toBeGreaterThanOrEqual(EMPLOYEES);
  const asked = proxy.asked.slice(before);
  expect(asked).toContain(`CONNECT warehouse.example:${portOf(`https://${warehouse.host}`)}`);
  expect(asked.length).toBeLessThan(EMPLOYEES + 5);
  const manifest = await readFile(join(place.folder, run.json<RunReport>().manifest!), 'utf8');
  expect(run.stdout + run.stderr + manifest).not.toContain('canary-proxy');
});
