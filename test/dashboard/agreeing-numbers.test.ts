// Proves that the page of a run shows the same numbers in all its parts, no matter who is being done or counted
// meanwhile.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { RunStore } from '../../src/adapters/run-store/store.ts';
import type { RunRecord } from '../../src/domain/run/record.ts';
import { simulateEmployee } from '../../src/domain/simulation/employee-outcome.ts';
import { cancelRun } from '../../src/producers/cancel-run.ts';
import { finishWithoutFailed } from '../../src/producers/requeue.ts';
import { contentIds } from '../support/domain-values.ts';
import { fannedOutRun, takeJobs } from '../support/job-moves.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { emptyManifest, fullAssignments, people } from '../support/run-state.ts';
import { type ServedDashboard, serveDashboard } from '../support/served-dashboard.ts';
import { waitUntil } from '../support/wait-until.ts';

const EMPLOYEES = people(90);
let fixture: RunFixture;
let dashboard: ServedDashboard;
let now: number;

beforeAll(async () => {
  fixture = await openRunFixture();
  dashboard = await serveDashboard(fixture, {}, { now: () => now });
});
beforeEach(async () => {
  await fixture.reset();
  now = Date.now();
});
afterAll(async () => {
  await dashboard?.close();
  await fixture?.close();
});

const numberAt = (html: string, pattern: RegExp) => Number(pattern.exec(html)?.[1]?.replaceAll(',', '') ?? Number.NaN);

/** What each part of the page says about how many are done and how many have failed. */
async function numbersOf({ plan }: RunRecord) {
  const html = await (await dashboard.ask(`/runs/${plan.id}`)).text();
  const byType = Array.from(html.matchAll(/data-label="Done">([\d,]+)</g), ([, n]) => Number(n!.replaceAll(',', '')));
  return {
    done: [
      numberAt(html, /<dt>Done<\/dt><dd>([\d,]+) of/),
      numberAt(html, /<progress max="\d+" value="(\d+)"/),
      numberAt(html, /<span>[\w ]+: ([\d,]+) of/),
      ...(byType.length > 0 ? [byType.reduce((sum, n) => sum + n, 0)] : []),
    ],
    failed: [
      numberAt(html, /<dt>(?:Failed|Left out)<\/dt><dd>([\d,]+)</),
      ...Array.from(html.matchAll(/id="failed-title">[^:]+: ([\d,]+) /g), ([, n]) => Number(n)),
    ],
    isCounted: byType.length > 0,
    isBehind: html.includes('are counted so far'),
    text: html,
  };
}

async function beDone(run: RunRecord, count: number): Promise<void> {
  await takeJobs(fixture, 'employee-simulation', count, async ({ data }) => {
    const result = simulateEmployee(run.plan, EMPLOYEES[data.position]!, fullAssignments(0), contentIds(5));
    await fixture.store.putResult(run.plan, data.position, result);
    return undefined;
  });
}

const oneOf = (numbers: readonly number[]) => [...new Set(numbers)];

test('the bar, the flow and the table by employee type say the same while employees are done between two looks', async () => {
  const run = await fannedOutRun(fixture, EMPLOYEES);
  await waitUntil('the employees are counted', async () => (await numbersOf(run)).isCounted);
  for (let turn = 0; turn < 8; turn += 1) {
    await beDone(run, 5);
    // Less than a second after the look before: the table is not made again.
    now += turn % 2 === 0 ? 100 : 1_000;
    const { done, isBehind } = await numbersOf(run);
    expect([turn, isBehind, oneOf(done).length]).toEqual([turn, false, 1]);
  }
  await waitUntil('all are shown', async () => {
    now += 1_000;
    return (await numbersOf(run)).done[0] === 40;
  });
});

test('a table that is far behind says how many it counts, and of how many', async () => {
  const run = await fannedOutRun(fixture, EMPLOYEES);
  await waitUntil('the employees are counted', async () => (await numbersOf(run)).isCounted);
  await beDone(run, 30);
  const read = RunStore.prototype.readResults;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  RunStore.prototype.readResults = async function (...given) {
    await held;
    return read.apply(this, given);
  };
  try {
    now += 60_000;
    await numbersOf(run);
    const behind = await numbersOf(run);
    expect([behind.isBehind, behind.done]).toEqual([true, [30, 30, 30, 0]]);
  } finally {
    RunStore.prototype.readResults = read;
    release();
  }
  await waitUntil('it has caught up', async () => {
    now += 1_000;
    const { isBehind, done } = await numbersOf(run);
    return !isBehind && oneOf(done).length === 1;
  });
});

test('of a run that was finished without some, the first look after its end agrees', async () => {
  const run = await fannedOutRun(fixture, EMPLOYEES);
  await waitUntil('the employees are counted', async () => (await numbersOf(run)).isCounted);
  await beDone(run, 87);
  await takeJobs(fixture, 'employee-simulation', 3, () => 'RECOMMENDER_REJECTED: no');
  const waiting = await numbersOf(run);
  expect([oneOf(waiting.done), oneOf(waiting.failed)]).toEqual([[87], [3]]);
  await finishWithoutFailed(fixture.queues, fixture.store, run.plan.id);
  await fixture.store.finishRun(run.plan.id, emptyManifest(run), now);
  const ended = await numbersOf(run);
  expect([oneOf(ended.done), oneOf(ended.failed), ended.isBehind]).toEqual([[87], [3], false]);
});

test('of a cancelled run the numbers are those of that moment, and the table says who became done afterwards', async () => {
  const run = await fannedOutRun(fixture, EMPLOYEES);
  await beDone(run, 40);
  await cancelRun(fixture.queues, fixture.store, run.plan.id, { by: 'anna on build-7', now, retentionMs: 60_000 });
  await beDone(run, 2);
  await waitUntil('the employees are counted', async () => (await numbersOf(run)).isCounted);
  const { done, text } = await numbersOf(run);
  expect(done).toEqual([40, 40, 40, 42]);
  expect(text).toContain('2 of these became done while the run was being cancelled.');
});
