// Proves that Bull Board calls a queue rate-limited while it pauses, and not in an ordinary run.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { throttleQueue } from '../../src/adapters/redis/queues.ts';
import { startWorkers } from '../../src/workers/runtime/runtime.ts';
import { recommends, startFaultyRecommender } from '../support/faulty-recommender.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { people } from '../support/run-state.ts';
import { type ServedDashboard, serveDashboard } from '../support/served-dashboard.ts';
import { waitUntil } from '../support/wait-until.ts';

let fixture: RunFixture;
let dashboard: ServedDashboard;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  fixture = await openRunFixture();
  dashboard = await serveDashboard(fixture);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(async () => {
  await dashboard?.close();
  await fixture?.close();
});

/** For how many milliseconds Bull Board says that each queue is rate-limited. */
async function limits(): Promise<Record<string, number>> {
  const response = await dashboard.ask('/queues/api/queues');
  const { queues } = (await response.json()) as { queues: { name: string; activeRateLimitTtl: number }[] };
  return Object.fromEntries(queues.map(({ name, activeRateLimitTtl }) => [name, activeRateLimitTtl]));
}

test('no queue is shown as rate-limited in an ordinary run; a throttled queue is, for as long as it is throttled', async () => {
  const employees = people(60);
  const recommender = await startFaultyRecommender({ answer: () => ({ ...recommends(910_001), delayMs: 40 }) });
  closers.push(() => recommender.close());
  const settings = fixture.settingsWith({ API_BASE_URL: recommender.url, EMPLOYEE_CONCURRENCY: '3' });
  const workers = startWorkers({ ...fixture, settings });
  closers.push(() => workers.stop(1_000));
  const { plan } = await fixture.createRun(employees);
  const seen = new Set<number>();
  await waitUntil(
    'the run has ended',
    async () => {
      for (const ttl of Object.values(await limits())) seen.add(ttl);
      return (await fixture.store.getRun(plan.id)).manifest !== undefined;
    },
    20_000,
  );
  expect([...seen]).toEqual([0]);

  await throttleQueue(fixture.queues, 'employee-simulation', 60_000);
  const { 'employee-simulation': throttled, ...others } = await limits();
  expect(throttled).toBeGreaterThan(50_000);
  expect(new Set(Object.values(others))).toEqual(new Set([0]));
}, 30_000);
