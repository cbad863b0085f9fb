import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { warehouseWaitMs } from '../../../src/domain/connections/warehouse-wait.ts';

// What this file proves: contract section 1, "Training records": a warehouse that is starting is asked again as it
// wishes, and for no longer than the patience in all.

const SINCE = Date.UTC(2025, 9, 28, 11);
const wait = (waitedMs: number, retryAfterMs?: number) =>
  warehouseWaitMs({ now: SINCE + waitedMs, since: SINCE, patienceMs: 600_000, retryAfterMs });

test.each([
  [0, undefined, 1_000],
  [2_500, undefined, 1_250],
  [10_000, undefined, 5_000],
  [200_000, undefined, 15_000],
  [0, 30_000, 30_000],
  [0, 0, 1_000],
  // Once more when the patience ends.
  [590_000, 30_000, 10_000],
  [599_999, undefined, 1],
  [600_000, undefined, undefined],
  [600_000, 30_000, undefined],
])('after %d ms, asked to wait %s ms, it is %s ms', (waitedMs, retryAfterMs, pauseMs) => {
  expect(wait(waitedMs, retryAfterMs)).toBe(pauseMs);
});

test('whatever it asks for, the tries come to an end when the patience does, after a try at that very moment', () => {
  const asks = fc.infiniteStream(fc.option(fc.nat(900_000), { nil: undefined }));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3_600_000 }), asks, (patienceMs, retryAfter) => {
      let now = SINCE;
      for (;;) {
        const pauseMs = warehouseWaitMs({ now, since: SINCE, patienceMs, retryAfterMs: retryAfter.next().value });
        if (pauseMs === undefined) break;
        expect(pauseMs).toBeGreaterThan(0);
        now += pauseMs;
      }
      expect(now).toBe(SINCE + patienceMs);
    }),
  );
});
