// S: what can happen to the weekly schedule. A run of a slot is judged against the run of the same seed and as-of that
// somebody started by hand, in peace.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ScheduleStore } from '../../src/adapters/shared-state/schedule-store.ts';
import type { RunReport } from '../../src/cli/run/report.ts';
import { formatInstant } from '../../src/domain/feeds/rows.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { slotRunId } from '../../src/domain/schedule/slot.ts';
import { assertWeekly, nextSlots } from '../../src/domain/schedule/slots.ts';
import { readSchedule } from '../../src/queries/schedule-state.ts';
import type { RunningBtcFake } from '../support/btc-fake.ts';
import { failureOf } from '../support/failure-of.ts';
import { type FaultFixture, openFaultFixture } from '../support/fault-fixture.ts';
import { judge } from '../support/fault-oracle.ts';
import { fails } from '../support/faulty-recommender.ts';
import { testAtFullSize } from '../support/full-size.ts';
import { readRunFiles } from '../support/run-files.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ALL_TIME_ZONES, clockChanges, offsetAt, wallTime } from '../support/wall-clock.ts';

const EMPLOYEES = 30;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const FIVE_YEARS_MS = 5 * 365.25 * DAY_MS;
const SHIFT_CLOCK = pathToFileURL(join(import.meta.dirname, '../support/shift-clock.mjs')).href;
const QUARTER_MS = 15 * MINUTE_MS;
const FULL_SIZE_LIMIT_MS = 300_000;

let fixture: FaultFixture;
let schedule: ScheduleStore;
let failing: ReadonlySet<number>;

beforeAll(async () => {
  fixture = await openFaultFixture({
    employees: EMPLOYEES,
    misbehave: (id) => (failing.has(id) ? fails(404) : undefined),
    env: { BUSINESS_TIMEZONE: 'UTC' },
  });
  schedule = new ScheduleStore(fixture.connection);
});
beforeEach(async () => {
  failing = new Set();
  await fixture.connection.flushall();
});
afterAll(() => fixture?.close());

const minute = (at: number): number => Math.floor(at / MINUTE_MS) * MINUTE_MS;
/** The minute that comes when workers have had time to start. */
const soon = (): number => minute(Date.now() + 1.75 * MINUTE_MS);
/** Every day at that time. */
const daily = (slot: number): string => `${new Date(slot).getUTCMinutes()} ${new Date(slot).getUTCHours()} * * *`;
const settings = (slot: number, more: Record<string, string> = {}) => ({ SCHEDULE_CRON: daily(slot), ...more });
const offBy = (ms: number) => ({ NODE_OPTIONS: `--import ${SHIFT_CLOCK}`, SHIFT_CLOCK_MS: String(ms) });
const said = (workers: readonly RunningBtcFake[]): string => workers.map(({ stderr }) => stderr).join('');
const runIds = async () => (await fixture.store.listRuns(100)).map(({ plan }) => plan.id);

/** Applies the schedule by a machine whose clock is right, as if that had been an hour before the slot. */
async function appliedBefore(slot: number): Promise<void> {
  expect((await fixture.start(['schedule', 'apply'], settings(slot)).ended).code).toBe(0);
  await fixture.connection.hset('{btc-fake}:schedule', 'appliedAt', slot - HOUR_MS);
}

/** Starts workers at once and waits until all of them look after the schedule. */
async function working(count: number, env: Record<string, string>, limitMs?: number): Promise<RunningBtcFake[]> {
  const workers = Array.from({ length: count }, () => fixture.start(['worker'], env, limitMs));
  await Promise.all(workers.map((worker) => worker.waitForStderr('Working; stop with', 30_000)));
  return workers;
}

async function stop(workers: readonly RunningBtcFake[]): Promise<void> {
  for (const worker of workers) worker.signal('SIGTERM');
  for (const worker of workers) expect((await worker.ended).code).toBe(0);
}

/**
 * The fixture with the files that the run of a slot must have. Asks the recommender for everybody; that is forgotten.
 */
