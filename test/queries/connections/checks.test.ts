// Proves what the check of Redis says of clocks and of a Redis that refuses. (The checks themselves:
// test/system/doctor.test.ts.)
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { WorkerRegistry } from '../../../src/adapters/shared-state/worker-registry.ts';
import { tryRedis } from '../../../src/queries/connections/checks.ts';
import { describeWorker } from '../../../src/workers/periodic/heartbeat.ts';
import { failureOf } from '../../support/failure-of.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';

let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

async function announce(skewMs: number): Promise<void> {
  const worker = describeWorker({ version: '1', queues: ['run-start'], concurrency: 0 }, 0);
  await new WorkerRegistry(fixture.redis).announce({ ...worker, host: 'alpha', pid: 7 }, () => Date.now() + skewMs);
}

test('clocks that agree with Redis’ are fine, and nothing is said of them', async () => {
  await announce(20_000);
  const outcome = await tryRedis(fixture.redis, 'here');
  expect(outcome).toEqual({ state: 'fine', detail: expect.stringMatching(/^\d+\.\d+\.\d+, noeviction, here$/) });
});

test('a clock that is off is wrong, this machine’s and a worker’s, and what to do is said', async () => {
  await announce(-90_000);
  const outcome = await tryRedis(fixture.redis, 'here', () => Date.now() + 45_000);
  expect(outcome).toEqual({
    state: 'wrong',
    detail: expect.stringMatching(
      /, here; the clock of this machine is 45 s ahead of Redis'; the clock of alpha, process 7 is 1 min 30 s behind Redis'$/,
    ),
    remedy: 'Let all machines keep the time (NTP): jobs that wait wake up by it.',
  });
});

test('a Redis that answers and takes no write is wrong, in its own words', async () => {
  await fixture.redis.config('SET', 'min-replicas-to-write', '1');
  const error = await failureOf(tryRedis(fixture.redis, 'here')).finally(() =>
    fixture.redis.config('SET', 'min-replicas-to-write', '0'),
  );
  expect(error.code).toBe('REDIS_REFUSES_WRITES');
  expect(error.message).toContain('NOREPLICAS');
  expect(error.remedy).toContain('min-replicas-to-write');
});
