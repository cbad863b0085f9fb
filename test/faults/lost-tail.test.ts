// R7: Redis loses the last moments of its append-only file while workers work on, as when its machine loses power.
import { afterAll, beforeAll, beforeEach, describe, jest, test } from '@jest/globals';
import type { RunId } from '../../src/domain/ids.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { judge } from '../support/fault-oracle.ts';
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

let room: FaultFixture;
let latencyMs: number;
let workers: RunningBtcFake[];

beforeAll(async () => {
  room = await openFaultFixture({
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
  await Promise.all(room.processes.map((command) => command.kill()));
  await room.connection.flushall();
});
afterAll(() => room?.close());

/** Lets the minute pass, as often as needed, after which jobs are taken up again that nobody holds; nobody else helps the run. */
async function endsByItself(runId: RunId): Promise<void> {
  latencyMs = 0;
  for (let look = 1; look <= LOOKS; look += 1) {
    const isLast = look === LOOKS;
    const ended = await room.reaches(runId, 'finished', LOOK_MS).then(
      () => true,
      async (error: Error) => {
        if (isLast) throw new Error(`${error.message}: ${JSON.stringify(await room.status(runId))}`);
        return false;
      },
    );
    if (ended) break;
    await letLocksExpire(room.connection);
    // What nobody works on is looked for when a worker starts.
    workers.push(room.start(['worker']));
  }
  for (const worker of workers) worker.signal('SIGTERM');
  for (const worker of workers) await worker.ended;
  await judge(room, runId, { extraCalls: () => 6 });
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
      const runId = await room.begin();
      const begun = await room.redis.written();
      workers.push(room.start(['worker'], {}, 170_000));
      for (const [done, bytes] of cuts) {
        await room.done(runId, Math.floor(done));
        await room.redis.cutTail(bytes, begun);
      }
      await endsByItself(runId);
    },
  );

  test.each(STAGES)('and once at the beginning of %s: as if nothing had been', async (stage) => {
    const runId = await room.begin();
    const begun = await room.redis.written();
    workers.push(room.start(['worker'], {}, 170_000));
    await waitUntil(`the run is at ${stage}`, async () => (await room.status(runId)).stage === stage, 30_000);
    await room.redis.cutTail(200 * KB, begun);
    await endsByItself(runId);
  });
});
