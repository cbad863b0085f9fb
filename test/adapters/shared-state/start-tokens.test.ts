import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { StartTokens } from '../../../src/adapters/shared-state/start-tokens.ts';
import { planOf } from '../../support/domain-values.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';

// What this file proves: a form stands for one run, no matter who asks, and is forgotten after a day.

let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());

test('of many who claim a form at once, all get the same run; another form gets another', async () => {
  const tokens = new StartTokens(fixture.redis);
  const ids = Array.from({ length: 10 }, (_, i) => planOf({ id: `run-${i}` }).id);
  const settled = await Promise.all(ids.map((id) => tokens.claim('one', id)));
  expect(new Set(settled).size).toBe(1);
  expect(ids).toContain(settled[0]);
  expect(await tokens.claim('one', ids[9]!)).toBe(settled[0]);
  expect(await tokens.claim('two', ids[9]!)).toBe(ids[9]);
  const [key] = await fixture.redis.keys('*:start:one');
  expect(await fixture.redis.ttl(key!)).toBeGreaterThan(23 * 3600);
});
