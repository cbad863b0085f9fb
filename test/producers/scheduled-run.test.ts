// Proves what becomes of a slot: started once, caught up within its time, skipped behind another run, or noted as
// missed.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { undecidedSlot } from '../../src/domain/schedule/due-slot.ts';
import { slotRunId } from '../../src/domain/schedule/slot.ts';
import type { AppliedSchedule, SlotDecision } from '../../src/domain/schedule/slot-decision.ts';
import { cancelRun } from '../../src/producers/cancel-run.ts';
import { createRunOfSlot, enqueueRunStart } from '../../src/producers/create-run.ts';
import { type ScheduleContext, startDueSlot } from '../../src/producers/scheduled-run.ts';
import { instant } from '../support/domain-values.ts';
import { takeJobs } from '../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { emptyManifest, people } from '../support/run-state.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WEEK_MS = 7 * 24 * HOUR_MS;
const SLOT = instant('2026-11-23T06:00:00Z');
const APPLIED: AppliedSchedule = { cron: '0 6 * * 1', timeZone: 'UTC', appliedAt: SLOT - 3 * WEEK_MS - HOUR_MS };
let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

const process = (env: Record<string, string> = {}): ScheduleContext => ({
  ...fixture,
  settings: fixture.settingsWith(env),
});
const runStart = () => fixture.queues.byName['run-start'];
const queuedRuns = async () => (await runStart().getJobs(['waiting', 'failed', 'completed'])).map(({ id }) => id);
const outcomes = async () => (await fixture.schedule.decisions()).map(({ slot, outcome }) => [slot, outcome]);
/** As if the slots before had been decided: of these tests' business is one slot. */
const lastWeekWasDecided = () => fixture.schedule.decide({ slot: SLOT - WEEK_MS, outcome: 'started', decidedAt: 0 });

describe('the slot about which nothing was decided', () => {
  const at = (now: number, decisions: readonly SlotDecision[] = [], graceMs = 0) =>
    undecidedSlot({ applied: APPLIED, decisions }, now, graceMs);
  const decided = (slot: number, outcome: SlotDecision['outcome'] = 'started') => ({ slot, outcome, decidedAt: slot });

  test.each<[string, number | undefined, number | undefined]>([
    ['is the latest that has come', at(SLOT), SLOT],
    ['is not a slot that has not come', at(SLOT - 1), SLOT - WEEK_MS],
    [
      'is none before the schedule was applied',
      undecidedSlot({ applied: { ...APPLIED, appliedAt: SLOT }, decisions: [] }, SLOT),
      undefined,
    ],
    ['is none without a schedule', undecidedSlot({ decisions: [] }, SLOT), undefined],
    ['is none when it was decided', at(SLOT + 1, [decided(SLOT)]), undefined],
    ['is none when it was skipped', at(SLOT + 1, [decided(SLOT, 'skipped')]), undefined],
    ['is one whose start was decided and not done', at(SLOT + 1, [decided(SLOT, 'starting')]), SLOT],
    ['is the latest though an earlier one was decided', at(SLOT, [decided(SLOT - WEEK_MS)]), SLOT],
    ['is left to the tick while it is young', at(SLOT + 9_999, [decided(SLOT - WEEK_MS)], 10_000), undefined],
    ['is not left to the tick for long', at(SLOT + 10_000, [decided(SLOT - WEEK_MS)], 10_000), SLOT],
    ['is none that a later one has taken the place of', at(SLOT + 5_000, [decided(SLOT)], 10_000), undefined],
    [
      'is one though a clock that is ahead decided about the next',
      at(SLOT, [decided(SLOT + WEEK_MS), decided(SLOT - WEEK_MS)]),
      SLOT,
    ],
  ])('%s', (_what, found, expected) => {
    expect(found).toBe(expected);
  });
});

