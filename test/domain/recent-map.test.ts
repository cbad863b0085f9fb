// Proves that a bounded map keeps what was used last, forgets the rest, and says what it forgot.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RecentMap } from '../../src/domain/recent-map.ts';

test('it holds what a list of the last uses holds, whatever is done with it', () => {
  const step = fc.tuple(fc.constantFrom('set', 'get', 'delete', 'has'), fc.nat({ max: 6 }));
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 4 }), (steps, limit) => {
      const forgotten: number[] = [];
      const map = new RecentMap<number, number>(limit, (value) => forgotten.push(value));
      let expected: number[] = [];
      const left: number[] = [];
      for (const [what, key] of steps) {
        const isKept = expected.includes(key);
        if (what === 'has') expect(map.has(key)).toBe(isKept);
        if (what === 'get') expect(map.get(key)).toBe(isKept ? key * 10 : undefined);
        if (what === 'set') map.set(key, key * 10);
        if (what === 'delete') map.delete(key);
        if (what === 'has') continue;
        expected = expected.filter((one) => one !== key);
        if (what === 'set' || (what === 'get' && isKept)) expected.push(key);
        if (expected.length > limit) left.push((expected.shift() ?? 0) * 10);
      }
      expect([map.keys(), map.values(), map.size]).toEqual([
        expected,
        expected.map((key) => key * 10),
        expected.length,
      ]);
      expect(forgotten).toEqual(left);
    }),
  );
});
