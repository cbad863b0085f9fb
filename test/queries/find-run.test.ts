// Proves which run is meant by an id, a file's name or the six characters that the names of all files of a run share.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RunId } from '../../src/domain/ids.ts';
import { parseRunName } from '../../src/domain/run/name.ts';
import { feedNames, runToken } from '../../src/domain/run/plan.ts';
import { slotRunId } from '../../src/domain/schedule/slot.ts';
import { enqueueRunStart } from '../../src/producers/create-run.ts';
import { findRunId } from '../../src/queries/find-run.ts';
import { failureOf } from '../support/failure-of.ts';
import { openRunFixture, type RunFixture } from '../support/run-fixture.ts';
import { newRun, people } from '../support/run-state.ts';

const SLOT = Date.parse('2026-11-23T06:00:00Z');
let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

const find = (text: string) => findRunId(fixture.queues, fixture.store, parseRunName(text)!);

test('a run is found by its id, by each of its files and by their six characters, among others', async () => {
  const others = [await fixture.createRun(people(1)), await fixture.createRun(people(1))];
  const run = await fixture.createRun(people(1));
  const names = [run.plan.id, runToken(run.plan.id), ...Object.values(feedNames(run.plan))];
  for (const name of names) expect([name, await find(name)]).toEqual([name, run.plan.id]);
  expect(await find(runToken(others[0]!.plan.id).toUpperCase())).toBe(others[0]!.plan.id);
});

test('a scheduled run that is not there yet is found too', async () => {
  const runId = slotRunId(SLOT);
  await enqueueRunStart(fixture.queues, runId, 1, SLOT);
  expect([await find(runId), await find(runToken(runId))]).toEqual([runId, runId]);
});

test('six characters that are an id mean the run of that id', async () => {
  const run = await fixture.createRun(people(1));
  const id = runToken(run.plan.id).replace(/^\d/, 'a') as RunId;
  await fixture.store.createRun(newRun({ ...run.plan, id }, people(1)));
  expect(await find(id)).toBe(id);
});

test('what no run is called is not found, and the remedy says where they are listed', async () => {
  await fixture.createRun(people(1));
  const files = 'whose files have 000000 in their names';
  for (const [name, which] of [
    ['run-x', 'run-x'],
    ['000000', files],
    [`Run_2025_10_28_1_000000.manifest.json`, files],
  ]) {
    const { code, message, remedy } = await failureOf(() => find(name!));
    expect([code, message]).toEqual(['RUN_NOT_FOUND', `There is no run ${which}`]);
    expect(remedy).toContain('btc-fake runs');
  }
});

test('runs whose files share the six characters are named, and one of them has to be chosen', async () => {
  const { plan } = await fixture.createRun(people(1));
  const [first, second] = sameToken();
  for (const id of [first, second]) await fixture.store.createRun(newRun({ ...plan, id }, people(1)));
  const { code, message } = await failureOf(() => find(runToken(first)));
  expect(code).toBe('USAGE');
  expect(message).toContain(first);
  expect(message).toContain(second);
  expect(await find(second)).toBe(second);
});

/** Two ids whose files have the same six characters: among some thousands there are such. */
function sameToken(): [RunId, RunId] {
  const seen = new Map<string, RunId>();
  for (let n = 0; ; n += 1) {
    const id = `run-${n}` as RunId;
    const before = seen.get(runToken(id));
    if (before) return [before, id];
    seen.set(runToken(id), id);
  }
}