describe('a slot that is due', () => {
  beforeEach(lastWeekWasDecided);

  test('has its run queued, with the slot, and once', async () => {
    const [decision] = await startDueSlot(process(), APPLIED, SLOT + 5);
    expect(decision).toEqual({ slot: SLOT, outcome: 'started', decidedAt: SLOT + 5 });
    const job = await fixture.job('run-start', 'run-20261123T060000Z-weekly');
    expect(job.data).toEqual({ version: 1, runId: slotRunId(SLOT), slot: SLOT });
    expect(job.opts).toMatchObject({ attempts: 3 });
    expect(await startDueSlot(process(), APPLIED, SLOT + 10)).toEqual([]);
    expect(await queuedRuns()).toEqual([slotRunId(SLOT)]);
  });

  test('is queued once by twenty at the same time, and one of them is told', async () => {
    const told = await Promise.all(Array.from({ length: 20 }, () => startDueSlot(process(), APPLIED, SLOT + 5)));
    expect(told.flat()).toEqual([{ slot: SLOT, outcome: 'started', decidedAt: SLOT + 5 }]);
    expect(await queuedRuns()).toEqual([slotRunId(SLOT)]);
  });

  test('is started once, also when its job is gone and its run has ended long ago', async () => {
    await startDueSlot(process(), APPLIED, SLOT);
    await runStart().obliterate({ force: true });
    expect(await startDueSlot(process(), APPLIED, SLOT + HOUR_MS)).toEqual([]);
    expect(await queuedRuns()).toEqual([]);
  });

  test('is queued by the next process that looks when the process that decided so died before', async () => {
    await fixture.schedule.decide({ slot: SLOT, outcome: 'starting', decidedAt: SLOT });
    expect(await startDueSlot(process(), APPLIED, SLOT + MINUTE_MS)).toMatchObject([{ outcome: 'started' }]);
    expect(await queuedRuns()).toEqual([slotRunId(SLOT)]);
    expect(await outcomes()).toContainEqual([SLOT, 'started']);
  });

  test('has ended, when the process that decided to start it died and nobody was there in time', async () => {
    await fixture.schedule.decide({ slot: SLOT, outcome: 'starting', decidedAt: SLOT });
    expect(await startDueSlot(process(), APPLIED, SLOT + 25 * HOUR_MS)).toMatchObject([{ outcome: 'missed' }]);
    expect(await queuedRuns()).toEqual([]);
    // But not if its run was queued before the end of the process that did it.
    await fixture.reset();
    await fixture.schedule.decide({ slot: SLOT, outcome: 'starting', decidedAt: SLOT });
    await enqueueRunStart(fixture.queues, slotRunId(SLOT), 3, SLOT);
    expect(await startDueSlot(process(), APPLIED, SLOT + 25 * HOUR_MS)).toMatchObject([{ outcome: 'started' }]);
  });

  test.each([
    ['24', 24 * HOUR_MS, 'started'],
    ['24', 24 * HOUR_MS + 1, 'missed'],
    ['2', 2 * HOUR_MS, 'started'],
    ['2', 2 * HOUR_MS + 1, 'missed'],
    ['0', 5 * MINUTE_MS, 'started'],
    ['0', 5 * MINUTE_MS + 1, 'missed'],
    ['168', 7 * 24 * HOUR_MS - 1, 'started'],
  ] as const)('with SCHEDULE_CATCH_UP_HOURS=%s, %d ms late, is %s', async (hours, late, outcome) => {
    const [decision] = await startDueSlot(process({ SCHEDULE_CATCH_UP_HOURS: hours }), APPLIED, SLOT + late);
    expect(decision).toMatchObject({ slot: SLOT, outcome });
    const withinMs = hours === '0' ? 5 * MINUTE_MS : Number(hours) * HOUR_MS;
    expect(decision!.withinMs).toBe(outcome === 'missed' ? withinMs : undefined);
    expect(await queuedRuns()).toEqual(outcome === 'started' ? [slotRunId(SLOT)] : []);
    // However often somebody looks afterwards.
    expect(await startDueSlot(process({ SCHEDULE_CATCH_UP_HOURS: '168' }), APPLIED, SLOT + late)).toEqual([]);
  });
});

test('of several that were missed only the latest is caught up; the others are on record', async () => {
  const decisions = await startDueSlot(process(), APPLIED, SLOT + HOUR_MS);
  expect(decisions.map(({ slot, outcome }) => [slot, outcome])).toEqual([
    [SLOT - 3 * WEEK_MS, 'missed'],
    [SLOT - 2 * WEEK_MS, 'missed'],
    [SLOT - WEEK_MS, 'missed'],
    [SLOT, 'started'],
  ]);
  expect(await queuedRuns()).toEqual([slotRunId(SLOT)]);
  expect(await outcomes()).toHaveLength(4);
});

test('while the latest is young and left to its tick, an earlier one is not started in its place', async () => {
  const [now, graceMs] = [SLOT + MINUTE_MS, 90_000];
  expect(await startDueSlot(process({ SCHEDULE_CATCH_UP_HOURS: '168' }), APPLIED, now, graceMs)).toEqual([]);
  expect(await queuedRuns()).toEqual([]);
  const decisions = await startDueSlot(process({ SCHEDULE_CATCH_UP_HOURS: '168' }), APPLIED, now);
  expect(decisions.at(-1)).toMatchObject({ slot: SLOT, outcome: 'started' });
  expect(decisions.at(-2)).toMatchObject({ slot: SLOT - WEEK_MS, outcome: 'missed', supersededBy: SLOT });
  expect(await queuedRuns()).toEqual([slotRunId(SLOT)]);
});

