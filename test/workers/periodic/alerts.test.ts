// Proves what a webhook is told of runs: each thing once however many workers there are, again when it happens again,
// later when the webhook is away, and nothing of what is long past.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunId } from '../../../src/domain/ids.ts';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { slotRunId } from '../../../src/domain/schedule/slot.ts';
import { cancelRun } from '../../../src/producers/cancel-run.ts';
import { enqueueRunStart } from '../../../src/producers/create-run.ts';
import { finishWithoutFailed, requeueFailed } from '../../../src/producers/requeue.ts';
import { alertsTask } from '../../../src/workers/periodic/alerts.ts';
import type { WorkerContext } from '../../../src/workers/runtime/worker-context.ts';
import { fannedOutRun, takeJobs } from '../../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { emptyManifest, newRun, people } from '../../support/run-state.ts';
import { startWebhook, WEBHOOK_SECRET, type WebhookServer } from '../../support/webhook-server.ts';

const HOUR_MS = 3_600_000;
const QUICK = { timeoutMs: 200, delaysMs: [1, 1] };
let fixture: RunFixture;
let webhook: WebhookServer;
let answer: (nth: number) => number | 'hang';

beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(async () => {
  await fixture.reset();
  answer = () => 200;
  webhook = await startWebhook((nth) => answer(nth));
});
afterEach(() => webhook.close());

/** One round of the duty, as it stands in a worker. */
const round = (overrides: Partial<WorkerContext> = {}) =>
  alertsTask({ ...fixture, ...overrides }, webhook.url, QUICK).run();
const told = () => webhook.messages.map(({ event }) => event);
/** Lets alerts be sent from now on, as the first worker with a webhook does. */
const begin = () => round();

async function runWithFailed(count = 3): Promise<RunRecord> {
  const run = await fannedOutRun(fixture, people(count), 1);
  await takeJobs(fixture, 'employee-simulation', count, () => 'no');
  return run;
}
const end = (run: RunRecord, at = Date.now()) => fixture.store.finishRun(run.plan.id, emptyManifest(run), at);

test('a run that ended: told once, by however many workers, in words and in figures', async () => {
  await begin();
  const run = await fannedOutRun(fixture, people(2));
  for (const position of [0, 1])
    await fixture.store.putResult(run.plan, position, { recommendations: [], completions: [] });
  await end(run, run.createdAt + 90_000);
  await Promise.all(Array.from({ length: 8 }, () => round()));
  await round();
  expect(webhook.messages).toEqual([
    {
      event: 'finished',
      text: `Run ${run.plan.id} has finished: 2 employees in 1 min 30 s`,
      runId: run.plan.id,
      state: 'finished',
      slot: null,
      counts: { employees: 2, done: 2, failed: 0 },
      at: `${new Date(run.createdAt + 90_000).toISOString().slice(0, 19)}Z`,
    },
  ]);
});

test('a run that waits for failed employees: told once, and again when it comes to that again', async () => {
  await begin();
  const run = await runWithFailed();
  const attempts = fixture.settings.queues.jobAttempts;
  await round();
  await round();
  expect(told()).toEqual(['incomplete']);
  expect(webhook.messages[0]).toMatchObject({ state: 'incomplete', counts: { employees: 3, done: 0, failed: 3 } });
  expect(webhook.messages[0]!.text).toMatch(/waits for 3 failed employees; 0 of 3 employees done.*btc-fake retry run-/);
  // Between two rounds one who failed last is re-queued and fails again.
  await requeueFailed(fixture.queues, fixture.store, run.plan.id, attempts, [people(3)[2]!.id]);
  await takeJobs(fixture, 'employee-simulation', 1, () => 'again');
  await round();
  expect(told()).toEqual(['incomplete', 'incomplete']);
  await finishWithoutFailed(fixture.queues, fixture.store, run.plan.id);
  await end(run);
  await round();
  expect(told()).toEqual(['incomplete', 'incomplete', 'finished-without']);
  expect(webhook.messages[2]!.text).toMatch(/has finished without 3 of 3 employees/);
});

test('a run whose stage failed: told with the reason', async () => {
  await begin();
  const run = await fixture.createRunWithFlow(people(1));
  await takeJobs(fixture, 'catalog-download', 1, () => 'CATALOG_MISSING: no file');
  await round();
  await round();
  expect(told()).toEqual(['failed']);
  expect(webhook.messages[0]!.text).toBe(
    `Run ${run.plan.id} stands still, because a stage failed: CATALOG_MISSING: no file`,
  );
});

test('a run that was cancelled: told once, by whom, and never that it is overdue', async () => {
  await begin();
  const run = await runWithFailed();
  const request = { by: 'anna on build-7', now: Date.now(), retentionMs: HOUR_MS };
  await cancelRun(fixture.queues, fixture.store, run.plan.id, request);
  await round();
  await round({ now: () => Date.now() + 24 * HOUR_MS });
  expect(told()).toEqual(['cancelled']);
  expect(webhook.messages[0]!.text).toMatch(
    /^Run run-\S+ was cancelled by anna on build-7 at \S+Z, at the stage employee-simulation, with 0 of 3 employees done$/,
  );
});

