import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PairSet } from '../../src/domain/pair-set.ts';

// What this file proves: a PairSet answers as a Set of texts would.

const LARGEST_ID = 999_999_999_999_999;

describe('a set of pairs', () => {
  test('holds exactly what was added, and says what is new, for ids of any size', () => {
    const id = fc.oneof(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: LARGEST_ID }),
      // The same low or high 32 bits.
      fc.integer({ min: 1, max: 200_000 }).map((n) => n * 2 ** 32),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(id, id), { maxLength: 200 }), fc.array(fc.tuple(id, id)), (added, asked) => {
        const pairs = new PairSet();
        const model = new Set<string>();
        for (const pair of added) {
          expect(pairs.add(...pair)).toBe(!model.has(pair.join()));
          model.add(pair.join());
        }
        expect(pairs.size).toBe(model.size);
        for (const pair of [...added, ...asked]) expect(pairs.has(...pair)).toBe(model.has(pair.join()));
      }),
    );
  });

  test('keeps everything while it grows', () => {
    const pairs = new PairSet();
    const all = Array.from({ length: 50_000 }, (_, i) => [(i % 500) + 1, LARGEST_ID - i] as const);
    expect(all.every((pair) => pairs.add(...pair))).toBe(true);
    expect(all.some((pair) => pairs.add(...pair))).toBe(false);
    expect(all.every((pair) => pairs.has(...pair))).toBe(true);
    expect(all.some(([first, second]) => pairs.has(second, first))).toBe(false);
    expect(pairs.size).toBe(all.length);
  });
});
