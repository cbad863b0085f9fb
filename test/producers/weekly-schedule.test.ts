// Proves that applying a schedule writes only what differs, loses no slot, and leaves one run per slot however many
// processes do it at the same instant.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RedisConnection } from '../../src/adapters/redis/client.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { openQueues, type Queues } from '../../src/adapters/redis/queues.ts';
import { RunStore } from '../../src/adapters/run-store/store.ts';
import { ScheduleStore } from '../../src/adapters/shared-state/schedule-store.ts';
import { slotRunId } from '../../src/domain/schedule/slot.ts';
import { type ScheduleContext, startDueSlot } from '../../src/producers/scheduled-run.ts';
import { applySchedule, removeSchedule, TICK, tellScheduler } from '../../src/producers/weekly-schedule.ts';
import { readSchedule } from '../../src/queries/schedule-state.ts';
import { instant } from '../support/domain-values.ts';
import { failureOf } from '../support/failure-of.ts';
import { takeJobs } from '../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

/** A process with settings of its own. */
function process(env: Record<string, string> = {}, on: Partial<ScheduleContext> = {}): ScheduleContext {
  return { ...fixture, settings: fixture.settingsWith({ SCHEDULE_CRON: '0 6 * * *', ...env }), ...on };
}

const apply = (context: ScheduleContext, now: number, insist = false) => applySchedule(context, () => now, { insist });
const state = () => readSchedule(fixture.queues, fixture.schedule);
const runStart = () => fixture.queues.byName['run-start'];
const queuedRuns = async () =>
  (await runStart().getJobs(['waiting', 'delayed', 'active', 'completed', 'failed']))
    .filter(({ name }) => name !== TICK)
    .map(({ id }) => id);
/**
 * BullMQ tells the time by the system's clock, so the tick of a schedule that was told "then" lies in the real future.
 */
const tickOf = async () => (await runStart().getDelayed()).filter(({ name }) => name === TICK);

describe('applying', () => {
  const now = Date.now();

  test('tells BullMQ once, and then nothing as long as nothing differs', async () => {
    const context = process({ SCHEDULE_TIMEZONE: 'Europe/Berlin' });
    expect(await apply(context, now)).toEqual({ outcome: 'applied', decisions: [] });
    const told = await state();
    expect(told).toEqual({
      applied: { cron: '0 6 * * *', timeZone: 'Europe/Berlin', appliedAt: now },
      scheduler: { cron: '0 6 * * *', timeZone: 'Europe/Berlin', next: expect.any(Number) },
      decisions: [],
    });
    const [tick] = await tickOf();
    expect(tick).toMatchObject({ name: TICK, data: { version: 1 }, id: `repeat:weekly:${told.scheduler?.next}` });
    const before = await fixture.redis.xlen('{btc-fake}:run-start:events');
    expect((await apply(context, now + 5_000)).outcome).toBe('unchanged');
    expect(await state()).toEqual(told);
    expect(await fixture.redis.xlen('{btc-fake}:run-start:events')).toBe(before);
  });

  test.each([{ SCHEDULE_CRON: '30 7 * * 2' }, { SCHEDULE_TIMEZONE: 'America/New_York' }])(
    'another expression or time zone takes the place of the old one, with one tick: %j',
    async (other) => {
      await apply(process(), now);
      expect((await apply(process(other), now + 1_000)).outcome).toBe('applied');
      const { applied, scheduler } = await state();
      expect(applied).toMatchObject({ appliedAt: now + 1_000, cron: other.SCHEDULE_CRON ?? '0 6 * * *' });
      expect(scheduler).toMatchObject({ cron: applied!.cron, timeZone: applied!.timeZone });
      expect((await tickOf()).map(({ id }) => id)).toEqual([`repeat:weekly:${scheduler?.next}`]);
    },
  );

  test('what is wrong is refused, and what was applied stays', async () => {
    await apply(process(), now);
    const before = await state();
    expect((await failureOf(apply(process({ SCHEDULE_CRON: '0 6 31 2 *' }), now))).code).toBe('CONFIG_INVALID');
    const gap = process({ SCHEDULE_CRON: '0 0 * * 0', SCHEDULE_TIMEZONE: 'America/Santiago' });
    expect((await failureOf(apply(gap, now))).code).toBe('CONFIG_INVALID');
    expect(await state()).toEqual(before);
  });

  test('a tick of another version of the payload is replaced', async () => {
    await apply(process(), now);
    const { scheduler } = await state();
    const repeat = { pattern: '0 6 * * *', tz: 'UTC' };
    await runStart().upsertJobScheduler('weekly', repeat, { name: TICK, data: { version: 0 } });
    expect((await apply(process(), now)).outcome).toBe('applied');
    expect((await tickOf()).map(({ id, data }) => [id, data])).toEqual([
      [`repeat:weekly:${scheduler?.next}`, { version: 1 }],
    ]);
  });

  test('twenty at once leave one schedule, applied once, with one tick', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => apply(process(), now + i)));
    expect(outcomes.filter(({ outcome }) => outcome === 'applied')).toHaveLength(1);
    expect(await tickOf()).toHaveLength(1);
    expect((await state()).applied?.appliedAt).toBeGreaterThanOrEqual(now);
  });
});

