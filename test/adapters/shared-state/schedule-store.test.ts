// Proves what the schedule's store promises to many processes at once: one applies, one decides, one is alone.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RedisConnection } from '../../../src/adapters/redis/client.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { ScheduleStore } from '../../../src/adapters/shared-state/schedule-store.ts';
import type { RunId } from '../../../src/domain/ids.ts';
import type { SlotDecision } from '../../../src/domain/schedule/slot-decision.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';

const MONDAYS = { cron: '0 6 * * 1', timeZone: 'UTC' };
const TUESDAYS = { cron: '0 6 * * 2', timeZone: 'UTC' };
const BERLIN = { cron: '0 6 * * 1', timeZone: 'Europe/Berlin' };
let server: TestRedis;
const connections: RedisConnection[] = [];
let stores: ScheduleStore[];
let store: ScheduleStore;
beforeAll(async () => {
  server = await startTestRedis();
  for (let i = 0; i < 20; i++) connections.push(await connectRedis(server.url, 'command'));
  stores = connections.map((redis) => new ScheduleStore(redis));
  store = stores[0]!;
});
afterAll(async () => {
  for (const redis of connections) redis.disconnect();
  await server?.stop();
});
beforeEach(async () => {
  await connections[0]!.flushall();
});

const decision = (slot: number, overrides: Partial<SlotDecision> = {}): SlotDecision => ({
  slot,
  outcome: 'starting',
  decidedAt: 1,
  ...overrides,
});

describe('applying', () => {
  test('keeps the time of the first who applied what is applied, no matter who applies it later', async () => {
    expect(await store.read()).toEqual({});
    expect(await store.apply(MONDAYS, 100, false)).toEqual({ ...MONDAYS, appliedAt: 100 });
    expect(await store.apply(MONDAYS, 200, true)).toEqual({ ...MONDAYS, appliedAt: 100 });
    expect(await store.read()).toEqual({ applied: { ...MONDAYS, appliedAt: 100 } });
  });

  test.each([TUESDAYS, BERLIN])('another expression or another time zone begins again', async (other) => {
    await store.apply(MONDAYS, 100, false);
    expect(await store.apply(other, 200, false)).toEqual({ ...other, appliedAt: 200 });
    expect(await store.read()).toEqual({ applied: { ...other, appliedAt: 200 } });
  });

  test('by twenty at once leaves what one of them said, and all are told the same', async () => {
    const told = await Promise.all(stores.map((each, i) => each.apply(MONDAYS, 100 + i, false)));
    expect(new Set(told.map((applied) => applied?.appliedAt)).size).toBe(1);
    expect((await store.read()).applied).toEqual(told[0]);
  });

  test('of what somebody removed does nothing, unless one insists', async () => {
    await store.apply(MONDAYS, 100, false);
    await store.remove(150);
    expect(await store.read()).toEqual({ removedAt: 150 });
    expect(await store.apply(MONDAYS, 200, false)).toBeUndefined();
    expect(await store.read()).toEqual({ removedAt: 150 });
    expect(await store.apply(MONDAYS, 300, true)).toEqual({ ...MONDAYS, appliedAt: 300 });
    expect(await store.read()).toEqual({ applied: { ...MONDAYS, appliedAt: 300 } });
  });
});

describe('deciding about a slot', () => {
  test('is done once: the first decision stands', async () => {
    const first = decision(60_000);
    expect(await store.decide(first)).toEqual({ stands: first, isNew: true });
    const second = decision(60_000, { outcome: 'skipped', inTheWay: 'run-x' as RunId, decidedAt: 2 });
    expect(await store.decide(second)).toEqual({ stands: first, isNew: false });
    expect(await store.decisions()).toEqual([first]);
  });

  test('by twenty at once is done by one', async () => {
    const made = await Promise.all(stores.map((each, i) => each.decide(decision(60_000, { decidedAt: i }))));
    expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(made.map(({ stands }) => stands.decidedAt)).size).toBe(1);
  });

  test('to start it is refused when something was decided about a later slot that is due: it is missed', async () => {
    await store.decide(decision(120_000, { outcome: 'skipped', decidedAt: 120_000 }));
    const late = await store.decide(decision(60_000, { outcome: 'starting', decidedAt: 120_001 }));
    const missed = decision(60_000, { outcome: 'missed', decidedAt: 120_001, supersededBy: 120_000 });
    expect(late).toEqual({ stands: missed, isNew: true });
    // What a clock that is ahead decided about slots to come is nothing to it.
    await store.decide(decision(900_000, { decidedAt: 900_000 }));
    const inTime = decision(180_000, { outcome: 'starting', decidedAt: 180_001 });
    expect(await store.decide(inTime)).toEqual({ stands: inTime, isNew: true });
  });

  test('is followed by what came of it', async () => {
    await store.decide(decision(60_000));
    await store.settle(decision(60_000, { outcome: 'started' }));
    expect(await store.decisions()).toEqual([decision(60_000, { outcome: 'started' })]);
  });

  test('what came of it is written by one of twenty, and never over something else', async () => {
    const starting = decision(60_000);
    await store.decide(starting);
    const settled = (i: number) => decision(60_000, { outcome: 'started', decidedAt: i });
    const written = await Promise.all(stores.map((each, i) => each.carriedOut(starting, settled(i))));
    expect(written.filter(Boolean)).toHaveLength(1);
    expect(await store.decisions()).toEqual([settled(written.indexOf(true))]);
    expect(await store.carriedOut(starting, settled(99))).toBe(false);
  });

  test('is remembered for the latest hundred or so, in the order of their slots', async () => {
    for (const slot of [...Array(120).keys()].reverse()) await store.decide(decision(slot * 60_000));
    // The oldest were decided last, and forgotten at once.
    const slots = (await store.decisions()).map(({ slot }) => slot / 60_000);
    expect(slots).toEqual([...Array(104).keys()].map((i) => 119 - i));
  });
});

describe('what one may do alone', () => {
  test('is done by one of twenty', async () => {
    let inside = 0;
    let most = 0;
    let entered = 0;
    const work = async () => {
      entered += 1;
      inside += 1;
      most = Math.max(most, inside);
      // Until everybody else has been turned away.
      await Promise.all(connections.map((redis) => redis.ping()));
      inside -= 1;
      return 'done';
    };
    const outcomes = await Promise.all(stores.map((each) => each.alone(work)));
    expect({ most, entered }).toEqual({ most: 1, entered: 1 });
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(19);
  });

  test('can be done by the next when it is done, or has failed', async () => {
    expect(await store.alone(async () => 1)).toBe(1);
    await expect(store.alone(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await stores[1]!.alone(async () => 2)).toBe(2);
  });

  test('keeps nobody out for ever when the process that does it dies, and does not end the turn of the next', async () => {
    const key = '{btc-fake}:schedule:claim';
    await store.alone(async () => {
      expect(await connections[0]!.pttl(key)).toBeGreaterThan(0);
      // Its time is up, and another has begun.
      await connections[0]!.set(key, 'another');
    });
    expect(await connections[0]!.get(key)).toBe('another');
    expect(await store.alone(async () => 1)).toBeUndefined();
  });
});
