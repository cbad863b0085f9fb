import { expect, test } from '@jest/globals';
import { failureLines } from '../../../src/cli/run/failure-lines.ts';
import { employeeId } from '../../support/domain-values.ts';

const failed = (from: number, count: number, reason: (id: number) => string) =>
  Array.from({ length: count }, (_, i) => ({ employeeId: employeeId(from + i), reason: reason(from + i) }));

test('failed employees stand by reason, the largest group first, with the first of their ids', () => {
  const lines = failureLines([
    ...failed(100_001, 2, (id) => `RECOMMENDER_BODY: employee ${id}: no JSON`),
    ...failed(200_001, 400, (id) => `RECOMMENDER_REJECTED: employee ${id}: 404`),
    ...failed(300_001, 1, (id) => `WORKER_LOST: employee ${id} at 2026-11-23T06:00:00Z`),
  ]);
  expect(lines).toEqual([
    '400 employees: RECOMMENDER_REJECTED: employee …: 404',
    '  200001, 200002, 200003, 200004, 200005, 200006, 200007, 200008 and 392 more',
    '2 employees: RECOMMENDER_BODY: employee …: no JSON',
    '  100001, 100002',
    '300001: WORKER_LOST: employee 300001 at 2026-11-23T06:00:00Z',
  ]);
});

test('of very many reasons the largest are shown, and how many more there are', () => {
  const word = (i: number) => String.fromCharCode(97 + i).repeat(3);
  const many = Array.from({ length: 25 }, (_, i) => failed(1_000 * (i + 1), 2, () => `REASON: ${word(i)}`)).flat();
  const lines = failureLines(many);
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe('and 30 employees for 15 other reasons');
});

test('nobody failed: nothing is said', () => {
  expect(failureLines([])).toEqual([]);
});
