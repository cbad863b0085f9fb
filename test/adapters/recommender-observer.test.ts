// Proves that an observer of the recommender is told of every call: how long it took and how it ended.
import { expect, test } from '@jest/globals';
import { createRecommender } from '../../src/adapters/recommender/client.ts';
import type { EmployeeId } from '../../src/domain/ids.ts';
import { type Answer, fails, recommends, startFaultyRecommender } from '../support/faulty-recommender.ts';

const EMPLOYEE = 88563 as EmployeeId;

/** What the observer is told of one call to a recommender that answers like this, and whether the call threw. */
async function toldOf(answer: Answer, timeoutMs = 5_000) {
  const server = await startFaultyRecommender({ answer: () => answer });
  const calls: { seconds: number; outcome: number | string }[] = [];
  const recommender = createRecommender({
    baseUrl: server.url,
    endpoint: '/run',
    timeoutMs,
    sockets: 1,
    onCall: (seconds, outcome) => calls.push({ seconds, outcome }),
  });
  try {
    const threw = await recommender.recommend(EMPLOYEE).then(
      () => false,
      () => true,
    );
    return { calls, threw };
  } finally {
    recommender.close();
    await server.close();
  }
}

test.each<[string, Answer, number | string]>([
  ['recommendations', recommends(7), 200],
  ['none', recommends(), 200],
  ['a good answer with another status', { kind: 'reply', status: 201 }, 201],
  ['a refusal', fails(404), 404],
  ['a fault', fails(503), 503],
  ['"too many calls"', fails(429), 429],
  ['a page in HTML', { kind: 'html' }, 'RECOMMENDER_BODY'],
  ['half a body', { kind: 'cut-body' }, 'RECOMMENDER_UNAVAILABLE'],
  ['a fault without its whole body', { kind: 'cut-body', status: 500 }, 500],
  ['a connection that is reset', { kind: 'reset' }, 'RECOMMENDER_UNAVAILABLE'],
])('%s', async (_what, answer, outcome) => {
  const { calls, threw } = await toldOf(answer);
  expect(calls).toEqual([{ seconds: expect.any(Number), outcome }]);
  expect(threw).toBe(outcome !== 200 && outcome !== 201);
});

test('the seconds of a call are those until it was given up', async () => {
  const { calls } = await toldOf({ kind: 'silence' }, 150);
  expect(calls).toEqual([{ seconds: expect.any(Number), outcome: 'RECOMMENDER_UNAVAILABLE' }]);
  expect(calls[0]!.seconds).toBeGreaterThanOrEqual(0.1);
  expect(calls[0]!.seconds).toBeLessThan(20);
});