test('of many that look at once, after everything was down, one starts the latest, and each slot is told once', async () => {
  const dense: AppliedSchedule = { ...APPLIED, cron: '*/5 * * * *', appliedAt: SLOT - HOUR_MS };
  const told = await Promise.all(
    Array.from({ length: 24 }, (_, i) => startDueSlot(process(), dense, SLOT + i * 1_000, i % 2 === 0 ? 0 : 90_000)),
  );
  const slots = told.flat().map(({ slot }) => slot);
  expect(slots.sort()).toEqual([...new Set(slots)]);
  expect(slots).toHaveLength(12);
  expect(await queuedRuns()).toEqual([slotRunId(SLOT)]);
});

test('a slot whose look began before a later one was decided about is missed, and told once', async () => {
  const earlier = SLOT - HOUR_MS;
  const decidedAt = SLOT + 5;
  await fixture.schedule.decide({ slot: SLOT, outcome: 'started', decidedAt });
  const { stands, isNew } = await fixture.schedule.decide({ slot: earlier, outcome: 'starting', decidedAt });
  expect([stands, isNew]).toEqual([{ slot: earlier, outcome: 'missed', decidedAt, supersededBy: SLOT }, true]);
});

describe('SCHEDULE_OVERLAP', () => {
  const skip = { SCHEDULE_OVERLAP: 'skip' };
  beforeEach(lastWeekWasDecided);

  test('skip: the slot is skipped behind a run that has not ended, and named with it', async () => {
    const { plan } = await fixture.createRun(people(1));
    const [decision] = await startDueSlot(process(skip), APPLIED, SLOT);
    expect(decision).toEqual({ slot: SLOT, outcome: 'skipped', decidedAt: SLOT, inTheWay: plan.id });
    expect(await queuedRuns()).toEqual([plan.id]);
    expect(await startDueSlot(process(), APPLIED, SLOT + HOUR_MS)).toEqual([]);
  });

  test('skip: the slot is started when every other run has ended', async () => {
    const run = await fixture.createRun(people(1));
    await fixture.store.finishRun(run.plan.id, emptyManifest(run), SLOT - 1);
    expect(await startDueSlot(process(skip), APPLIED, SLOT)).toMatchObject([{ outcome: 'started' }]);
  });

  test('skip: a run that was cancelled is in nobody’s way', async () => {
    const run = await fixture.createRun(people(1));
    const request = { by: 'anna on build-7', now: SLOT - 1, retentionMs: WEEK_MS };
    await cancelRun(fixture.queues, fixture.store, run.plan.id, request);
    expect(await startDueSlot(process(skip), APPLIED, SLOT)).toMatchObject([{ outcome: 'started' }]);
  });

  test('skip: a run of an earlier slot that is about to begin is in the way; a run that could not start is not', async () => {
    const earlier = slotRunId(SLOT - WEEK_MS);
    await enqueueRunStart(fixture.queues, earlier, 1, SLOT - WEEK_MS);
    expect(await startDueSlot(process(skip), APPLIED, SLOT)).toMatchObject([{ outcome: 'skipped', inTheWay: earlier }]);
    await takeJobs(fixture, 'run-start', 1, () => 'EMPLOYEES_INVALID: no');
    expect(await startDueSlot(process(skip), APPLIED, SLOT + WEEK_MS)).toMatchObject([{ outcome: 'started' }]);
  });

  test('skip: its own run is in nobody’s way when it is there already', async () => {
    const { employees } = await fixture.createRun(people(1)).then(async (run) => {
      await fixture.store.finishRun(run.plan.id, emptyManifest(run), SLOT - 1);
      return run;
    });
    const inputs = { ...fixture.settings.run, skipInvalidEmployees: false, publish: false, now: SLOT };
    await createRunOfSlot(fixture.store, SLOT, { ...inputs, employeesFile: `${fixture.folder}/${employees.name}` });
    expect(await startDueSlot(process(skip), APPLIED, SLOT)).toMatchObject([{ outcome: 'started' }]);
  });

  test('skip: its own run, which somebody has queued already, is in nobody’s way', async () => {
    await enqueueRunStart(fixture.queues, slotRunId(SLOT), 1, SLOT);
    expect(await startDueSlot(process(skip), APPLIED, SLOT)).toMatchObject([{ outcome: 'started' }]);
  });

  test('start, the default: the slot is started beside a run that has not ended', async () => {
    const { plan } = await fixture.createRun(people(1));
    expect(await startDueSlot(process(), APPLIED, SLOT)).toMatchObject([{ outcome: 'started' }]);
    expect((await queuedRuns()).sort()).toEqual([plan.id, slotRunId(SLOT)].sort());
  });

  test('of processes that disagree, the first decision stands', async () => {
    await fixture.createRun(people(1));
    const both = [process(skip), process()].map((context) => startDueSlot(context, APPLIED, SLOT));
    const made = (await Promise.all(both)).flat();
    const [decision] = await fixture.schedule.decisions();
    expect(new Set(made.map(({ outcome }) => outcome))).toEqual(new Set([decision!.outcome]));
    expect((await queuedRuns()).includes(slotRunId(SLOT))).toBe(decision!.outcome === 'started');
  });
});