describe('a tick that is due and not yet taken up', () => {
  const schedule = { SCHEDULE_CRON: '* * * * *' };

  /** Applied so long ago that the tick of the last minute is due, and nobody takes it up. */
  async function dueTick(): Promise<number> {
    const slot = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    await apply(process(schedule), slot - 30_000);
    const [tick] = await tickOf();
    // As BullMQ has it when everything was down since before the slot.
    await fixture.redis.zrem('{btc-fake}:run-start:delayed', tick!.id!);
    await fixture.redis.rename(`{btc-fake}:run-start:${tick!.id}`, `{btc-fake}:run-start:repeat:weekly:${slot}`);
    await fixture.redis.zadd('{btc-fake}:run-start:delayed', slot * 0x1000, `repeat:weekly:${slot}`);
    await fixture.redis.zadd('{btc-fake}:run-start:repeat', slot, 'weekly');
    return slot;
  }

  test('is left alone by a process that applies the same', async () => {
    const slot = await dueTick();
    expect((await apply(process(schedule), Date.now())).outcome).toBe('unchanged');
    expect((await state()).scheduler?.next).toBe(slot);
    expect((await tickOf()).map(({ id }) => id)).toEqual([`repeat:weekly:${slot}`]);
  });

  test('is not lost with a change: its run is queued before', async () => {
    const slot = await dueTick();
    const { outcome, decisions } = await apply(process({ SCHEDULE_CRON: '0 6 * * *' }), Date.now());
    expect(outcome).toBe('applied');
    expect(decisions).toMatchObject([{ slot, outcome: 'started' }]);
    expect(await queuedRuns()).toEqual([slotRunId(slot)]);
    expect(await tickOf()).toHaveLength(1);
  });

  test('is not lost when BullMQ must be told again because the payload has changed', async () => {
    const slot = await dueTick();
    await fixture.redis.hset('{btc-fake}:run-start:repeat:weekly', 'data', '{"version":0}');
    const { decisions } = await apply(process(schedule), slot + 10_000);
    expect(decisions).toMatchObject([{ slot, outcome: 'started' }]);
    expect(await queuedRuns()).toEqual([slotRunId(slot)]);
  });

  test('that somebody deleted is made again after a minute', async () => {
    const slot = await dueTick();
    expect(await tellScheduler(fixture.queues, fixture.schedule, () => slot + 59_000)).toBe(false);
    expect(await tellScheduler(fixture.queues, fixture.schedule, () => slot + 61_000)).toBe(false);
    await fixture.redis.zrem('{btc-fake}:run-start:delayed', `repeat:weekly:${slot}`);
    await fixture.redis.del(`{btc-fake}:run-start:repeat:weekly:${slot}`);
    expect(await tellScheduler(fixture.queues, fixture.schedule, () => slot + 59_000)).toBe(false);
    expect(await tellScheduler(fixture.queues, fixture.schedule, () => slot + 61_000)).toBe(true);
    expect((await state()).scheduler?.next).toBeGreaterThan(slot);
    expect(await tickOf()).toHaveLength(1);
  });
});

describe('a slot of the schedule that is changed', () => {
  const slot = instant('2026-11-23T06:00:00Z');
  const changed = { SCHEDULE_CRON: '0 7 * * *' };
  beforeEach(async () => {
    await fixture.schedule.apply({ cron: '0 6 * * *', timeZone: 'UTC' }, slot - DAY_MS, false);
  });

  test('is not lost when the process that changes it dies as soon as the new one counts', async () => {
    class DyingStore extends ScheduleStore {
      override async apply(...given: Parameters<ScheduleStore['apply']>): Promise<never> {
        await super.apply(...given);
        throw new Error('killed');
      }
    }
    const dying = process(changed, { schedule: new DyingStore(fixture.redis) });
    await expect(apply(dying, slot + 5)).rejects.toThrow('killed');
    expect((await state()).applied).toMatchObject({ cron: '0 7 * * *' });
    expect(await queuedRuns()).toEqual([slotRunId(slot)]);
  });

  test('is not lost when it comes in the middle of the change', async () => {
    // Looked at a moment before it comes; the new one counts from a moment after it.
    const times = [slot - 5, slot - 5, slot + 5];
    const { decisions } = await applySchedule(process(changed), () => times.shift() ?? slot + 6, { insist: false });
    expect((await state()).applied).toEqual({ cron: '0 7 * * *', timeZone: 'UTC', appliedAt: slot + 5 });
    expect(decisions).toMatchObject([{ slot, outcome: 'started' }]);
    expect(await queuedRuns()).toEqual([slotRunId(slot)]);
  });
});

