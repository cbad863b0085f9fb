// Proves, with workers on the run-start queue, that a tick and the look of each minute start the run of a slot, once;
// and that a bad employees file is a failed job that can be put back.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Settings } from '../../config/settings.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { slotRunId } from '../../src/domain/schedule/slot.ts';
import { enqueueRunStart } from '../../src/producers/create-run.ts';
import { requeueFailed } from '../../src/producers/requeue.ts';
import { removeSchedule, TICK } from '../../src/producers/weekly-schedule.ts';
import { readSchedule } from '../../src/queries/schedule-state.ts';
import { findUnstarted } from '../../src/queries/unstarted-runs.ts';
import type { PeriodicTask } from '../../src/workers/periodic/periodic-task.ts';
import { scheduleTask } from '../../src/workers/periodic/schedule.ts';
import { startWorkers, type Workers } from '../../src/workers/runtime/runtime.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { emptyManifest } from '../support/run-state.ts';
import { waitUntil } from '../support/wait-until.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WEEK_MS = 7 * 24 * HOUR_MS;
const SLOT = Date.UTC(2026, 10, 23, 6);
const RUN = slotRunId(SLOT);
let fixture: RunFixture;
let employeesFile: string;
const started: Workers[] = [];
beforeAll(async () => {
  fixture = await openRunFixture();
  employeesFile = join(fixture.folder, 'scheduled.csv');
});
afterAll(() => fixture?.close());
beforeEach(async () => {
  await fixture.reset();
  writeFileSync(employeesFile, 'employee_id,employee_edu_type\n1,a\n2,b\n');
});
afterEach(() => stopAll());

async function stopAll(): Promise<void> {
  await Promise.all(started.splice(0).map((workers) => workers.stop(1_000)));
}

const settings = (env: Record<string, string> = {}): Settings =>
  fixture.settingsWith({ EMPLOYEES_FILE: employeesFile, SCHEDULE_CRON: '0 6 * * 1', BUSINESS_TIMEZONE: 'UTC', ...env });
const at = (now: number, env?: Record<string, string>) => ({ ...fixture, settings: settings(env), now: () => now });

function work(now: number, env?: Record<string, string>): void {
  started.push(startWorkers({ ...at(now, env), only: ['run-start'] }));
}

/** A tick as BullMQ makes it for a slot. */
async function tick(slot: number): Promise<void> {
  await fixture.queues.byName['run-start'].add(TICK, { version: 1 }, { prevMillis: slot });
}

async function apply(appliedAt = SLOT - HOUR_MS): Promise<void> {
  await fixture.schedule.apply({ cron: '0 6 * * 1', timeZone: 'UTC' }, appliedAt, false);
}

const isFlowThere = async (runId: RunId) => (await fixture.queues.byName['file-assembly'].getJob(runId)) !== undefined;
const begun = (runId: RunId) => waitUntil('the run has begun', () => isFlowThere(runId));
const lines = (text: string) => fixture.log.filter(({ msg }) => msg.includes(text));
const idle = () =>
  waitUntil('the queue is empty', async () => {
    const counts = await fixture.queues.byName['run-start'].getJobCounts('waiting', 'active', 'delayed');
    return Object.values(counts).every((count) => count === 0);
  });

