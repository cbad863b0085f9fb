// Proves what a run remembers of the files that it delivers: each step in order, nothing new once it was cancelled.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { CancellationStore } from '../../../src/adapters/run-store/cancellations.ts';
import { DeliveryStore } from '../../../src/adapters/run-store/deliveries.ts';
import type { RunRecord } from '../../../src/domain/run/record.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';

const RETENTION_MS = 3_600_000;
const SHA = 'a'.repeat(64);
let fixture: RunFixture;
let run: RunRecord;
let deliveries: DeliveryStore;

beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(async () => {
  await fixture.reset();
  run = await fixture.createRun(people(1));
  deliveries = new DeliveryStore(fixture.redis, RETENTION_MS);
});

const cancel = () => {
  const far = { stage: 'publish', employees: 1, done: 1, failed: 0 } as const;
  return new CancellationStore(fixture.redis).cancel(
    run.plan.id,
    { at: 5, by: 'anna on build-7', ...far },
    RETENTION_MS,
  );
};

test('a file is on record from before its rename, and delivered after it', async () => {
  const { id } = run.plan;
  expect(await deliveries.begin(id, 'a.csv', SHA, 1)).toBe(true);
  expect(await deliveries.read(id)).toEqual(new Map([['a.csv', { sha256: SHA, askedAt: 1 }]]));
  expect(await deliveries.delivered(id)).toEqual([]);
  await deliveries.end(id, 'a.csv', SHA, 2);
  expect(await deliveries.delivered(id)).toEqual(['a.csv']);
});

test('a rename that was refused leaves nothing on record', async () => {
  await deliveries.begin(run.plan.id, 'a.csv', SHA, 1);
  await deliveries.takeBack(run.plan.id, 'a.csv');
  expect(await deliveries.read(run.plan.id)).toEqual(new Map());
});

test('once the run was cancelled no rename may begin, but an earlier rename is still noted', async () => {
  const { id } = run.plan;
  await deliveries.begin(id, 'a.csv', SHA, 1);
  expect(await cancel()).toBe('now');
  expect(await deliveries.begin(id, 'b.csv', SHA, 2)).toBe(false);
  await deliveries.end(id, 'a.csv', SHA, 3);
  expect(await deliveries.delivered(id)).toEqual(['a.csv']);
  expect([...(await deliveries.read(id)).keys()]).toEqual(['a.csv']);
});

test('what is on record expires with the run, and nothing is written of a run that is gone', async () => {
  const { id } = run.plan;
  await deliveries.begin(id, 'a.csv', SHA, 1);
  const [key] = await fixture.redis.keys('*:deliveries');
  expect(await fixture.redis.pttl(key!)).toBeGreaterThan(0);
  await fixture.store.discardRun(id);
  expect(await deliveries.begin(id, 'a.csv', SHA, 2)).toBe(false);
  await deliveries.end(id, 'a.csv', SHA, 3);
  expect(await fixture.redis.keys('*:run:*')).toEqual([]);
});
