// Proves that the page tries everything for real, one round at a time and never without end, and shows what the
// recommender answers.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { boundedSettings, ConnectionRounds } from '../../../src/dashboard/settings/connection-round.ts';
import {
  type Answer,
  type FaultyRecommender,
  fails,
  recommends,
  startFaultyRecommender,
} from '../../support/faulty-recommender.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { CATALOG_FACTS, content, people } from '../../support/run-state.ts';
import { dashboardContext, type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';
import { waitUntil } from '../../support/wait-until.ts';

let fixture: RunFixture;
let recommender: FaultyRecommender;
let dashboard: ServedDashboard;
let answer: (id: number) => Answer;
let env: Record<string, string>;

beforeAll(async () => {
  fixture = await openRunFixture();
  recommender = await startFaultyRecommender({ answer: (id) => answer(id) });
  const employeesFile = join(fixture.folder, 'employees.csv');
  writeFileSync(employeesFile, 'employee_id,employee_edu_type\n104829,a\n104830,b\n');
  env = { API_BASE_URL: recommender.url, EMPLOYEES_FILE: employeesFile };
  dashboard = await serveDashboard(fixture, env);
});
afterAll(async () => {
  await dashboard?.close();
  await recommender?.close();
  await fixture?.close();
});
beforeEach(async () => {
  await fixture.reset();
  answer = () => recommends(900_001);
});

/** The fixture's Redis, which is asked about itself only when something has come true. */
const askedAfter = (before: () => Promise<unknown>): RunFixture['redis'] =>
  Object.assign(Object.create(fixture.redis), {
    pipeline: () => {
      const pipeline = fixture.redis.pipeline();
      const exec = pipeline.exec.bind(pipeline);
      return Object.assign(pipeline, { exec: () => before().then(() => exec()) });
    },
  });
const textOf = (page: string) => page.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
const show = async (on = dashboard) => textOf(await (await on.ask('/connections')).text());
const press = (on = dashboard) => on.ask('/connections', { method: 'POST' });

async function call(employee: string, on = dashboard) {
  const response = await on.ask('/connections/recommender', {
    method: 'POST',
    body: new URLSearchParams({ employee }),
  });
  const page = await response.text();
  return { status: response.status, page, text: textOf(page) };
}

describe('everything that is configured', () => {
  test('is tried when the button is pressed, and each says how it is', async () => {
    const fresh = await serveDashboard(fixture, env);
    try {
      expect(await show(fresh)).toContain('Nothing was checked yet.');
      const calls = recommender.requests.length;
      const { status, headers } = await press(fresh);
      expect([status, headers.get('location')]).toEqual([303, '/connections']);
      expect(recommender.requests.length).toBe(calls + 1);
      const text = await show(fresh);
      expect(text).toMatch(/Redis fine \d+\.\d+\.\d+, noeviction/);
      expect(text).toContain(`Recommender fine ${recommender.url}: 1 recommendation for employee 104829`);
      expect(text).toMatch(/Employees file fine \S+employees\.csv: 2 employees/);
      expect(text).toContain('Databricks not configured runs use new assignments only');
      expect(text).toMatch(/Checked \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC , in \d/);
    } finally {
      await fresh.close();
    }
  });

  test('what is wrong says what to do, without a secret', async () => {
    const canary = 'canary-33aa';
    const wrong = await serveDashboard(fixture, {
      ...env,
      API_BASE_URL: 'http://127.0.0.1:1',
      OUTPUT_DIR: join(env.EMPLOYEES_FILE!, canary),
      REDIS_URL: `redis://:${canary}@redis.example:6379`,
    });
    try {
      await press(wrong);
      const text = await show(wrong);
      expect(text).toMatch(/Recommender wrong .*nothing listens there.*Check API_BASE_URL/);
      expect(text).toMatch(/OUTPUT_DIR wrong .*cannot be written.*Correct OUTPUT_DIR/);
      expect(text).toContain('redis://redis.example:6379');
      expect(text).not.toContain(canary);
    } finally {
      await wrong.close();
    }
  });

  test('is tried once for all who press at the same time', async () => {
    let calls = 0;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const rounds = new ConnectionRounds({
      ...dashboardContext(fixture, env),
      redis: askedAfter(() => {
        calls += 1;
        return held;
      }),
    });
    const both = Promise.all([rounds.try(), rounds.try()]);
    expect(rounds.isRunning).toBe(true);
    await waitUntil('the round is under way', () => calls === 1);
    release();
    const [one, other] = await both;
    expect(one).toBe(other);
    expect([rounds.isRunning, rounds.last, calls]).toEqual([false, one, 2]);
    expect(await rounds.try()).not.toBe(one);
  });

  test('a server that does not answer in time is wrong, and the others are not kept waiting', async () => {
    answer = () => ({ kind: 'silence' });
    const rounds = new ConnectionRounds(
      { ...dashboardContext(fixture, env), redis: askedAfter(() => new Promise(() => {})) },
      300,
    );
    const { findings } = await rounds.try();
    const found = new Map(findings.map(({ what, ...finding }) => [what, finding]));
    expect(found.get('Redis')).toMatchObject({ state: 'wrong', detail: 'no answer within 300 ms' });
    expect(found.get('Recommender')).toMatchObject({ state: 'wrong' });
    expect(found.get('Employees file')).toMatchObject({ state: 'fine' });
    // It was told to give up, too: nothing of it continues behind the page's back.
    await waitUntil('the call has ended', () => recommender.sockets.open === 0);
  });
});

test('what would wait for minutes is bounded, and what is not configured stays so', () => {
  const server = { HOST: 'sftp.vendor.example', USER: 'u', PASSWORD: 'p', REMOTE_PATH: '/' };
  const rowOf = (side: string) =>
    Object.fromEntries(Object.entries(server).map(([name, value]) => [`${side}_${name}`, value]));
  const settings = fixture.settingsWith({
    ...rowOf('SFTP_INBOUND'),
    ...rowOf('SFTP_OUTBOUND'),
    DATABRICKS_HOST: 'warehouse.example',
    DATABRICKS_HTTP_PATH: '/sql/1',
    DATABRICKS_TOKEN: 't',
  });
  const bounded = boundedSettings(settings, 20_000);
  expect([bounded.databricks?.queryTimeoutMs, bounded.sftpInbound?.stallMs, bounded.sftpOutbound?.stallMs]).toEqual([
    20_000, 20_000, 20_000,
  ]);
  expect(bounded.recommender?.timeoutMs).toBe(5_000);
  expect(boundedSettings(fixture.settings, 1)).toEqual({
    ...fixture.settings,
    recommender: { ...fixture.settings.recommender, timeoutMs: 1 },
  });
});

describe('one call for one employee', () => {
  test('shows the status, the time and what is recommended, with titles when a run knows them', async () => {
    answer = () => recommends(910_001, 777);
    const bare = await call(' 104829 ');
    expect(bare.status).toBe(200);
    expect(bare.text).toMatch(/Employee 104829 Answer HTTP 200 Time \d+ m?s Recommended 2 contents/);
    expect(bare.text).toContain('910001 777 No run has read catalog files yet');
    const run = await fixture.createRun(people(1));
    const catalogs = { StandAloneContent: [content(910_001, { title: 'Care & <i>more</i>' })], CourseCatalog: [] };
    await fixture.store.putCatalogs(run.plan.id, catalogs, CATALOG_FACTS);
    const titled = await call('104829');
    expect(titled.page).toContain(
      '<li>910,001 Care &amp; &lt;i&gt;more&lt;/i&gt;</li><li>777 (in neither catalog file)</li>',
    );
    expect(titled.page).toContain(`href="/runs/${run.plan.id}"`);
    expect(recommender.requests.at(-1)?.body).toBe('{"data":{"ba_id":104829}}');
  });

  test.each([
    [
      'a refusal',
      fails(404, {}, '<b>no</b>'),
      /Answer HTTP 404 .*answered 404.* RECOMMENDER_REJECTED Check API_BASE_URL/,
    ],
    [
      'no recommendation',
      { kind: 'html' } as const,
      /Answer RECOMMENDER_BODY .*RECOMMENDER_BODY Check that API_BASE_URL/,
    ],
    ['a lost connection', { kind: 'reset' } as const, /Answer RECOMMENDER_UNAVAILABLE .*the connection was lost/],
  ])('shows %s as it is', async (_what, given, text) => {
    answer = () => given;
    const shown = await call('104829');
    expect(shown.status).toBe(200);
    expect(shown.text).toMatch(text);
    expect(shown.page).not.toContain('<b>no</b>');
  });

  test('calls nobody for what is no employee id', async () => {
    const before = recommender.requests.length;
    for (const wrong of ['Ann', '', '0', '1'.repeat(16)]) {
      const { status, text } = await call(wrong);
      expect([status, text]).toEqual([422, expect.stringContaining('is no employee id')]);
    }
    expect(recommender.requests.length).toBe(before);
  });

  test('without a recommender says which setting is missing', async () => {
    const none = await serveDashboard(fixture, { API_BASE_URL: '' });
    try {
      const { status, text } = await call('104829', none);
      expect([status, text]).toEqual([422, expect.stringContaining('API_BASE_URL: is not set')]);
    } finally {
      await none.close();
    }
  });
});
