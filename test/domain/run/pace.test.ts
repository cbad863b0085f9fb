import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PaceMeter } from '../../../src/domain/run/pace.ts';

// What this file proves: how long a run still takes is said when there is evidence for it, and not while nobody is
// being done.

const EMPLOYEES = 30_000;

/** Looks five times a second at employees of whom `doneAt` says how many are done by a second. */
function leftMsAt(doneAt: (second: number) => number): Map<number, number | undefined> {
  const meter = new PaceMeter(0);
  const found = new Map<number, number | undefined>();
  for (let at = 0; at <= 60_000; at += 200) {
    const done = Math.min(EMPLOYEES, Math.floor(doneAt(at / 1000)));
    found.set(at / 1000, meter.measure({ done, left: EMPLOYEES - done }, at).leftMs);
  }
  return found;
}

describe('the time left', () => {
  test('is not told from the first answers of a recommender, which come late', () => {
    // 45 in the first second, 1,000 in each that follows: 11 minutes would be told after one second.
    const left = leftMsAt((second) => (second < 1 ? 45 * second : 45 + 1_000 * (second - 1)));
    for (const [second, ms] of left) {
      if (second < 2) expect(ms).toBeUndefined();
      else expect(ms!).toBeLessThan(2 * 31_000);
    }
  });

  test('at a steady pace it is right within a twentieth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 1_000 }), (perSecond) => {
        for (const [second, ms] of leftMsAt((at) => perSecond * at)) {
          const truth = Math.max(0, (EMPLOYEES / perSecond - second) * 1000);
          if (second < 2 || truth === 0) continue;
          expect(Math.abs(ms! - truth)).toBeLessThan(0.05 * truth + 1_000);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('is unknown while the others stand behind another run, and told again afterwards', () => {
    const left = leftMsAt((second) =>
      second < 10 ? second * 2_000 : second < 30 ? 20_000 : 20_000 + (second - 30) * 300,
    );
    expect(left.get(9)!).toBeGreaterThan(0);
    for (const second of [14, 20, 29]) expect(left.get(second)).toBeUndefined();
    expect(left.get(55)!).toBeLessThan(30_000);
  });

  test('of a slow recommender it is told although seconds pass between two answers', () => {
    const left = leftMsAt((second) => Math.floor(second / 5));
    for (const second of [20, 34.8, 59.8]) expect(left.get(second)).toBeGreaterThan(0);
  });

  test('is 0 when nobody is left', () => {
    expect(new PaceMeter(0).measure({ done: 3, left: 0 }, 100).leftMs).toBe(0);
  });
});
