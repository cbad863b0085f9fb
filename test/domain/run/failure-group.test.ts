// Proves which reasons of failed employees are taken for the same, and which are not.
import { expect, test } from '@jest/globals';
import { failureGroup } from '../../../src/domain/run/failure-group.ts';
import { employeeId } from '../../support/domain-values.ts';

const [ONE, OTHER] = [employeeId(104829), employeeId(104830)];

test.each([
  ['the employee', (id: number) => `REJECTED: POST https://host.example/run for employee ${id}: answered 404`],
  [
    'the id of a call',
    (id: number) => `DOWN: answered 503: {"trace":"${id === ONE ? '8f14e45fceea' : 'c9f0f895fb98'}"}`,
  ],
  [
    'a UUID',
    (id: number) =>
      `DOWN: ${id === ONE ? '550e8400-e29b-41d4-a716-446655440000' : '6ba7b810-9dad-11d1-80b4-00c04fd430c8'} failed`,
  ],
  ['a time', (id: number) => `DOWN: at 2025-10-28T11:00:${id === ONE ? '01' : '59.123'}Z`],
  ['a long number', (id: number) => `DOWN: request ${id === ONE ? 17_000_001 : 17_000_002}`],
])('reasons that differ by %s alone are one', (_what, reason) => {
  expect(failureGroup(reason(ONE), ONE)).toBe(failureGroup(reason(OTHER), OTHER));
});

test.each([
  ['statuses', 'answered 503', 'answered 500'],
  ['codes', 'RECOMMENDER_BODY: no', 'RECOMMENDER_REJECTED: no'],
  ['time limits', 'no answer in time (response, 30000 ms)', 'no answer in time (response, 5000 ms)'],
  ['words', 'the connection was lost', 'nothing listens there'],
])('reasons with different %s are not', (_what, reason, other) => {
  expect(failureGroup(reason, ONE)).not.toBe(failureGroup(other, ONE));
});

test("only the employee's own number is cut, not a longer number that holds it", () => {
  expect(failureGroup('employee 7: 17 of 77, 7', employeeId(7))).toBe('employee …: 17 of 77, …');
});

test('words without a digit are no ids, however hexadecimal they look', () => {
  expect(failureGroup('defaced facade: bad', ONE)).toBe('defaced facade: bad');
});
