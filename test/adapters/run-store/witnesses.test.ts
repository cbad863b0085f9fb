// Proves by whom a recommender is tried: those whom it has answered first, of the run before other runs, else anybody
// of the run.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { findWitnesses } from '../../../src/adapters/run-store/witnesses.ts';
import type { EmployeeId, RunId } from '../../../src/domain/ids.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';

const NOBODY = new Set<EmployeeId>();
let fixture: RunFixture;

beforeAll(async () => {
  fixture = await openRunFixture();
});
beforeEach(() => fixture.reset());
afterAll(() => fixture?.close());

async function runWith(employees: ReturnType<typeof people>, answered: readonly number[]): Promise<RunId> {
  const { plan } = await fixture.createRun(employees);
  for (const position of answered)
    await fixture.store.putResult(plan, position, { recommendations: [], completions: [] });
  return plan.id;
}

const sorted = (ids: readonly EmployeeId[]) => ids.toSorted((a, b) => a - b);

test('those of the run who have a result, wherever in a large population they stand', async () => {
  const employees = people(2_500);
  const runId = await runWith(employees, [3, 1_700, 2_499]);
  const found = await findWitnesses(fixture.redis, runId, 3, NOBODY);
  expect(sorted(found)).toEqual(sorted([3, 1_700, 2_499].map((position) => employees[position]!.id)));
});

test('those of another run when nobody of this one has a result, and never one who failed', async () => {
  const other = people(30);
  await runWith(other, [4, 9]);
  const employees = people(70).slice(30);
  const runId = await runWith(employees, []);
  const except = new Set([other[4]!.id]);
  expect(await findWitnesses(fixture.redis, runId, 1, except)).toEqual([other[9]!.id]);
});

test('anybody of the run when nobody was ever answered, but those who failed', async () => {
  const employees = people(60);
  const runId = await runWith(employees, []);
  const failed = new Set(employees.slice(0, 30).map(({ id }) => id));
  for (let round = 0; round < 20; round += 1) {
    const found = await findWitnesses(fixture.redis, runId, 3, failed);
    expect(found.length).toBeGreaterThan(0);
    expect(found.some((id) => failed.has(id))).toBe(false);
  }
});

test('nobody when the run is gone', async () => {
  expect(await findWitnesses(fixture.redis, 'R-gone' as RunId, 3, NOBODY)).toEqual([]);
});
