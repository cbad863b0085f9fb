import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { explainEmployee } from '../../../src/queries/explain-employee.ts';
import { configuredSources } from '../../../src/queries/own-sources.ts';
import { startWorkers, type Workers } from '../../../src/workers/runtime/runtime.ts';
import { type FaultyRecommender, recommends, startFaultyRecommender } from '../../support/faulty-recommender.ts';
import { fannedOutRun } from '../../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';
import { waitUntil } from '../../support/wait-until.ts';

// What is proved: what a worker does with the jobs of runs that it does not serve.

const ELSEWHERE = { API_BASE_URL: 'http://elsewhere.example' };

let fixture: RunFixture;
let recommender: FaultyRecommender;
let workers: Workers | undefined;
beforeAll(async () => {
  [fixture, recommender] = await Promise.all([
    openRunFixture(),
    startFaultyRecommender({ answer: () => recommends(910_001) }),
  ]);
});
beforeEach(() => fixture.reset());
afterEach(async () => {
  await workers?.stop(2_000);
  workers = undefined;
});
afterAll(async () => {
  await recommender?.close();
  await fixture?.close();
});

/** A run whose employees are on the queue, from sources of these settings. */
const simulatedRun = (count: number, env: Record<string, string>) =>
  fannedOutRun(
    {
      ...fixture,
      createRunWithFlow: (employees) =>
        fixture.createRunWithFlow(employees, { sources: configuredSources(fixture.settingsWith(env)) }),
    },
    people(count),
  );

function work(): void {
  const settings = fixture.settingsWith({ API_BASE_URL: recommender.url });
  workers = startWorkers({ ...fixture, settings, only: ['employee-simulation'], concurrency: 4 });
}

const queue = () => fixture.queues.byName['employee-simulation'];
const results = ({ plan }: RunRecord) => fixture.store.countResults(plan.id);

test('they are put off for 5 seconds as if nobody had taken them, and that is logged once', async () => {
  const run = await simulatedRun(3, ELSEWHERE);
  const before = Date.now();
  work();
  await waitUntil('all are put off', async () => (await queue().getDelayedCount()) === 3);
  const jobs = await queue().getDelayed();
  expect(jobs.map(({ attemptsMade, failedReason }) => [attemptsMade, failedReason])).toEqual(
    jobs.map(() => [0, undefined]),
  );
  for (const { delay, timestamp } of jobs) {
    expect(delay).toBeGreaterThan(4_500);
    expect(delay).toBeLessThanOrEqual(5_000);
    expect(timestamp).toBeLessThanOrEqual(before);
  }
  const [first] = people(1);
  const { progress, reason } = await explainEmployee(fixture.store, fixture.queues, run.plan.id, first!.id);
  expect([progress, reason]).toEqual(['waiting', null]);
  expect(fixture.log.filter(({ level }) => level >= 40)).toMatchObject([
    {
      runId: run.plan.id,
      queue: 'employee-simulation',
      msg:
        `The jobs of run ${run.plan.id} are left to other workers: ` +
        'the run has recommender http://elsewhere.example/public/api/v1/mltr/v3/run; ' +
        `this process has recommender ${recommender.url}/public/api/v1/mltr/v3/run`,
    },
  ]);
});

test('they do not keep a worker from its own run, which stands behind them', async () => {
  const foreign = await simulatedRun(200, ELSEWHERE);
  const own = await simulatedRun(20, { API_BASE_URL: recommender.url });
  work();
  await waitUntil('its own run is done', async () => (await results(own)) === 20, 5_000);
  expect(await results(foreign)).toBe(0);
  expect(recommender.calls.size).toBe(20);
});
