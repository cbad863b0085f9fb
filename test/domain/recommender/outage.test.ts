// Proves when failures of calls are an outage of the recommender, when a probe has to tell, how long each pause is, and
// when the patience is over.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BtcFakeError, type ErrorCode, type ErrorDetails } from '../../../src/domain/errors.ts';
import { RecommenderOutage } from '../../../src/domain/recommender/outage.ts';

const MINUTE = 60_000;
const START = 1_000_000;

function failure(code: ErrorCode = 'RECOMMENDER_UNAVAILABLE', details: ErrorDetails = {}): BtcFakeError {
  return new BtcFakeError(code, 'no', details);
}

const ANSWER = failure('RECOMMENDER_UNAVAILABLE', { namesError: true });

function fail(outage: RecommenderOutage, now = START, error: unknown = failure(), askedBefore = false) {
  return outage.failed({ error, askedBefore, now });
}

/** How many have to fail, of those who would do for so many. */
function failuresUntil(outage: RecommenderOutage, kind: string, error: unknown = failure(), askedBefore = false) {
  for (let n = 1; n <= 500; n += 1) if (fail(outage, START, error, askedBefore)?.kind === kind) return n;
  return Number.POSITIVE_INFINITY;
}

/** An outage that began at START. */
function begun(patienceMs = 30 * MINUTE): RecommenderOutage {
  const outage = new RecommenderOutage(patienceMs);
  for (let i = 1; i < 20; i += 1) expect(fail(outage)).toBeUndefined();
  expect(fail(outage)).toEqual({ pauseMs: 1_000, since: START, kind: 'begun' });
  return outage;
}

describe('an outage', () => {
  test.each(['RECOMMENDER_UNAVAILABLE', 'RECOMMENDER_ACCESS', 'PROXY_REFUSED'] as const)(
    'is 20 times %s in a row',
    (code) => {
      expect(failuresUntil(new RecommenderOutage(MINUTE), 'begun', failure(code))).toBe(20);
    },
  );

  test('is none while some calls succeed, however many fail', () => {
    const fewFailures = fc.array(fc.integer({ min: 0, max: 19 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fewFailures, fc.boolean(), (rows, namesError) => {
        const outage = new RecommenderOutage(MINUTE);
        for (const failures of rows) {
          const error = failure('RECOMMENDER_UNAVAILABLE', { namesError });
          for (let i = 0; i < failures; i += 1) expect(fail(outage, START, error)).toBeUndefined();
          outage.succeeded();
        }
      }),
    );
  });

  test.each([failure('RECOMMENDER_REJECTED'), failure('RECOMMENDER_BODY'), new Error('x'), 'x'])(
    'is none of answers about one employee (%s)',
    (error) => {
      const outage = new RecommenderOutage(MINUTE);
      for (let i = 0; i < 100; i += 1) expect(fail(outage, START, error)).toBeUndefined();
    },
  );

  test('is none for those who have no patience', () => {
    const outage = new RecommenderOutage(0);
    for (let i = 0; i < 100; i += 1) expect(fail(outage)).toBeUndefined();
  });
});

describe('20 in a row who may fail by themselves', () => {
  test.each([
    ['whose answers name an error', ANSWER, false],
    ['who are asked about again', failure(), true],
  ])(
    '%s are suspected only: a probe has to tell, and nobody uses up an attempt until it has',
    (_who, error, before) => {
      const outage = new RecommenderOutage(MINUTE);
      expect(failuresUntil(outage, 'suspected', error, before)).toBe(20);
      expect(fail(outage, START + 5, error, before)).toMatchObject({ pauseMs: 1_000, kind: 'same' });
    },
  );

  test('are an outage when one of them got no answer at all', () => {
    const outage = new RecommenderOutage(MINUTE);
    fail(outage);
    expect(failuresUntil(outage, 'begun', ANSWER)).toBe(19);
  });

  test('are an outage once a probe fails as well', () => {
    const outage = new RecommenderOutage(MINUTE);
    failuresUntil(outage, 'suspected', ANSWER);
    expect(outage.probeFailed(ANSWER, START + 70)).toEqual({ pauseMs: 1_000, since: START + 70, kind: 'begun' });
  });

  test('are none when the probe passes; twice as many have to fail before the next one, up to 160', () => {
    const outage = new RecommenderOutage(MINUTE);
    for (const enough of [20, 40, 80, 160, 160]) {
      expect(failuresUntil(outage, 'suspected', ANSWER)).toBe(enough);
      outage.probePassed();
    }
    fail(outage);
    outage.succeeded();
    expect(failuresUntil(outage, 'suspected', ANSWER)).toBe(20);
  });

  test('are none when one of the run is answered before the probe has ended, whatever comes of it', () => {
    const outage = new RecommenderOutage(MINUTE);
    failuresUntil(outage, 'suspected', ANSWER);
    outage.succeeded();
    expect(outage.probeFailed(ANSWER, START)).toBeUndefined();
  });
});

describe('a pause', () => {
  test('is twice as long after each failed probe, up to 30 s', () => {
    const outage = begun();
    let now = START + 1_000;
    for (const seconds of [2, 4, 8, 16, 30, 30]) {
      expect(outage.probeFailed(failure(), now)).toMatchObject({ pauseMs: seconds * 1_000, kind: 'longer' });
      now += seconds * 1_000;
    }
  });

  test('is as long as the recommender asks for', () => {
    const error = failure('RECOMMENDER_UNAVAILABLE', { retryAfterMs: 90_000 });
    expect(begun().probeFailed(error, START + 1_000)).toMatchObject({ pauseMs: 90_000 });
  });

  test('is not made longer by calls that were under way when it began, or while a probe is', () => {
    const outage = begun();
    expect(fail(outage, START + 400)).toEqual({ pauseMs: 600, since: START, kind: 'same' });
    expect(fail(outage, START + 1_000)).toEqual({ pauseMs: 1_000, since: START, kind: 'same' });
    expect(outage.probeFailed(failure(), START + 1_100)).toMatchObject({ pauseMs: 2_000, kind: 'longer' });
  });
});

describe('the end', () => {
  test.each(['succeeded', 'probePassed'] as const)(
    'is a call that succeeds (%s); the next begins from nothing',
    (end) => {
      const outage = begun();
      outage[end]();
      expect(failuresUntil(outage, 'begun')).toBe(20);
    },
  );

  test('is the end of the patience, said once: then calls fail as ever, until one succeeds', () => {
    const outage = begun(MINUTE);
    expect(outage.probeFailed(failure(), START + 40_000)).toMatchObject({ kind: 'longer' });
    expect(outage.probeFailed(failure(), START + MINUTE)).toMatchObject({ kind: 'given up' });
    for (let i = 0; i < 50; i += 1) expect(fail(outage, START + MINUTE + i)).toBeUndefined();
    outage.succeeded();
    expect(failuresUntil(outage, 'begun')).toBe(20);
  });

  test('of the patience is forgotten after 10 minutes without a failure, as a row is that did not become an outage', () => {
    const givenUp = begun(MINUTE);
    givenUp.probeFailed(failure(), START + MINUTE);
    const row = new RecommenderOutage(MINUTE);
    for (let i = 1; i < 20; i += 1) fail(row);
    for (const outage of [givenUp, row]) {
      const later = START + 13 * MINUTE;
      for (let i = 1; i < 20; i += 1) expect(fail(outage, later)).toBeUndefined();
      expect(fail(outage, later)).toMatchObject({ kind: 'begun', since: later });
    }
  });
});