async function expecting(slot: number): Promise<FaultFixture> {
  const args = ['run', '--seed', slotRunId(slot), '--as-of', formatInstant(slot), '--with-workers', '--json'];
  const report = (await fixture.start(args).ended).json<RunReport>();
  await fixture.connection.flushall();
  fixture.recommender.forgetCalls();
  return { ...fixture, reference: await readRunFiles(report, fixture.workspace.folder) };
}

/** Waits until the run of a slot is there; it is made by a worker. */
const made = (slot: number, limitMs = 30_000) =>
  waitUntil('the run is made', async () => (await runIds()).includes(slotRunId(slot)), limitMs);

async function finished(slot: number, limitMs?: number): Promise<void> {
  await made(slot, limitMs);
  await fixture.reaches(slotRunId(slot), 'finished');
}

/** Holds that there is one schedule, and nothing on run-start but its next tick. */
async function expectOneSchedule(): Promise<void> {
  const queue = fixture.queues.byName['run-start'];
  expect(await queue.getJobSchedulersCount()).toBe(1);
  const waiting = await queue.getJobs(['waiting', 'delayed', 'active', 'failed']);
  expect(waiting.map(({ name }) => name)).toEqual(['tick']);
}

test('S1: of ten workers that start at once with a slot missed, one has its run made, once, and the bytes are right', async () => {
  const slot = minute(Date.now()) - 3 * HOUR_MS;
  const expected = await expecting(slot);
  await appliedBefore(slot);
  const workers = await working(10, settings(slot));
  await finished(slot);
  expect(await runIds()).toEqual([slotRunId(slot)]);
  await expectOneSchedule();
  await stop(workers);
  expect(said(workers).match(/"The scheduled run was made 3 h /g)).toHaveLength(1);
  await judge(expected, slotRunId(slot));
}, 90_000);

testAtFullSize(
  'S1: of twenty workers that start at once before a slot, one makes its run when it comes, by itself',
  async () => {
    const slot = soon();
    const expected = await expecting(slot);
    const workers = await working(20, settings(slot), FULL_SIZE_LIMIT_MS);
    await finished(slot, FULL_SIZE_LIMIT_MS);
    expect(await runIds()).toEqual([slotRunId(slot)]);
    await expectOneSchedule();
    await stop(workers);
    await judge(expected, slotRunId(slot));
  },
  FULL_SIZE_LIMIT_MS,
);

describe('S2: a slot at which everything was down, Redis too,', () => {
  test('has its run once, late, marked as late, no matter who starts afterwards', async () => {
    const slot = minute(Date.now()) - 5 * HOUR_MS;
    const expected = await expecting(slot);
    await appliedBefore(slot);
    await fixture.redis.kill();
    await fixture.redis.restart();
    const first = await working(1, settings(slot));
    await finished(slot);
    await stop(first);
    const others = await working(2, settings(slot));
    await stop(others);
    expect(await runIds()).toEqual([slotRunId(slot)]);
    const { lateMs } = await fixture.report(slotRunId(slot));
    expect(lateMs).toBeGreaterThanOrEqual(5 * HOUR_MS);
    const { stdout } = await fixture.start(['status', slotRunId(slot)]).ended;
    expect(stdout).toContain(`Slot     ${formatInstant(slot)}, made 5 h `);
    expect(said([...first, ...others]).match(/"The scheduled run is queued 5 h /g)).toHaveLength(1);
    await judge(expected, slotRunId(slot));
  });

  test('longer ago than SCHEDULE_CATCH_UP_HOURS has none, and that is told', async () => {
    const slot = minute(Date.now()) - 5 * HOUR_MS;
    await appliedBefore(slot);
    const workers = await working(2, settings(slot, { SCHEDULE_CATCH_UP_HOURS: '4' }));
    await waitUntil('it is told', () => said(workers).includes('A scheduled run was missed'));
    await stop(workers);
    expect(await runIds()).toEqual([]);
    expect(await schedule.decisions()).toMatchObject([{ slot, outcome: 'missed' }]);
    await expectOneSchedule();
  });
});

describe('S3: in every time zone, for five years,', () => {
  const from = Date.parse('2026-11-21T10:00:00Z');
  const until = from + FIVE_YEARS_MS;
  /** One zone of each set of rules: those whose clocks show the same for five years have the same slots. */
  const anyRules = () => {
    const rules = ALL_TIME_ZONES.map((zone): [string, string] => {
      const changes = clockChanges(zone, from, until);
      return [JSON.stringify([offsetAt(from, zone), ...changes.map((at) => [at, offsetAt(at, zone)])]), zone];
    });
    return [...new Map(rules).values()];
  };
  /** Holds that the slots of five years are a week apart by the clock on the wall. @returns what it shows at them. */
  const expectWeekly = (cron: string, timeZone: string): Set<string> => {
    const slots = nextSlots({ cron, timeZone }, from, 5 * 53).filter((slot) => slot < until);
    const shown = slots.map((slot) => wallTime(slot, timeZone));
    const days = shown.slice(1).map(({ date }, i) => (Date.parse(date) - Date.parse(shown[i]!.date)) / DAY_MS);
    expect([timeZone, cron, slots.length >= 260, ...new Set(days)]).toEqual([timeZone, cron, true, 7]);
    return new Set(shown.map(({ weekday, time }) => `${weekday} ${time}`));
  };
  const MONDAY_AT_SIX = '0 6 * * 1';

  test('Monday at six comes once a week, at six', () => {
    expect(ALL_TIME_ZONES.length).toBeGreaterThan(400);
    const zones = anyRules();
    expect(zones.length).toBeGreaterThan(40);
    for (const zone of zones) expect(expectWeekly(MONDAY_AT_SIX, zone)).toEqual(new Set(['Mon 06:00:00']));
  });

  testAtFullSize(
    'times that a change of the clocks touches come once a week too, or are refused',
    async () => {
      const refused: string[] = [];
      for (const timeZone of [...anyRules(), 'America/Santiago', 'Asia/Tokyo']) {
        for (const cron of ['0 0 * * 0', '30 2 * * 0']) {
          expectWeekly(cron, timeZone);
          const refusal = await failureOf(() => assertWeekly({ cron, timeZone }, from)).catch(() => undefined);
          if (refusal) refused.push(`${cron} ${timeZone}`);
        }
      }
      expect(refused).toContain('0 0 * * 0 America/Santiago');
      expect(refused).not.toContain('30 2 * * 0 Asia/Tokyo');
    },
    2 * FULL_SIZE_LIMIT_MS,
  );
});

describe('S4: a worker whose clock is 15 minutes', () => {
  test('ahead wakes the schedule up too early, but starts nothing, and is warned of', async () => {
    const slot = minute(Date.now()) + 11 * MINUTE_MS;
    await appliedBefore(slot);
    const workers = [...(await working(1, settings(slot, offBy(QUARTER_MS)))), ...(await working(1, settings(slot)))];
    await workers[0]!.waitForStderr("The schedule's tick came too early");
    await workers[0]!.waitForStderr("This machine's clock is 900 s ahead of Redis'");
    const shown = (await fixture.start(['schedule', 'show', '--json'], settings(slot)).ended).json<{
      workers: { pid: number; clockIsOff: boolean }[];
    }>();
    const [off] = shown.workers.filter(({ clockIsOff }) => clockIsOff);
    expect(off?.pid).toBe(workers[0]!.child.pid);
    await stop(workers);
    expect(await runIds()).toEqual([]);
    const { decisions, scheduler } = await readSchedule(fixture.queues, schedule);
    expect(decisions).toEqual([]);
    // Its tick is spent; the workers' look of each minute starts it when it has come.
    expect(scheduler?.next).toBe(slot + DAY_MS);
    expect(await fixture.queues.byName['run-start'].getJobCountByTypes('waiting', 'failed', 'active')).toBe(0);
  });

  test('behind starts a slot that is due by Redis, once, with others beside it', async () => {
    const slot = minute(Date.now()) - 3 * MINUTE_MS;
    const expected = await expecting(slot);
    await appliedBefore(slot);
    const off = await working(1, settings(slot, offBy(-QUARTER_MS)));
    await finished(slot);
    const others = await working(1, settings(slot, offBy(QUARTER_MS)));
    await stop([...off, ...others]);
    expect(said(off)).toContain("This machine's clock is 900 s behind Redis'");
    expect(await runIds()).toEqual([slotRunId(slot)]);
    const { createdAt } = await fixture.store.getRun(slotRunId(slot));
    expect(Math.abs(createdAt - Date.now())).toBeLessThan(MINUTE_MS);
    await judge(expected, slotRunId(slot));
  });

  testAtFullSize(
    'ahead, and a machine as much behind, start a slot once and not before it comes',
    async () => {
      const slot = soon();
      const expected = await expecting(slot);
      await appliedBefore(slot);
      const ahead = await working(2, settings(slot, offBy(QUARTER_MS)), FULL_SIZE_LIMIT_MS);
      const behind = await working(2, settings(slot, offBy(-QUARTER_MS)), FULL_SIZE_LIMIT_MS);
      await finished(slot, FULL_SIZE_LIMIT_MS);
      await stop([...ahead, ...behind]);
      expect(await runIds()).toEqual([slotRunId(slot)]);
      expect((await fixture.store.getRun(slotRunId(slot))).createdAt).toBeGreaterThanOrEqual(slot - MINUTE_MS / 2);
      await judge(expected, slotRunId(slot));
    },
    FULL_SIZE_LIMIT_MS,
  );
});

describe('S5: when a slot comes while the run of an earlier one waits for failed employees,', () => {
  const earlier = () => minute(Date.now()) - 3 * HOUR_MS;
  const later = () => minute(Date.now()) - HOUR_MS;

  /** A run of an earlier slot, one employee of which has failed; then a later slot has come. */
  async function waitingRun(first: number, second: number): Promise<RunId> {
    await appliedBefore(first);
    failing = new Set([fixture.ids[3]!]);
    const workers = await working(1, settings(first));
    await made(first);
    await fixture.reaches(slotRunId(first), 'incomplete');
    await stop(workers);
    failing = new Set();
    await appliedBefore(second);
    return slotRunId(first);
  }

  test('start: both runs are there to be seen, and both come to their files', async () => {
    const [first, second] = [earlier(), later()];
    const [expectedFirst, expectedSecond] = [await expecting(first), await expecting(second)];
    const waiting = await waitingRun(first, second);
    const workers = await working(1, settings(second));
    await finished(second);
    const shown = (await fixture.start(['runs', '--json']).ended).json<{ runId: string; state: string }[]>();
    expect(shown.map(({ runId, state }) => `${runId} ${state}`)).toEqual([
      `${slotRunId(second)} finished`,
      `${waiting} incomplete`,
    ]);
    expect((await fixture.start(['retry', waiting, '--json']).ended).code).toBe(0);
    await stop(workers);
    // One call for each run, and one more for the employee who failed.
    const extraCalls = () => 2;
    await judge(expectedFirst, waiting, { extraCalls });
    await judge(expectedSecond, slotRunId(second), { extraCalls });
  }, 60_000);

  test('skip: the later one is skipped, and that is told; the earlier one comes to its files', async () => {
    const [first, second] = [earlier(), later()];
    const expected = await expecting(first);
    const waiting = await waitingRun(first, second);
    const workers = await working(1, settings(second, { SCHEDULE_OVERLAP: 'skip' }));
    await workers[0]!.waitForStderr(`The scheduled run is skipped: run ${waiting} has not ended`);
    expect((await schedule.decisions())[0]).toMatchObject({ slot: second, outcome: 'skipped', inTheWay: waiting });
    const { stdout } = await fixture.start(['schedule', 'show'], settings(second)).ended;
    expect(stdout).toMatch(/skipped/);
    expect((await fixture.start(['retry', waiting, '--json']).ended).code).toBe(0);
    await stop(workers);
    expect(await runIds()).toEqual([waiting]);
    await judge(expected, waiting, { extraCalls: () => 1 });
  }, 60_000);
});
