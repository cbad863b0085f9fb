import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IdSet } from '../../src/domain/id-set.ts';

// What this file proves: an IdSet answers as a Set would.

const LARGEST_ID = 999_999_999_999_999;

test('a set of ids says what is new, for ids of any size', () => {
  const id = fc.oneof(
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: LARGEST_ID }),
    // The same low 32 bits.
    fc.integer({ min: 1, max: 200_000 }).map((n) => n * 2 ** 32),
  );
  fc.assert(
    fc.property(fc.array(id, { maxLength: 300 }), (added) => {
      const ids = new IdSet();
      const model = new Set<number>();
      for (const one of added) {
        expect(ids.add(one)).toBe(!model.has(one));
        model.add(one);
      }
    }),
  );
});

test('it keeps everything while it grows', () => {
  const ids = new IdSet();
  const all = Array.from({ length: 50_000 }, (_, i) => (i % 2 === 0 ? i + 1 : LARGEST_ID - i));
  expect(all.every((id) => ids.add(id))).toBe(true);
  expect(all.some((id) => ids.add(id))).toBe(false);
});
