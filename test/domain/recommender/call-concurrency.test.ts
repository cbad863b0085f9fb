// Proves that the number of calls at a time follows what a recommender can bear, whatever it is, and never presses a
// full recommender.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CallConcurrency } from '../../../src/domain/recommender/call-concurrency.ts';

/** A recommender that needs its time for a call, and more when it has more to do than it can. */
interface Model {
  readonly latencySeconds: number;
  /** Calls a second at most, be it its own limit or that of the process that calls. */
  readonly capacity: number;
}

/** Long enough for whatever it is to come to. */
const LONG = 40_000;

const secondsOf = ({ latencySeconds, capacity }: Model, atOnce: number) => Math.max(latencySeconds, atOnce / capacity);
const rateOf = (model: Model, atOnce: number) => atOnce / secondsOf(model, atOnce);

/** Makes calls, a tenth of their time up or down by chance. @returns how many there were at a time as each ended. */
function call(choice: CallConcurrency, model: Model, calls: number, isOverload = (_nth: number) => false): number[] {
  let now = 0;
  let random = 1;
  const atOnce: number[] = [];
  // How long those take that are under way, in the order in which they began.
  const underWay: number[] = [];
  for (let nth = 0; nth < calls; nth += 1) {
    while (underWay.length < choice.current) {
      random = (random * 48_271) % 2_147_483_647;
      underWay.push(secondsOf(model, choice.current) * (0.9 + (0.2 * random) / 2_147_483_647));
    }
    const seconds = underWay.shift()!;
    now += (seconds * 1000) / choice.current;
    choice.ended({ seconds, isOverload: isOverload(nth), now });
    atOnce.push(choice.current);
  }
  return atOnce;
}

const models: fc.Arbitrary<Model> = fc.record({
  latencySeconds: fc.double({ min: 0.001, max: 5, noNaN: true }),
  capacity: fc.double({ min: 5, max: 20_000, noNaN: true }),
});
const bounds = fc
  .record({ least: fc.integer({ min: 1, max: 200 }), factor: fc.integer({ min: 1, max: 20 }) })
  .map(({ least, factor }) => ({ least, most: Math.min(1_000, least * factor) }));

describe('the number of calls at a time', () => {
  test('comes to three quarters of the best rate or more, within its bounds, and calls never take more than twice as long as they must', () => {
    fc.assert(
      fc.property(models, bounds, (model, { least, most }) => {
        const choice = new CallConcurrency(least, most);
        const atOnce = call(choice, model, LONG);
        const largest = atOnce.reduce((a, b) => Math.max(a, b));
        expect(choice.current).toBeGreaterThanOrEqual(least);
        expect(largest).toBeLessThanOrEqual(most);
        // The number that is kept, not a number under test as the calls end.
        const kept = atOnce.slice(-LONG / 2).sort((a, b) => a - b)[LONG / 4]!;
        expect(rateOf(model, kept)).toBeGreaterThan(0.75 * rateOf(model, most));
        expect(secondsOf(model, largest)).toBeLessThanOrEqual(2 * secondsOf(model, least));
      }),
      {
        // The last number that calls bear lies between two steps; the first step is from 1 to 2.
        examples: [
          [
            { latencySeconds: 0.08505, capacity: 31.36 },
            { least: 1, most: 4 },
          ],
          [
            { latencySeconds: 0.1, capacity: 13.8 },
            { least: 1, most: 2 },
          ],
          [
            { latencySeconds: 0.1, capacity: 13.8 },
            { least: 1, most: 20 },
          ],
        ],
      },
    );
  });

  test('follows a recommender that changes: slower for everybody, or with less capacity', () => {
    fc.assert(
      fc.property(models, models, bounds, (before, after, { least, most }) => {
        const choice = new CallConcurrency(least, most);
        call(choice, before, LONG);
        call(choice, after, 3 * LONG);
        expect(rateOf(after, choice.current)).toBeGreaterThan(0.75 * rateOf(after, most));
        const quick = Math.max(secondsOf(before, least), secondsOf(after, least));
        expect(secondsOf(after, choice.current)).toBeLessThanOrEqual(2 * quick);
      }),
      { numRuns: 40 },
    );
  });

  const AMPLE: Model = { latencySeconds: 0.1, capacity: 100_000 };

  test('grows from 50 to 400 within 5,000 calls when the recommender has capacity', () => {
    const choice = new CallConcurrency(50, 400);
    call(choice, AMPLE, 5_000);
    expect(choice.current).toBe(400);
  });

  test('is the least again when more than one call in fifty fails for overload, and grows later', () => {
    const choice = new CallConcurrency(50, 400);
    call(choice, AMPLE, LONG);
    call(choice, AMPLE, 1_600, (nth) => nth % 40 === 0);
    expect(choice.current).toBe(50);
    call(choice, AMPLE, LONG, (nth) => nth % 100 === 0);
    expect(choice.current).toBe(400);
  });

  const FULL: Model = { latencySeconds: 0.1, capacity: 500 };

  test('tries more than a full recommender can do less and less often', () => {
    const choice = new CallConcurrency(50, 400);
    call(choice, FULL, LONG);
    const tooMany = call(choice, FULL, LONG).filter((atOnce) => atOnce > 50).length;
    expect(tooMany / LONG).toBeGreaterThan(0);
    expect(tooMany / LONG).toBeLessThan(0.1);
  });

  test('finds within 12,000 calls that a recommender that was full for long has capacity again', () => {
    const choice = new CallConcurrency(50, 400);
    call(choice, FULL, 5 * LONG);
    call(choice, AMPLE, 12_000);
    expect(choice.current).toBe(400);
  });

  test('is back within 8,000 calls after each of many troubles that passed', () => {
    const choice = new CallConcurrency(50, 400);
    call(choice, AMPLE, LONG);
    for (let trouble = 0; trouble < 5; trouble += 1) {
      call(choice, AMPLE, 900, (nth) => nth < 100);
      expect(choice.current).toBe(50);
      call(choice, AMPLE, 8_000);
      expect(choice.current).toBe(400);
    }
  });

  test('stays while something else is what limits: calls that are not used say nothing of the recommender', () => {
    const choice = new CallConcurrency(50, 400);
    let now = 0;
    for (let nth = 0; nth < LONG; nth += 1) {
      now += 5; // Ten calls of 50 ms under way at a time.
      choice.ended({ seconds: 0.05, isOverload: false, now });
    }
    expect(choice.current).toBe(50);
  });

  test('is the least after a restart', () => {
    const choice = new CallConcurrency(50, 400);
    call(choice, AMPLE, LONG);
    choice.restart();
    expect(choice.current).toBe(50);
  });
});
