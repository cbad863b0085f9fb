// Proves that the page shows how the weekly schedule stands, and that its buttons do what they say, once.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WorkerRegistry } from '../../../src/adapters/shared-state/worker-registry.ts';
import { slotRunId } from '../../../src/domain/schedule/slot.ts';
import { createRunOfSlot, enqueueRunStart } from '../../../src/producers/create-run.ts';
import { readSchedule } from '../../../src/queries/schedule-state.ts';
import { planOf } from '../../support/domain-values.ts';
import { takeJobs } from '../../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { type ServedDashboard, serveDashboard } from '../../support/served-dashboard.ts';

/** A Wednesday; the slots are on Mondays at 06:00 in Berlin. */
const NOW = Date.parse('2026-11-25T12:00:00Z');
const SLOT = Date.parse('2026-11-23T05:00:00Z');
const WEEK_MS = 7 * 86_400_000;
const WANTED = { cron: '0 6 * * 1', timeZone: 'Europe/Berlin' };
const CANARY = 'canary-9c1d';

let fixture: RunFixture;
let dashboard: ServedDashboard;
beforeAll(async () => {
  fixture = await openRunFixture();
  const env = { SCHEDULE_CRON: WANTED.cron, SCHEDULE_TIMEZONE: WANTED.timeZone };
  dashboard = await serveDashboard(fixture, env, { now: () => NOW, secrets: [CANARY] });
});
afterAll(async () => {
  await dashboard?.close();
  await fixture?.close();
});
beforeEach(() => fixture.reset());

