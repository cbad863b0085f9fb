// Proves that a scheduled run whose start failed is seen with its reason, and can be put back, though there is no run.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { slotRunId } from '../../src/domain/schedule/slot.ts';
import { createRunOfSlot, enqueueRunStart } from '../../src/producers/create-run.ts';
import { requeueFailed, requeueJobs } from '../../src/producers/requeue.ts';
import { findUnstarted, runStatusById, unstartedRuns } from '../../src/queries/unstarted-runs.ts';
import { instant, planOf } from '../support/domain-values.ts';
import { failureOf } from '../support/failure-of.ts';
import { takeJobs } from '../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { people } from '../support/run-state.ts';

const SLOT = instant('2026-11-23T06:00:00Z');
const RUN = slotRunId(SLOT);
const REASON = 'EMPLOYEES_INVALID: employees.csv: 1 row is wrong';
let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

const queue = (slot = SLOT) => enqueueRunStart(fixture.queues, slotRunId(slot), 3, slot);
const fail = () => takeJobs(fixture, 'run-start', 1, () => REASON);
const none = { employees: 0, done: 0, failed: 0 };

test('a run that waits to begin is queued, a run whose start failed is failed, with the reason', async () => {
  await queue();
  expect(await findUnstarted(fixture.queues, fixture.store, RUN)).toEqual({
    runId: RUN,
    slot: SLOT,
    state: 'queued',
    queuedAt: expect.any(Number),
  });
  expect(await runStatusById(fixture.queues, fixture.store, RUN)).toEqual({
    state: 'queued',
    stage: 'run-start',
    counts: none,
  });
  await fail();
  expect(await findUnstarted(fixture.queues, fixture.store, RUN)).toMatchObject({ state: 'failed', reason: REASON });
  expect(await runStatusById(fixture.queues, fixture.store, RUN)).toEqual({
    state: 'failed',
    stage: 'run-start',
    counts: none,
    reason: REASON,
  });
});

test('they are listed by slot, the latest first, and neither ticks nor runs that are there are among them', async () => {
  await fixture.createRun(people(1));
  await fixture.queues.byName['run-start'].add('tick', { version: 1 });
  await queue(SLOT - 1000);
  await takeJobs(fixture, 'run-start', 3, ({ data }) => (data.slot ? REASON : undefined));
  await queue(SLOT);
  const found = await unstartedRuns(fixture.queues, fixture.store);
  expect(found.map(({ runId, state }) => [runId, state])).toEqual([
    [RUN, 'queued'],
    [slotRunId(SLOT - 1000), 'failed'],
  ]);
});

test('a run that has begun is a run like others', async () => {
  await queue();
  const { settings, folder } = fixture;
  const { employees } = await fixture.createRun(people(2));
  await createRunOfSlot(fixture.store, SLOT, {
    employeesFile: `${folder}/${employees.name}`,
    skipInvalidEmployees: false,
    ...settings.run,
    publish: false,
    now: SLOT,
  });
  expect(await findUnstarted(fixture.queues, fixture.store, RUN)).toBeUndefined();
  expect(await unstartedRuns(fixture.queues, fixture.store)).toEqual([]);
  expect(await runStatusById(fixture.queues, fixture.store, RUN)).toMatchObject({
    state: 'queued',
    counts: { employees: 2 },
  });
});

test('re-queuing one puts its start back, with all its attempts, and once', async () => {
  await queue();
  await fail();
  expect(await requeueFailed(fixture.queues, fixture.store, RUN, 3)).toEqual({ employees: 0, stages: ['run-start'] });
  expect(await fixture.job('run-start', RUN)).toMatchObject({ attemptsMade: 0, data: { slot: SLOT } });
  expect(await fixture.queues.byName['run-start'].getWaitingCount()).toBe(1);
  expect(await requeueFailed(fixture.queues, fixture.store, RUN, 3)).toEqual({ employees: 0, stages: [] });
});

test('so does re-queuing its job', async () => {
  await queue();
  await fail();
  await requeueJobs(fixture.queues, fixture.store, [await fixture.job('run-start', RUN)], 3);
  expect(await fixture.queues.byName['run-start'].getWaitingCount()).toBe(1);
});

test('what is neither a run nor about to be one is not found', async () => {
  const { id } = planOf({ id: 'run-unknown' });
  expect(await findUnstarted(fixture.queues, fixture.store, id)).toBeUndefined();
  expect((await failureOf(runStatusById(fixture.queues, fixture.store, id))).code).toBe('RUN_NOT_FOUND');
  expect((await failureOf(requeueFailed(fixture.queues, fixture.store, id, 3))).code).toBe('RUN_NOT_FOUND');
  // Its employees are not known yet, so none of them can have failed.
  await queue();
  await fail();
  const [employee] = people(1);
  expect((await failureOf(requeueFailed(fixture.queues, fixture.store, RUN, 3, [employee!.id]))).code).toBe(
    'RUN_NOT_FOUND',
  );
});
