// R7: Redis loses the last moments of its append-only file while workers work on, as when its machine loses power.
import { afterAll, beforeAll, beforeEach, describe, jest, test } from '@jest/globals';
import type { RunId } from '../../src/domain/ids.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { judge, leftovers } from '../support/fault-oracle.ts';
import { type Answer, recommends } from '../support/faulty-recommender.ts';
import { FULL_SIZE } from '../support/full-size.ts';
import { letLocksExpire } from '../support/stalled-jobs.ts';
import { waitUntil } from '../support/wait-until.ts';

const EMPLOYEES = FULL_SIZE ? 600 : 150;
const LATENCY_MS = 15;
const KB = 1_000;
const LOOKS = 8;
const LOOK_MS = 5_000;

// They share the machine with all other tests.
jest.setTimeout(180_000);

let fixture: FaultFixture;
let latencyMs: number;
let workers: RunningBtcFake[];

beforeAll(async () => {
  fixture = await openFaultFixture({
    employees: EMPLOYEES,
    misbehave: (id) =>
      latencyMs === 0
        ? undefined
        : ({ ...recommends(892_001 + (id % 2), 555, 1_915_003), delayMs: latencyMs } as Answer),
    env: { EMPLOYEE_CONCURRENCY: '5', SHUTDOWN_TIMEOUT: '3' },
    redis: { appendfsync: 'everysec' },
  });
});
beforeEach(async () => {
  latencyMs = LATENCY_MS;
  workers = [];
  await Promise.all(fixture.processes.map((command) => command.kill()));
  await fixture.connection.flushall();
});
afterAll(() => fixture?.close());

/**
 * Lets the minute pass, as often as needed, after which jobs are taken up again that nobody holds; nobody else helps
 * the run.
 */
async function endsByItself(runId: RunId): Promise<void> {
  latencyMs = 0;
  for (let look = 1; look <= LOOKS; look += 1) {
    const isLast = look === LOOKS;
    const ended = await fixture.reaches(runId, 'finished', LOOK_MS).then(
      // A job whose lock was lost with the tail is done again, which the workers must be there for.
      () => becomesEmpty(isLast),
      async (error: Error) => {
        if (isLast) throw new Error(`${error.message}: ${JSON.stringify(await fixture.status(runId))}`);
        return false;
      },
    );
    if (ended) break;
    await letLocksExpire(fixture.connection);
    // What nobody works on is looked for when a worker starts.
    workers.push(fixture.start(['worker']));
  }
  for (const worker of workers) worker.signal('SIGTERM');
  for (const worker of workers) await worker.ended;
  await judge(fixture, runId, { extraCalls: () => 6 });
}

/** Whether nothing is left on the queues within a look. @throws when it is the last look. */
function becomesEmpty(isLast: boolean): Promise<boolean> {
  const isEmpty = async () => (await leftovers(fixture)).length === 0;
  return waitUntil('nothing is left on the queues', isEmpty, LOOK_MS).then(
    () => true,
    (error: Error) => {
      if (isLast) throw error;
      return false;
    },
  );
}

/** How much of the tail is lost, and when: after so many employees are done. */
type Cuts = readonly (readonly [done: number, bytes: number])[];

const CASES: readonly [string, Cuts][] = [
  [
    '5, 60 and 200 kB',
    [
      [EMPLOYEES * 0.1, 5 * KB],
      [EMPLOYEES * 0.4, 60 * KB],
      [EMPLOYEES * 0.7, 200 * KB],
    ],
  ],
  ...(FULL_SIZE
    ? ([5, 60, 200].map((kB) => [
        `${kB} kB each time`,
        [0.2, 0.5, 0.9].map((share) => [EMPLOYEES * share, kB * KB] as const),
      ]) as [string, Cuts][])
    : []),
];

const STAGES = FULL_SIZE
  ? (['catalog-download', 'assignment', 'employee-simulation'] as const)
  : (['assignment'] as const);

describe('R7: the tail of the append-only file is cut off', () => {
  test.each(CASES)(
    'three times in a run, %s: the run completes by itself, with the bytes of the undisturbed one',
    async (_what, cuts) => {
      const runId = await fixture.begin();
      const begun = await fixture.redis.written();
      workers.push(fixture.start(['worker'], {}, 170_000));
      for (const [done, bytes] of cuts) {
        await fixture.done(runId, Math.floor(done));
        await fixture.redis.cutTail(bytes, begun);
      }
      await endsByItself(runId);
    },
  );

  test.each(STAGES)('and once at the beginning of %s: as if nothing had been', async (stage) => {
    const runId = await fixture.begin();
    const begun = await fixture.redis.written();
    workers.push(fixture.start(['worker'], {}, 170_000));
    await waitUntil(`the run is at ${stage}`, async () => (await fixture.status(runId)).stage === stage, 30_000);
    await fixture.redis.cutTail(200 * KB, begun);
    await endsByItself(runId);
  });
});
