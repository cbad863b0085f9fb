// Proves that the failed jobs of runs that Redis has forgotten are removed with all that waits for them, a part at a
// time, and that nothing else is.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { QueueName } from '../../../src/adapters/redis/queues.ts';
import type { RunId } from '../../../src/domain/ids.ts';
import { slotRunId } from '../../../src/domain/schedule/slot.ts';
import { enqueueRunStart } from '../../../src/producers/create-run.ts';
import { TICK } from '../../../src/producers/weekly-schedule.ts';
import { expiredJobsTask } from '../../../src/workers/periodic/expired-jobs.ts';
import type { PeriodicTask } from '../../../src/workers/periodic/periodic-task.ts';
import { startWorkers, type Workers } from '../../../src/workers/runtime/runtime.ts';
import { fannedOutRun, takeJobs } from '../../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';
import { waitUntil } from '../../support/wait-until.ts';

const DAY_MS = 86_400_000;
let fixture: RunFixture;
let workers: Workers | undefined;
beforeAll(async () => {
  fixture = await openRunFixture({ RUN_RETENTION_DAYS: '14' });
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());
afterEach(async () => {
  await workers?.stop(1_000);
  workers = undefined;
});

const dutyAt = (afterMs = 0): PeriodicTask => expiredJobsTask({ ...fixture, now: () => Date.now() + afterMs });
/** As when the retention time has passed. */
const forget = (runId: RunId) => fixture.store.discardRun(runId);
const fail = (queue: QueueName, count: number) => takeJobs(fixture, queue, count, () => 'no');
const jobIds = async (queue: QueueName) => (await fixture.queues.byName[queue].getJobs()).map((job) => job.id);
const failed = (queue: QueueName) => fixture.queues.byName[queue].getFailedCount();

test('of two runs with failed employees only the forgotten one loses them, and its assembly with them', async () => {
  const [gone, here] = [await fannedOutRun(fixture, people(3)), await fannedOutRun(fixture, people(4))];
  await fail('employee-simulation', 7);
  await dutyAt().run();
  expect(await failed('employee-simulation')).toBe(7);
  await forget(gone.plan.id);
  await dutyAt().run();
  expect(await failed('employee-simulation')).toBe(4);
  expect((await jobIds('employee-simulation')).every((id) => id?.startsWith(`${here.plan.id}-`))).toBe(true);
  expect(await jobIds('file-assembly')).toEqual([here.plan.id]);
  expect(await (await fixture.job('file-assembly', here.plan.id)).getState()).toBe('waiting-children');
  expect(fixture.log.filter(({ msg }) => msg.startsWith('Removed'))).toMatchObject([
    { level: 30, msg: 'Removed 3 failed jobs of runs that have expired' },
  ]);
});

test.each<QueueName>(['catalog-download', 'assignment', 'file-assembly', 'publish'])(
  'nothing begins when the failed %s of a forgotten run goes, and no job of it is left',
  async (stage) => {
    const { plan } = await fixture.createRunWithFlow(people(1), { publish: true });
    for (const before of ['catalog-download', 'assignment', 'file-assembly', 'publish'] as const) {
      if (before === stage) break;
      await takeJobs(fixture, before, 1);
    }
    await fail(stage, 1);
    await fixture.queues.byName['run-start'].remove(plan.id);
    await forget(plan.id);
    // A job that is released shows in the log.
    workers = startWorkers({ ...fixture, only: ['assignment', 'file-assembly'] });
    await dutyAt().run();
    for (const queue of ['catalog-download', 'assignment', 'file-assembly', 'publish'] as const) {
      const left = await fixture.queues.byName[queue].getJobs(['failed', 'waiting', 'waiting-children', 'active']);
      expect(left).toEqual([]);
    }
    expect(fixture.log.filter(({ level }) => level >= 40)).toEqual([]);
  },
);

test('an assembly that began all the same, for a run that is gone, fails, and is removed the next time', async () => {
  const { plan } = await fannedOutRun(fixture, people(2));
  await fail('employee-simulation', 2);
  await forget(plan.id);
  workers = startWorkers({ ...fixture, only: ['file-assembly'] });
  for (const id of await jobIds('employee-simulation')) await fixture.queues.byName['employee-simulation'].remove(id!);
  await waitUntil('the assembly has failed', async () => (await failed('file-assembly')) === 1);
  expect((await fixture.job('file-assembly', plan.id)).failedReason).toMatch(/^RUN_NOT_FOUND/);
  await dutyAt().run();
  expect(await jobIds('file-assembly')).toEqual([]);
});

test('the run of a slot that could not start can be put back for as long as a run is kept; so long ticks stay too', async () => {
  const slot = Date.UTC(2026, 10, 23, 6);
  await enqueueRunStart(fixture.queues, slotRunId(slot), 1, slot);
  await fixture.queues.byName['run-start'].add(TICK, { version: 1 }, { attempts: 1 });
  await fail('run-start', 2);
  await dutyAt(13 * DAY_MS).run();
  expect(await failed('run-start')).toBe(2);
  await dutyAt(15 * DAY_MS).run();
  expect(await failed('run-start')).toBe(0);
});

test('of very many a part is looked at in each round, until all were, also behind many that stay', async () => {
  const staying = await fannedOutRun(fixture, people(1_500));
  await fail('employee-simulation', 1);
  const gone = await fannedOutRun(fixture, people(1));
  const key = fixture.queues.byName['employee-simulation'].toKey('failed');
  // Only the list of the failed is long; they failed long ago, before all others.
  const ids = Array.from({ length: 1_500 }, (_, i) => `${staying.plan.id}-${200_000 + i}`);
  await fixture.redis.zadd(key, ...ids.flatMap((id, i) => [i, id]));
  await fixture.redis.zadd(key, Date.now(), `${gone.plan.id}-${people(1)[0]!.id}`);
  await forget(gone.plan.id);
  const duty = dutyAt();
  await duty.run();
  expect(await fixture.redis.zscore(key, `${gone.plan.id}-${people(1)[0]!.id}`)).not.toBeNull();
  await duty.run();
  expect(await fixture.redis.zscore(key, `${gone.plan.id}-${people(1)[0]!.id}`)).toBeNull();
  expect(await fixture.redis.zcard(key)).toBe(1_501);
  await duty.run();
  expect(await fixture.redis.zcard(key)).toBe(1_501);
});