test('a run that is overdue: told once, counted from its slot', async () => {
  await begin();
  const slot = Date.now() - 2 * HOUR_MS;
  const plan = { id: 'run-x' as RunId, seed: 's', asOf: slot, timeZone: 'UTC', feedDateFormat: 'yyyy_M_d' } as const;
  await fixture.store.createRun(newRun(plan, people(1), { createdAt: Date.now(), slot }));
  await round({ now: () => slot + 6 * HOUR_MS - 1 });
  expect(told()).toEqual([]);
  await round({ now: () => slot + 6 * HOUR_MS });
  await round({ now: () => slot + 7 * HOUR_MS });
  expect(told()).toEqual(['overdue']);
  expect(webhook.messages[0]!.text).toBe(
    'Scheduled run run-x is overdue: it should have begun 6 h 0 min ago; it is queued, 0 of 1 employee done',
  );
});

test('scheduled runs that are not there: one could not start, one was missed, one was skipped', async () => {
  await begin();
  const slot = Date.parse('2026-11-23T06:00:00Z');
  await enqueueRunStart(fixture.queues, slotRunId(slot), 1, slot);
  await takeJobs(fixture, 'run-start', 1, () => 'EMPLOYEES_INVALID: line 3');
  const decidedAt = Date.now();
  await fixture.schedule.decide({ slot: slot - HOUR_MS, outcome: 'missed', decidedAt });
  await fixture.schedule.decide({
    slot: slot - 2 * HOUR_MS,
    outcome: 'skipped',
    decidedAt,
    inTheWay: 'run-y' as RunId,
  });
  await fixture.schedule.decide({ slot: slot - 3 * HOUR_MS, outcome: 'started', decidedAt });
  await round();
  await round();
  expect(webhook.messages.map(({ event, state, slot: at }) => [event, state, at]).sort()).toEqual([
    ['not-started', 'failed', '2026-11-23T06:00:00Z'],
    ['not-started', 'missed', '2026-11-23T05:00:00Z'],
    ['not-started', 'skipped', '2026-11-23T04:00:00Z'],
  ]);
  const texts = webhook.messages.map(({ text }) => text).join('\n');
  expect(texts).toContain('has not started: EMPLOYEES_INVALID: line 3');
  expect(texts).toContain('because run run-y had not ended');
});

describe('old news is not told:', () => {
  test('what happened before the webhook was there', async () => {
    const run = await fannedOutRun(fixture, people(1));
    await end(run, Date.now() - 1_000);
    await runWithFailed(1);
    await round({ now: () => Date.now() + 1_000 });
    await round();
    expect(told()).toEqual([]);
  });

  test('what happened days ago, while nobody could tell it', async () => {
    await round({ now: () => Date.now() - 5 * 24 * HOUR_MS });
    await end(await fannedOutRun(fixture, people(1)), Date.now() - 49 * HOUR_MS);
    await round();
    expect(told()).toEqual([]);
    await end(await fannedOutRun(fixture, people(1)), Date.now() - 47 * HOUR_MS);
    await round();
    expect(told()).toEqual(['finished']);
  });
});

describe('a webhook that does not take it:', () => {
  test('the next round tells it, and one run that cannot be told does not hold up another', async () => {
    await begin();
    const [first, second] = [await fannedOutRun(fixture, people(1)), await fannedOutRun(fixture, people(1))];
    await end(first, Date.now() - 10);
    await end(second);
    answer = (nth) => (nth <= 3 ? 500 : 200);
    await expect(round()).rejects.toMatchObject({ code: 'WEBHOOK_FAILED', message: 'The webhook answered 500' });
    expect(webhook.messages.map(({ runId }) => runId)).toEqual([...Array(3).fill(first.plan.id), second.plan.id]);
    await round();
    await round();
    expect(webhook.messages.slice(4).map(({ runId }) => runId)).toEqual([first.plan.id]);
    expect(JSON.stringify(fixture.log)).not.toContain(WEBHOOK_SECRET);
  });

  test('while one worker waits for it, no other sends the same', async () => {
    await begin();
    await end(await fannedOutRun(fixture, people(1)));
    answer = () => 'hang';
    const waiting = round().catch((error) => error.message);
    while (webhook.messages.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await round();
    expect(webhook.messages).toHaveLength(1);
    expect(await waiting).toBe('The webhook did not answer within 200 ms');
  });

  test('a worker that died while it sent: another tells it, once the claim is over', async () => {
    await begin();
    const run = await fannedOutRun(fixture, people(1));
    await end(run);
    const claim = `{btc-fake}:run:${run.plan.id}:alerts:finished`;
    await fixture.redis.set(claim, '1', 'PX', 60_000);
    await round();
    expect(told()).toEqual([]);
    await fixture.redis.del(claim);
    await round();
    expect(told()).toEqual(['finished']);
    expect(await fixture.redis.exists(claim)).toBe(0);
  });
});

test('what was told is forgotten when the run is', async () => {
  await begin();
  const run = await fannedOutRun(fixture, people(1));
  await end(run);
  await round();
  const ttl = await fixture.redis.ttl(`{btc-fake}:run:${run.plan.id}:alerts`);
  const retention = fixture.settings.run.retentionMs / 1_000;
  expect(ttl).toBeGreaterThan(retention - 60);
  expect(ttl).toBeLessThanOrEqual(retention);
});
