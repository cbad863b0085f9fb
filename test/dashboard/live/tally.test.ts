// Proves that a run is counted by type and source while it continues, that each result is read once, and how its pace
// is measured.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { RunPace } from '../../../src/dashboard/live/pace.ts';
import { LiveTally } from '../../../src/dashboard/live/tally.ts';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { addToRunTally, emptyRunTally } from '../../../src/domain/run/tally.ts';
import { simulateEmployee } from '../../../src/domain/simulation/employee-outcome.ts';
import type { EmployeeType } from '../../../src/domain/simulation/employees.ts';
import { contentIds, planOf } from '../../support/domain-values.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { fullAssignments, people } from '../../support/run-state.ts';
import { waitUntil } from '../../support/wait-until.ts';

const EMPLOYEES = people(2_500);
let fixture: RunFixture;
let run: RunRecord;
let expected: ReturnType<typeof emptyRunTally>;
let done: number;

beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(async () => {
  await fixture.reset();
  run = await fixture.createRun(EMPLOYEES);
  [expected, done] = [emptyRunTally(), 0];
});

async function finish(...positions: number[]): Promise<void> {
  for (const position of positions) {
    const employee = EMPLOYEES[position]!;
    const result = simulateEmployee(run.plan, employee, fullAssignments(position), contentIds(5, 1_915_085));
    await fixture.store.putResult(run.plan, position, result);
    addToRunTally(expected, employee, result, new Set());
    done += 1;
  }
}

/** Looks until everything that was done is counted. */
async function counted(tally: LiveTally, now: () => number) {
  let latest: ReturnType<LiveTally['look']>;
  await waitUntil('all are counted', () => {
    latest = tally.look(done, now());
    return latest !== undefined && latest.byType.a.done + latest.byType.b.done + latest.byType.f.done === done;
  });
  const { byType, completionsBySource, recommendations } = latest!;
  const ofType = (type: EmployeeType) => ({ employees: byType[type].done, completions: byType[type].completions });
  expect({ a: ofType('a'), b: ofType('b'), f: ofType('f') }).toEqual(expected.byType);
  expect({ completionsBySource, recommendations }).toEqual({
    completionsBySource: expected.completionsBySource,
    recommendations: expected.recommendations,
  });
  return latest!;
}

describe('the tally', () => {
  test('has the population by type before anybody is done, and never makes anybody wait for it', async () => {
    const tally = new LiveTally(fixture.store, run);
    expect(tally.look(0, 1_000)).toBeUndefined();
    const { byType } = await counted(tally, Date.now);
    expect([byType.a.employees, byType.b.employees, byType.f.employees]).toEqual([834, 833, 833]);
    await tally.close();
  });

  test('counts an employee who is done, in whatever order, also far behind others who are not', async () => {
    let now = 0;
    const clock = () => (now += 1_000);
    const tally = new LiveTally(fixture.store, run);
    await finish(0, 1, 2, 999, 1_000);
    await counted(tally, clock);
    await finish(2_499, 3);
    await counted(tally, clock);
    await finish(1_500, 4, 2_498);
    await counted(tally, clock);
    await tally.close();
  });

  test('reads each result once, and nothing when nothing has changed', async () => {
    let now = 0;
    const asked: number[] = [];
    const store = Object.create(fixture.store, {
      readPopulation: { value: (id: never, from?: number) => fixture.store.readPopulation(id, from) },
      readResults: {
        value: async (plan: never, positions: readonly number[]) => {
          const results = await fixture.store.readResults(plan, positions);
          asked.push(...positions.filter((_, i) => results[i] !== undefined));
          return results;
        },
      },
    });
    const tally = new LiveTally(store, run);
    for (const positions of [[0, 1, 2], [3, 1_001], [4]]) {
      await finish(...positions);
      await counted(tally, () => (now += 1_000));
    }
    expect(asked.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 1_001]);
    await tally.close();
  });

  test('looks no more than once a second, and not at all once it is closed', async () => {
    const tally = new LiveTally(fixture.store, run);
    await finish(0);
    await counted(tally, () => 0);
    await finish(1);
    tally.look(done, 999);
    await tally.close();
    tally.look(done, 5_000);
    await tally.close();
    expect(tally.look(done, 10_000)!.byType.b.done).toBe(0);
  });
});

describe('the pace', () => {
  const { id } = planOf();
  const measure = (pace: RunPace, done: number, now: number, left = 100 - done) =>
    pace.measure(id, { done, left }, 0, now);

  test('is that since the beginning at the first look, and that of the last while later', () => {
    const pace = new RunPace();
    expect(measure(pace, 50, 10_000)).toEqual({ perSecond: 5, leftMs: 10_000 });
    // It paused for an hour, and continues more slowly.
    expect(measure(pace, 50, 3_610_000).perSecond).toBe(0);
    for (let second = 1; second <= 21; second++) measure(pace, 50 + second, 3_610_000 + second * 1_000);
    expect(measure(pace, 72, 3_632_000)).toEqual({ perSecond: 1, leftMs: 28_000 });
  });

  test('is unknown while nobody is done, and nothing is left at the end', () => {
    expect(measure(new RunPace(), 0, 10_000)).toEqual({ perSecond: 0, leftMs: undefined });
    expect(measure(new RunPace(), 100, 10_000)).toEqual({ perSecond: 10, leftMs: 0 });
  });

  test('is none before time has passed, also when clocks differ', () => {
    expect(new RunPace().measure(id, { done: 3, left: 1 }, 5_000, 4_000)).toEqual({ perSecond: 0, leftMs: undefined });
  });

  test('does not suffer from many who look', () => {
    const pace = new RunPace();
    for (let now = 0; now <= 60_000; now += 10) measure(pace, Math.floor(now / 1_000), now);
    expect(measure(pace, 60, 60_000).perSecond).toBeCloseTo(1, 1);
  });
});