describe('a tick', () => {
  test('has the run of its slot made, as of the slot and with the settings and the sources of the worker, and begun', async () => {
    await apply();
    work(SLOT + 800, { BUSINESS_TIMEZONE: 'America/Chicago' });
    await tick(SLOT);
    await begun(RUN);
    const run = await fixture.store.getRun(RUN);
    expect(run).toMatchObject({
      plan: { id: RUN, seed: RUN, asOf: SLOT, timeZone: 'America/Chicago' },
      ...{ slot: SLOT, createdAt: SLOT + 800, publish: false, population: { count: 2 } },
    });
    // It serves neither the catalogs nor the assignments: whether there is a vendor's server is for others to say.
    expect(run.sources).toEqual({ recommender: 'http://127.0.0.1:9/public/api/v1/mltr/v3/run' });
    expect(lines('is queued')).toMatchObject([{ level: 30, runId: RUN, slot: '2026-11-23T06:00:00Z' }]);
    expect(lines('late')).toEqual([]);
  });

  test('is enough however often it comes, and whichever worker takes it', async () => {
    await apply();
    for (let i = 0; i < 5; i++) await tick(SLOT);
    for (let i = 0; i < 3; i++) work(SLOT + i);
    await begun(RUN);
    await idle();
    expect(await fixture.store.listRuns(10)).toHaveLength(1);
    expect(await fixture.queues.byName['catalog-download'].getWaitingCount()).toBe(1);
  });

  test('that another process woke up is true for one whose clock is behind', async () => {
    await apply();
    work(SLOT - 20_000);
    await tick(SLOT);
    await begun(RUN);
    expect((await fixture.store.getRun(RUN)).plan.asOf).toBe(SLOT);
  });

  test('that a worker with a clock far ahead woke up starts nothing, and says so; the slot has its run when it comes', async () => {
    await apply();
    work(SLOT - 15 * MINUTE_MS);
    await tick(SLOT);
    await waitUntil('it is told', () => lines('came too early').length === 1);
    await idle();
    expect(await fixture.schedule.decisions()).toEqual([]);
    const duty = scheduleTask(at(SLOT + 2 * MINUTE_MS));
    for (let i = 0; i < 2; i++) await duty.run();
    await begun(RUN);
    expect(await fixture.store.listRuns(10)).toHaveLength(1);
    expect(lines('The scheduled run is queued')).toHaveLength(1);
  });

  test('that comes hours late makes a run that is late, and says so; that changes nothing else of it', async () => {
    await apply();
    work(SLOT + 3 * HOUR_MS);
    await tick(SLOT);
    await begun(RUN);
    expect((await fixture.store.getRun(RUN)).plan).toMatchObject({ asOf: SLOT, seed: RUN });
    expect(lines('The scheduled run is queued 3 h 0 min late')).toMatchObject([{ level: 40, runId: RUN }]);
    expect(lines('The scheduled run was made 3 h 0 min late')).toMatchObject([{ level: 40, runId: RUN }]);
    // To begin it again is not to make it again.
    await idle();
    await (await fixture.job('run-start', RUN)).remove();
    await enqueueRunStart(fixture.queues, RUN, 3, SLOT);
    await idle();
    expect(lines('The scheduled run was made')).toHaveLength(1);
  });

  test('that comes too late to catch up starts nothing, and says so', async () => {
    await apply();
    work(SLOT + 25 * HOUR_MS);
    await tick(SLOT);
    await idle();
    await waitUntil('it is told', () => lines('was missed').length === 1);
    expect(await fixture.store.listRuns(10)).toEqual([]);
  });

  test('that comes after the schedule was removed starts nothing', async () => {
    await apply();
    await removeSchedule(fixture.queues, fixture.schedule, SLOT);
    work(SLOT + 10);
    await tick(SLOT);
    await waitUntil('it was taken', async () => (await fixture.queues.byName['run-start'].getCompletedCount()) === 1);
    expect(await fixture.schedule.decisions()).toEqual([]);
    expect(await fixture.store.listRuns(10)).toEqual([]);
  });

  test('with SCHEDULE_OVERLAP=skip: the slot behind a run that has not ended is skipped, and that is told', async () => {
    await apply();
    work(SLOT, { SCHEDULE_OVERLAP: 'skip' });
    await tick(SLOT);
    await begun(RUN);
    await stopAll();
    work(SLOT + WEEK_MS, { SCHEDULE_OVERLAP: 'skip' });
    await tick(SLOT + WEEK_MS);
    await waitUntil('it is told', () => lines('is skipped').length === 1);
    expect(lines('is skipped')).toMatchObject([{ level: 40, inTheWay: RUN, slot: '2026-11-30T06:00:00Z' }]);
  });

  test('of a version that nobody knows is refused', async () => {
    await apply();
    work(SLOT);
    await fixture.queues.byName['run-start'].add(TICK, { version: 2 }, { prevMillis: SLOT });
    await waitUntil('it has failed', async () => (await fixture.queues.byName['run-start'].getFailedCount()) === 1);
    expect(await fixture.schedule.decisions()).toEqual([]);
  });
});

