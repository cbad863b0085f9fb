import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hashedInteger, seededDraw } from '../../../src/domain/simulation/seeded-draw.ts';
import { employeeId } from '../../support/domain-values.ts';

// What this file proves: contract section 4, "Randomness". The constants were computed in Python:
//   h = int.from_bytes(hashlib.sha256("SEED/PURPOSE/EMPLOYEEID/N".encode()).digest()[:6], 'big');  h, h / 2**48

test.each([
  ['seed-1', 'assign', 104829, 0, 107433810834947, 0.3816815693189817],
  ['seed-1', 'complete', 104829, 0, 23636610409746, 0.08397410912318293],
  ['seed-1', 'time', 104829, 0, 222330893757112, 0.7898780074708327],
  ['seed-1', 'time', 104829, 1, 280554539705711, 0.9967299508620577],
  ['seed-1', 'time', 104830, 0, 267604043754101, 0.9507205467475224],
  ['', 'assign', 1, 0, 19514295916672, 0.06932870603532137],
  ['Größe/ü', 'assign', 999999999999999, 7, 24110802503020, 0.08565877785933651],
] as const)('seed %j: %s of employee %d, number %d', (seed, purpose, id, n, h, value) => {
  expect(seededDraw(seed, employeeId(id))(purpose, n)).toBe(value);
  expect(hashedInteger(`${seed}/${purpose}/${id}/${n}`)).toBe(h);
});

const anyDraw = fc.record({
  purpose: fc.constantFrom('assign' as const, 'complete' as const, 'time' as const),
  n: fc.nat({ max: 500 }),
});

test('a draw is in [0, 1), and a function of seed, purpose, employee and number alone, in whatever order it is asked', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 1, max: 1e15 - 1 }),
      fc.array(anyDraw),
      (seed, id, asks) => {
        const draw = seededDraw(seed, employeeId(id));
        const values = asks.map(({ purpose, n }) => draw(purpose, n));
        const again = [...asks].reverse().map(({ purpose, n }) => seededDraw(seed, employeeId(id))(purpose, n));
        const oracle = asks.map(({ purpose, n }) => {
          const digest = createHash('sha256')
            .update(Buffer.from(`${seed}/${purpose}/${id}/${n}`, 'utf8'))
            .digest();
          return digest.readUIntBE(0, 6) / 281_474_976_710_656;
        });
        expect(values).toEqual(oracle);
        expect(again.reverse()).toEqual(values);
        expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
      },
    ),
  );
});
