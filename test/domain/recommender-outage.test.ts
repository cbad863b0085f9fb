// Proves when failures of calls are an outage of the recommender, how long each rest is, and when the patience is over.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BtcFakeError, type ErrorCode } from '../../src/domain/errors.ts';
import { RecommenderOutage } from '../../src/domain/recommender-outage.ts';

const MINUTE = 60_000;
const START = 1_000_000;

function failure(code: ErrorCode = 'RECOMMENDER_UNAVAILABLE', retryAfterMs?: number): BtcFakeError {
  return new BtcFakeError(code, 'no', { retryAfterMs });
}

function fail(outage: RecommenderOutage, now = START, error: unknown = failure(), askedBefore = false) {
  return outage.failed({ error, askedBefore, now });
}

/** An outage that began at START. */
function begun(patienceMs = 30 * MINUTE): RecommenderOutage {
  const outage = new RecommenderOutage(patienceMs);
  for (let i = 1; i < 20; i += 1) expect(fail(outage)).toBeUndefined();
  expect(fail(outage)).toEqual({ restMs: 1_000, since: START, kind: 'begun' });
  return outage;
}

describe('an outage', () => {
  test.each(['RECOMMENDER_UNAVAILABLE', 'RECOMMENDER_ACCESS'] as const)('is 20 times %s in a row', (code) => {
    const outage = new RecommenderOutage(MINUTE);
    const rests = Array.from({ length: 20 }, () => fail(outage, START, failure(code)));
    expect(rests.findIndex((rest) => rest !== undefined)).toBe(19);
  });

  test('is none while some calls succeed, however many fail', () => {
    const fewFailures = fc.array(fc.integer({ min: 0, max: 19 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fewFailures, (rows) => {
        const outage = new RecommenderOutage(MINUTE);
        for (const failures of rows) {
          for (let i = 0; i < failures; i += 1) expect(fail(outage)).toBeUndefined();
          outage.succeeded();
        }
      }),
    );
  });

  test('is none of employees who are asked about again: what is left of a run may be those who always fail', () => {
    const outage = new RecommenderOutage(MINUTE);
    for (let i = 0; i < 100; i += 1) expect(fail(outage, START, failure(), true)).toBeUndefined();
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

describe('a rest', () => {
  test('is twice as long after each failed trial, up to 30 s', () => {
    const outage = begun();
    let now = START + 1_000;
    for (const seconds of [2, 4, 8, 16, 30, 30]) {
      expect(fail(outage, now, failure(), true)).toMatchObject({ restMs: seconds * 1_000, kind: 'longer' });
      now += seconds * 1_000;
    }
  });

  test('is as long as the recommender asks for', () => {
    expect(fail(begun(), START + 1_000, failure('RECOMMENDER_UNAVAILABLE', 90_000))).toMatchObject({ restMs: 90_000 });
  });

  test('is not made longer by calls that were under way when it began', () => {
    const outage = begun();
    expect(fail(outage, START + 400)).toEqual({ restMs: 600, since: START, kind: 'same' });
    expect(fail(outage, START + 1_000)).toMatchObject({ restMs: 2_000, kind: 'longer' });
  });
});

describe('the end', () => {
  test('is a call that succeeds; the next outage begins from nothing', () => {
    const outage = begun();
    outage.succeeded();
    expect(fail(outage, START + 5_000)).toBeUndefined();
  });

  test('is the end of the patience, said once: then calls fail as ever, until one succeeds', () => {
    const outage = begun(MINUTE);
    fail(outage, START + 40_000);
    expect(fail(outage, START + MINUTE)).toMatchObject({ kind: 'given up' });
    for (let i = 0; i < 50; i += 1) expect(fail(outage, START + MINUTE + i)).toBeUndefined();
    outage.succeeded();
    for (let i = 1; i < 20; i += 1) fail(outage, START + 2 * MINUTE);
    expect(fail(outage, START + 2 * MINUTE)).toMatchObject({ kind: 'begun' });
  });

  test('of the patience, and an outage that nobody saw the end of, are forgotten after 10 minutes without a failure', () => {
    for (const patienceMs of [MINUTE, 60 * MINUTE]) {
      const outage = begun(patienceMs);
      fail(outage, START + MINUTE);
      const later = START + 13 * MINUTE;
      for (let i = 1; i < 20; i += 1) expect(fail(outage, later)).toBeUndefined();
      expect(fail(outage, later)).toMatchObject({ kind: 'begun', since: later });
    }
  });
});
