import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { progressBar, progressText } from '../../../src/cli/run/progress-line.ts';
import type { Pace } from '../../../src/domain/run/pace.ts';

// What this file proves: one line says how far the employees are, and on a terminal it fits whatever its width.

const look = (done: number, employees: number, pace: Pace = { perSecond: 692.3, leftMs: 2_000 }) => ({
  counts: { done, employees, failed: 12 },
  pace,
});

test('a line of its own says how many, how fast and how long still', () => {
  expect(progressText(look(1_216, 1_500))).toBe('1,216 of 1,500 employees, 12 failed, 692/s, 2 s left');
  expect(progressText(look(1_216, 1_500, { perSecond: 0, leftMs: undefined }))).toContain(', ?/s, ? left');
  expect(progressText(look(1_488, 1_500, { perSecond: 0.25, leftMs: 0 }))).toContain(', 0.3/s, none left');
});

describe('the bar', () => {
  test.each([
    [120, '         ███████████████████░░░░░ 1,216 of 1,500 · 12 failed · 692/s · 2 s left'],
    [70, '         ███████████░░░ 1,216 of 1,500 · 12 failed · 692/s · 2 s left'],
    [60, '         1,216 of 1,500 · 12 failed · 692/s · 2 s left'],
    [42, '    1,216 of 1,500 · 12 failed · 2 s left'],
    [25, '         1,216 of 1,500'],
    [10, ''],
  ])('at %d columns', (columns, line) => {
    expect(progressBar(look(1_216, 1_500), columns)).toBe(line);
  });

  test('never reaches the last column, and is never longer than there is to fill', () => {
    const count = fc.integer({ min: 0, max: 1_000_000 });
    const pace = fc.record({
      perSecond: fc.double({ min: 0, max: 1e5, noNaN: true }),
      leftMs: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }), { nil: undefined }),
    });
    fc.assert(
      fc.property(count, count, pace, fc.integer({ min: 1, max: 200 }), (a, b, speed, columns) => {
        const line = progressBar(look(Math.min(a, b), Math.max(a, b), speed), columns);
        expect(line.length).toBeLessThan(columns);
        const bar = /[█░]+/.exec(line)?.[0] ?? '░░░░░░░░';
        expect(bar.length).toBeGreaterThanOrEqual(8);
        expect(bar.length).toBeLessThanOrEqual(24);
      }),
    );
  });
});
