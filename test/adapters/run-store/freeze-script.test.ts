// Proves that of two who make the same thing for a run the first one's stands, whole, and that an expired run gets
// nothing more.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RunId } from '../../../src/domain/ids.ts';
import { allOf } from '../../support/all-of.ts';
import { contentId } from '../../support/domain-values.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { ASSIGNMENT_FACTS, CATALOG_FACTS, content, fullAssignments, people } from '../../support/run-state.ts';

const EMPLOYEES = people(3);
let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

const assigned = (from: number) => new Map(EMPLOYEES.map((_, i) => [i, fullAssignments(from + i)]));
const factsOf = (openAssignments: number) => ({
  ...ASSIGNMENT_FACTS,
  tally: { ...ASSIGNMENT_FACTS.tally, openAssignments },
});

test('a draft of assignments is nobody’s before it is frozen, and is the run’s then; the draft is gone', async () => {
  const { plan } = await fixture.createRun(EMPLOYEES);
  const draft = `${plan.id}-draft-1` as RunId;
  await fixture.store.putAssignments(draft, assigned(0));
  expect(await fixture.store.readAssignments(plan.id, 0)).toBeUndefined();
  expect(await fixture.store.freezeAssignments(plan.id, factsOf(1), draft)).toBe(true);
  expect(await fixture.store.readAssignments(plan.id, 2)).toEqual(fullAssignments(2));
  expect((await fixture.store.getRun(plan.id)).assignments).toEqual(factsOf(1));
  expect(await fixture.redis.keys('*draft*')).toEqual([]);
});

test('of two drafts that are written at the same time the draft that is frozen first stands, unmixed', async () => {
  const { plan } = await fixture.createRun(EMPLOYEES);
  const [slow, quick] = ['slow', 'quick'].map((name) => `${plan.id}-draft-${name}` as RunId);
  await fixture.store.putAssignments(slow!, new Map([[0, fullAssignments(50)]]));
  await fixture.store.putAssignments(quick!, assigned(0));
  expect(await fixture.store.freezeAssignments(plan.id, factsOf(1), quick)).toBe(true);
  await fixture.store.putAssignments(slow!, assigned(50));
  expect(await fixture.store.freezeAssignments(plan.id, factsOf(2), slow)).toBe(false);
  const states = (await allOf(fixture.store.readEmployees(plan))).flat();
  expect(states.map(({ assignments }) => assignments)).toEqual([...assigned(0).values()]);
  expect((await fixture.store.getRun(plan.id)).assignments).toEqual(factsOf(1));
  expect(await fixture.redis.keys('*draft*')).toEqual([]);
});

test('a draft that nobody freezes expires within a day, and what is frozen lives as long as the run', async () => {
  const { plan } = await fixture.createRun(EMPLOYEES);
  const draft = `${plan.id}-draft-1` as RunId;
  await fixture.store.putAssignments(draft, assigned(0));
  const [key] = await fixture.redis.keys('*draft*');
  expect(await fixture.redis.ttl(key!)).toBeLessThanOrEqual(24 * 3600);
  expect(await fixture.redis.ttl(key!)).toBeGreaterThan(24 * 3600 - 60);
  await fixture.store.freezeAssignments(plan.id, factsOf(1), draft);
  const times = await Promise.all((await fixture.redis.keys('*:run:*')).map((name) => fixture.redis.ttl(name)));
  for (const seconds of times) expect(seconds).toBeGreaterThan(29 * 24 * 3600);
});

test('the catalogs that were kept first stand: assignments were made from them', async () => {
  const { plan } = await fixture.createRun(EMPLOYEES);
  const first = { CourseCatalog: [content(1)], StandAloneContent: [content(2)] };
  await fixture.store.putCatalogs(plan.id, first, CATALOG_FACTS);
  const late = { CourseCatalog: [content(3)], StandAloneContent: [content(4)] };
  await fixture.store.putCatalogs(plan.id, late, {
    inputs: [],
    notices: [{ code: 'catalog-rows-skipped', text: 'x' }],
  });
  expect((await fixture.store.readCatalog(plan.id, 'StandAloneContent')).map(({ id }) => id)).toEqual([contentId(2)]);
  expect((await fixture.store.getRun(plan.id)).catalogs).toEqual(CATALOG_FACTS);
});

test('a result that comes when the run has expired leaves no key behind that would never expire', async () => {
  const { plan } = await fixture.createRun(EMPLOYEES);
  await fixture.store.discardRun(plan.id);
  await fixture.store.putResult(plan, 0, { recommendations: [], completions: [] });
  expect(await fixture.redis.keys('*:run:*')).toEqual([]);
});
