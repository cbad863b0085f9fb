// R8: Redis answers and refuses, in the middle of a run. Workers say why, in its words, wait without burning an
// attempt, and continue.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { infoField } from '../../src/adapters/redis/suitability.ts';
import { type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { judge } from '../support/fault-oracle.ts';
import { type Answer, recommends } from '../support/faulty-recommender.ts';
import { letLocksExpire } from '../support/stalled-jobs.ts';

const EMPLOYEES = 120;
const LATENCY_MS = 15;

// They share the machine with all other tests.
jest.setTimeout(90_000);

let fixture: FaultFixture;
let latencyMs: number;

beforeAll(async () => {
  fixture = await openFaultFixture({
    employees: EMPLOYEES,
    misbehave: (id) =>
      latencyMs === 0
        ? undefined
        : ({ ...recommends(892_001 + (id % 2), 555, 1_915_003), delayMs: latencyMs } as Answer),
    env: { EMPLOYEE_CONCURRENCY: '5', SHUTDOWN_TIMEOUT: '3', JOB_ATTEMPTS: '1' },
  });
});
beforeEach(async () => {
  latencyMs = LATENCY_MS;
  await Promise.all(fixture.processes.map((command) => command.kill()));
  await fixture.connection.config('SET', 'min-replicas-to-write', '0');
  await fixture.connection.call('ACL', 'SETUSER', 'default', '+@all');
  await fixture.connection.flushall();
  await fixture.connection.config('RESETSTAT');
});
afterAll(() => fixture?.close());

test.each([
  [
    'has too few replicas',
    'NOREPLICAS',
    () => fixture.connection.config('SET', 'min-replicas-to-write', '1'),
    () => fixture.connection.config('SET', 'min-replicas-to-write', '0'),
    'takes no writes because it has too few replicas (NOREPLICAS Not enough good replicas to write)',
    'REDIS_REFUSES_WRITES',
  ],
  [
    'takes rights away',
    'NOPERM',
    () => fixture.connection.call('ACL', 'SETUSER', 'default', '-zadd', '-bzpopmin', '-hset', '-hsetnx'),
    () => fixture.connection.call('ACL', 'SETUSER', 'default', '+@all'),
    'does not let this user do what BTC Fake needs (NOPERM',
    'REDIS_REFUSED',
  ],
])('R8: a Redis that %s in a run is waited for, and nobody fails', async (_what, code, refuse, allow, words, ours) => {
  const runId = await fixture.begin();
  const worker = fixture.start(['worker']);
  await fixture.done(runId, EMPLOYEES / 4);
  await refuse();
  await worker.waitForStderr(words);
  const refused = async () =>
    Number(infoField(await fixture.connection.info('errorstats'), `errorstat_${code}`)?.slice(6) ?? 0);
  const before = await refused();
  await delay(2_000);
  // Every queue asks about once a second. A queue that does not pause is refused a thousand times.
  expect((await refused()) - before).toBeLessThan(150);
  const { stderr, code: exitCode } = await fixture.start(['run', '--detach']).ended;
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`(${ours})\n  `)]);
  await allow();
  latencyMs = 0;
  await fixture.reaches(runId, 'finished', 6_000).catch(async () => {
    // Active jobs are taken up when their locks are over; nobody waits for that minute.
    await letLocksExpire(fixture.connection);
    fixture.start(['worker']);
    await fixture.reaches(runId, 'finished', 30_000);
  });
  worker.signal('SIGTERM');
  expect((await worker.ended).code).toBe(0);
  expect(worker.stderr.split('\n').length).toBeLessThan(30);
  await judge(fixture, runId, { extraCalls: () => 1 });
});
