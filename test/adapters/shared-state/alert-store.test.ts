// Proves that an alert that two workers want to send at the same moment is sent once, whichever comes first.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RedisConnection } from '../../../src/adapters/redis/client.ts';
import { AlertStore, type Occurrence } from '../../../src/adapters/shared-state/alert-store.ts';
import type { RunId } from '../../../src/domain/ids.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';

const OCCURRENCE: Occurrence = { runId: 'run-x' as RunId, event: 'incomplete', at: 7 };
let fixture: RunFixture;
let sent: string[];

beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(async () => {
  await fixture.reset();
  sent = [];
});

const store = (redis: RedisConnection = fixture.redis) => new AlertStore(redis, 60_000);
const send = (by: string) => async () => {
  sent.push(by);
};

test('sent once, until it happens again', async () => {
  expect(await store().once(OCCURRENCE, send('a'))).toBe(true);
  expect(await store().once(OCCURRENCE, send('b'))).toBe(false);
  expect(await store().once({ ...OCCURRENCE, at: 8 }, send('c'))).toBe(true);
  expect(await store().once({ ...OCCURRENCE, event: 'failed' }, send('d'))).toBe(true);
  expect(sent).toEqual(['a', 'c', 'd']);
});

test('a process that looked before another sent it, and claims it after that, does not send it again', async () => {
  // Between the look and the claim of the slow one, the quick one does all of it.
  const slow = new Proxy(fixture.redis, {
    get: (redis, name) =>
      name === 'set'
        ? async (...args: Parameters<RedisConnection['set']>) => {
            await store().once(OCCURRENCE, send('quick'));
            return redis.set(...args);
          }
        : Reflect.get(redis, name).bind(redis),
  });
  expect(await store(slow).once(OCCURRENCE, send('slow'))).toBe(false);
  expect(sent).toEqual(['quick']);
});

test('what could not be sent can be sent by the next', async () => {
  const fail = () => Promise.reject(new Error('away'));
  await expect(store().once(OCCURRENCE, fail)).rejects.toThrow('away');
  expect(await store().once(OCCURRENCE, send('a'))).toBe(true);
});

test('alerts are sent since the first who asked', async () => {
  expect(await store().since(5)).toBe(5);
  expect(await store().since(9)).toBe(5);
});