async function show(path = '/schedule') {
  const response = await dashboard.ask(path);
  const page = await response.text();
  return { status: response.status, page, text: page.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ') };
}

async function press(what: string, fields: Record<string, string> = {}): Promise<string | null> {
  const response = await dashboard.ask(`/schedule/${what}`, { method: 'POST', body: new URLSearchParams(fields) });
  expect(response.status).toBe(303);
  return response.headers.get('location');
}

const state = () => readSchedule(fixture.queues, fixture.schedule);

describe('the schedule', () => {
  test('is not applied yet: what it would be, and a button that applies it', async () => {
    const { text, page } = await show();
    expect(text).toContain('State not applied yet Cron 0 6 * * 1 Time zone Europe/Berlin');
    expect(text).toMatch(
      /Slots that it would have Mon 2026-11-30 06:00 \+01:00 \(2026-11-30T05:00:00Z, in 4 days 17 h\)/,
    );
    expect(page.match(/<li><time/g)).toHaveLength(5);
    expect(text).toContain('No worker would start the next run. Start a worker: btc-fake worker');
    expect(page).not.toContain('/schedule/remove');

    expect(await press('apply')).toBe('/schedule?done=applied');
    expect((await state()).applied).toEqual({ ...WANTED, appliedAt: NOW });
    const applied = await show('/schedule?done=applied');
    expect(applied.text).toContain('The schedule of the settings is applied.');
    expect(applied.text).toContain('State applied');
    expect(applied.page).not.toContain('/schedule/apply');
    expect(await press('apply')).toBe('/schedule?done=unchanged');
  });

  test('is removed when that is meant, and stays so', async () => {
    await press('apply');
    const { page } = await show();
    expect(page).toMatch(/<details><summary>Remove the schedule.*data-confirm="Remove the schedule\?/s);
    expect(await press('remove')).toBe('/schedule?done=removed');
    expect(await press('remove')).toBe('/schedule?done=none');
    const { applied, removedAt, scheduler } = await state();
    expect([applied, removedAt, scheduler]).toEqual([undefined, NOW, undefined]);
    expect((await show()).text).toContain('State removed');
    expect(await press('apply')).toBe('/schedule?done=applied');
  });

  test('is another one than the settings say', async () => {
    await fixture.schedule.apply({ cron: '0 7 * * 2', timeZone: 'UTC' }, NOW, true);
    const { text } = await show();
    expect(text).toContain('another one is applied');
    expect(text).toContain('Cron 0 7 * * 2 Time zone UTC');
    expect(text).toContain('The settings of this dashboard say 0 6 * * 1 in Europe/Berlin.');
    expect(text).toContain('Tue 2026-12-01 07:00');
    await press('apply');
    expect((await state()).applied).toMatchObject(WANTED);
  });
});

describe('its last slots', () => {
  const apply = () => fixture.schedule.apply(WANTED, SLOT - 3 * WEEK_MS, true);
  const decided = (slot: number, outcome: 'missed' | 'skipped' | 'started') =>
    fixture.schedule.settle({
      slot,
      outcome,
      decidedAt: slot,
      ...(outcome === 'skipped' ? { inTheWay: planOf().id } : {}),
    });

  test('say what became of each, and how its run stands', async () => {
    await apply();
    await decided(SLOT - 2 * WEEK_MS, 'missed');
    await decided(SLOT - WEEK_MS, 'skipped');
    await decided(SLOT, 'started');
    const inputs = { skipInvalidEmployees: true, timeZone: 'UTC', feedDateFormat: 'yyyy_M_d', publish: false } as const;
    const employeesFile = join(fixture.folder, 'employees.csv');
    writeFileSync(employeesFile, 'employee_id,employee_edu_type\n1,a\n');
    const late = SLOT + 2 * 3_600_000;
    await createRunOfSlot(fixture.store, SLOT, { ...inputs, employeesFile, now: late });
    const { text, page } = await show();
    expect(text).toMatch(
      new RegExp(
        `Mon 2026-11-23 06:00 \\+01:00 started ${slotRunId(SLOT)} queued 2 h 0 min late ` +
          `Mon 2026-11-16 06:00 \\+01:00 skipped: run ${planOf().id} had not ended \\(SCHEDULE_OVERLAP\\) none ` +
          'Mon 2026-11-09 06:00 \\+01:00 missed: no worker was there in time none',
      ),
    );
    expect(page).toContain(`href="/runs/${slotRunId(SLOT)}"`);
    expect(page).not.toContain('/schedule/make-up');
  });

  test('one whose employees file was bad shows why, without a secret', async () => {
    await apply();
    await decided(SLOT, 'started');
    await enqueueRunStart(fixture.queues, slotRunId(SLOT), 1, SLOT);
    await takeJobs(fixture, 'run-start', 1, () => `EMPLOYEES_INVALID: <b> ${CANARY}`);
    const { page, text } = await show();
    expect(text).toContain(`${slotRunId(SLOT)} failed`);
    expect(page).toContain('EMPLOYEES_INVALID: &lt;b&gt; [secret]');
  });

  test.each(['missed', 'skipped'] as const)('the last one, %s, can be started late, once', async (outcome) => {
    await apply();
    await decided(SLOT - WEEK_MS, 'started');
    await decided(SLOT, outcome);
    const { text, page } = await show();
    expect(text).toContain('The last slot, Mon 2026-11-23 06:00 +01:00 , has no run.');
    expect(page).toContain(`name="slot" value="${SLOT}"`);
    expect(await Promise.all([press('make-up', { slot: `${SLOT}` }), press('make-up', { slot: `${SLOT}` })])).toContain(
      '/schedule?done=made-up',
    );
    expect(await press('make-up', { slot: `${SLOT}` })).toBe('/schedule?done=not-missed');
    const [job, ...others] = await fixture.queues.byName['run-start'].getWaiting();
    expect([job?.id, job?.data, others]).toEqual([
      slotRunId(SLOT),
      { version: 1, runId: slotRunId(SLOT), slot: SLOT },
      [],
    ]);
    expect((await show()).page).not.toContain('/schedule/make-up');
  });

  test('an undecided slot can be started when the workers have had their time', async () => {
    await apply();
    expect((await show()).text).toContain('It was not started by anybody.');
    expect(await press('make-up', { slot: `${SLOT}` })).toBe('/schedule?done=made-up');
  });

  test('no other slot is started, whatever is sent', async () => {
    await apply();
    await decided(SLOT - WEEK_MS, 'missed');
    await decided(SLOT, 'started');
    for (const slot of [`${SLOT - WEEK_MS}`, `${SLOT}`, `${SLOT + WEEK_MS}`, 'x', '']) {
      expect(await press('make-up', { slot })).toBe('/schedule?done=not-missed');
    }
    await decided(SLOT, 'missed');
    expect(await press('make-up', { slot: `${SLOT - WEEK_MS}` })).toBe('/schedule?done=not-missed');
    expect(await fixture.queues.byName['run-start'].getWaitingCount()).toBe(0);
  });
});

test('the workers that are alive, what they serve, and whose clock is wrong', async () => {
  const registry = new WorkerRegistry(fixture.redis);
  const worker = { pid: 7, version: '1.2.3', concurrency: 50, startedAt: NOW - 60_000 };
  await registry.announce({ ...worker, id: 'a', host: 'alpha', queues: ['employee-simulation'] }, Date.now);
  await fixture.schedule.apply(WANTED, NOW, true);
  const unserved = await show();
  expect(unserved.text).toContain('No worker would start the next run.');
  expect(unserved.text).toMatch(/alpha \(7\) 1\.2\.3 employee-simulation 50 1 min \d+ ms (ahead|behind)/);
  await registry.announce({ ...worker, id: 'b', host: 'beta', queues: ['run-start'] }, () => Date.now() - 90_000);
  const { text } = await show();
  expect(text).not.toContain('Nobody would start');
  expect(text).toMatch(
    /beta \(7\) 1\.2\.3 run-start 50 1 min 1 min (29|30|31)? ?s? ?behind Set the clock of this host\./,
  );
});