describe('the run of a slot whose employees file is bad', () => {
  test('is not made; its start fails at once with the reason, and put back it begins, late', async () => {
    writeFileSync(employeesFile, 'employee_id,employee_edu_type\n1,a\nx,b\n');
    await apply();
    work(SLOT + 2 * HOUR_MS);
    await tick(SLOT);
    const found = () => findUnstarted(fixture.queues, fixture.store, RUN);
    await waitUntil('its start has failed', async () => (await found())?.state === 'failed');
    expect((await found())?.reason).toMatch(/^EMPLOYEES_INVALID: scheduled\.csv: 1 row is wrong \[scheduled\.csv:3: /);
    expect(await fixture.store.listRuns(10)).toEqual([]);
    expect(await fixture.job('run-start', RUN)).toMatchObject({ attemptsMade: 1 });
    writeFileSync(employeesFile, 'employee_id,employee_edu_type\n1,a\n');
    await requeueFailed(fixture.queues, fixture.store, RUN, 3);
    await begun(RUN);
    expect((await fixture.store.getRun(RUN)).population.count).toBe(1);
    expect(await found()).toBeUndefined();
  });
});

test('to begin a run again that has ended changes nothing', async () => {
  await apply();
  work(SLOT);
  await tick(SLOT);
  await begun(RUN);
  await idle();
  const run = await fixture.store.getRun(RUN);
  await fixture.store.finishRun(RUN, emptyManifest(run), SLOT + 1);
  const before = await fixture.store.getRun(RUN);
  // A week later the queue has forgotten the jobs.
  for (const queue of Object.values(fixture.queues.byName)) await queue.obliterate({ force: true });
  await enqueueRunStart(fixture.queues, RUN, 3, SLOT);
  await waitUntil('it was taken', async () => (await fixture.queues.byName['run-start'].getCompletedCount()) === 1);
  expect(await isFlowThere(RUN)).toBe(false);
  expect(await fixture.store.getRun(RUN)).toEqual(before);
});

describe('the duty of a worker', () => {
  const queuedRuns = async () =>
    (await fixture.queues.byName['run-start'].getWaiting()).filter(({ name }) => name !== TICK).map(({ id }) => id);

  function dutyOf(now: () => number, env?: Record<string, string>): PeriodicTask {
    return scheduleTask({ ...at(0, env), now });
  }

  test('applies the schedule of its settings, once, and says so', async () => {
    const duty = dutyOf(() => SLOT - HOUR_MS);
    await duty.run();
    await duty.run();
    expect((await readSchedule(fixture.queues, fixture.schedule)).applied).toEqual({
      ...{ cron: '0 6 * * 1', timeZone: 'UTC', appliedAt: SLOT - HOUR_MS },
    });
    expect(fixture.log.map(({ msg }) => msg)).toEqual(['The schedule is applied']);
    // Somebody applies another one meanwhile: that counts until a worker starts.
    await fixture.schedule.apply({ cron: '0 7 * * 1', timeZone: 'UTC' }, SLOT - HOUR_MS, true);
    await duty.run();
    expect((await readSchedule(fixture.queues, fixture.schedule)).applied).toMatchObject({ cron: '0 7 * * 1' });
    expect((await readSchedule(fixture.queues, fixture.schedule)).scheduler).toMatchObject({ cron: '0 7 * * 1' });
  });

  test('leaves a slot to its tick for a minute and a half, then has its run queued, once', async () => {
    let now = SLOT - HOUR_MS;
    const duty = dutyOf(() => now);
    await duty.run();
    now = SLOT + 89_000;
    await duty.run();
    expect(await queuedRuns()).toEqual([]);
    now = SLOT + 91_000;
    await duty.run();
    await dutyOf(() => now).run();
    expect(await queuedRuns()).toEqual([RUN]);
    expect(lines('The scheduled run is queued')).toHaveLength(1);
  });

  test('catches up one slot, the latest, after everything was down for weeks', async () => {
    await apply(SLOT - 3 * WEEK_MS - HOUR_MS);
    await dutyOf(() => SLOT + 5 * HOUR_MS).run();
    expect(await queuedRuns()).toEqual([RUN]);
    expect(lines('was missed')).toHaveLength(3);
    expect(lines('is queued 5 h 0 min late')).toHaveLength(1);
  });

  test('leaves a schedule that was removed as it is, and says how to put it back', async () => {
    await apply();
    await removeSchedule(fixture.queues, fixture.schedule, SLOT - 1);
    const duty = dutyOf(() => SLOT + HOUR_MS);
    await duty.run();
    await duty.run();
    expect(await queuedRuns()).toEqual([]);
    expect(fixture.log.map(({ msg }) => msg)).toEqual([
      'The schedule was removed and stays so; put it back with: btc-fake schedule apply',
    ]);
  });

  test('applies the schedule again when Redis has lost it', async () => {
    const duty = dutyOf(() => SLOT - HOUR_MS);
    await duty.run();
    await fixture.redis.flushall();
    await duty.run();
    expect(await readSchedule(fixture.queues, fixture.schedule)).toMatchObject({
      applied: { cron: '0 6 * * 1' },
      scheduler: { cron: '0 6 * * 1' },
    });
  });

  test('that failed to apply tries again the next time', async () => {
    await fixture.redis.set('{btc-fake}:schedule', 'not a hash');
    const duty = dutyOf(() => SLOT - HOUR_MS);
    await expect(duty.run()).rejects.toThrow(/WRONGTYPE/);
    await fixture.redis.del('{btc-fake}:schedule');
    await duty.run();
    expect((await fixture.schedule.read()).applied).toBeDefined();
  });
});