describe('removing', () => {
  const now = Date.now();

  test('takes the tick away, and a worker that starts leaves it so; who insists puts it back', async () => {
    await apply(process(), now);
    expect(await removeSchedule(fixture.queues, fixture.schedule, now + 1)).toBe(true);
    expect(await state()).toEqual({ removedAt: now + 1, decisions: [] });
    expect(await tickOf()).toEqual([]);
    expect((await apply(process(), now + 2)).outcome).toBe('removed');
    expect((await state()).applied).toBeUndefined();
    expect((await apply(process(), now + 3, true)).outcome).toBe('applied');
    expect((await state()).applied?.appliedAt).toBe(now + 3);
    expect(await tickOf()).toHaveLength(1);
  });

  test('of what is not there says so', async () => {
    expect(await removeSchedule(fixture.queues, fixture.schedule, now)).toBe(false);
  });

  test('stays, though a process was telling BullMQ at the same moment', async () => {
    await apply(process(), now);
    await fixture.schedule.remove(now);
    expect(await tickOf()).toHaveLength(1);
    expect(await tellScheduler(fixture.queues, fixture.schedule, () => now)).toBe(false);
    expect(await tickOf()).toEqual([]);
    expect((await state()).scheduler).toBeUndefined();
  });
});

describe('twenty processes on connections of their own', () => {
  const connections: RedisConnection[] = [];
  const opened: Queues[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queues) => queues.close()));
    for (const redis of connections.splice(0)) redis.disconnect();
  });

  async function processes(env: Record<string, string>): Promise<ScheduleContext[]> {
    const found: ScheduleContext[] = [];
    for (let i = 0; i < 20; i++) {
      const redis = await connectRedis(fixture.server.url, 'worker');
      const queues = openQueues(redis);
      connections.push(redis);
      opened.push(queues);
      found.push(process(env, { queues, store: new RunStore(redis, DAY_MS), schedule: new ScheduleStore(redis) }));
    }
    return found;
  }

  test('that apply, catch up and tick around a slot at the same instant queue its run once', async () => {
    const many = await processes({ SCHEDULE_CRON: '0 6 * * *' });
    const slot = instant('2026-11-23T06:00:00Z');
    const applied = { cron: '0 6 * * *', timeZone: 'UTC', appliedAt: slot - DAY_MS };
    await fixture.schedule.apply(applied, applied.appliedAt, false);
    const outcomes = await Promise.all(
      many.flatMap((context, i) => [
        apply(context, slot + i - 10).then(({ decisions }) => decisions),
        startDueSlot(context, applied, slot + i),
        startDueSlot(context, applied, slot + 120_000 + i, 90_000),
      ]),
    );
    expect(await queuedRuns()).toEqual([slotRunId(slot)]);
    expect((await state()).decisions).toMatchObject([{ slot, outcome: 'started' }]);
    expect(outcomes.flat().every((decision) => decision.slot === slot && decision.outcome === 'started')).toBe(true);
    expect(await tickOf()).toHaveLength(1);
  });

  test('of which half start with another schedule across a slot of the old one lose nothing and start nothing twice', async () => {
    const old = await processes({ SCHEDULE_CRON: '0 6 * * *' });
    const slot = instant('2026-11-23T06:00:00Z');
    await fixture.schedule.apply({ cron: '0 6 * * *', timeZone: 'UTC' }, slot - DAY_MS, false);
    const settings = fixture.settingsWith({ SCHEDULE_CRON: '0 7 * * *' });
    const before = (await fixture.schedule.read()).applied;
    await Promise.all(
      old.map(async (context, i) =>
        i % 2 === 0 ? apply({ ...context, settings }, slot + 5 + i) : startDueSlot(context, before, slot + i),
      ),
    );
    expect(await queuedRuns()).toEqual([slotRunId(slot)]);
    expect((await state()).applied).toMatchObject({ cron: '0 7 * * *' });
  });
});

test('a tick that is taken up leads to the next', async () => {
  await apply(process({ SCHEDULE_CRON: '* * * * *' }), Date.now());
  const { scheduler } = await state();
  const [tick] = await tickOf();
  await tick!.promote();
  await takeJobs(fixture, 'run-start', 1);
  const after = await state();
  expect(after.scheduler?.next).toBe(scheduler!.next + MINUTE_MS);
  expect(await tickOf()).toHaveLength(1);
  // Its id must be free, should a clock that is behind lead to the same slot again.
  expect(await runStart().getJob(tick!.id!)).toBeUndefined();
});
