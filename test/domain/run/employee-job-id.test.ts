import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EmployeeId, RunId } from '../../../src/domain/ids.ts';
import { employeeJobId, parseEmployeeJobId } from '../../../src/domain/run/employee-job-id.ts';

// What this file proves: an employee's job id tells its run and its employee, whatever dashes the run's id holds.

test('what the id is made from can be read back from it', () => {
  const runIds = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,99}$/);
  fc.assert(
    fc.property(runIds, fc.integer({ min: 1, max: 999_999_999_999_999 }), (runId, employeeId) => {
      const id = employeeJobId(runId as RunId, employeeId as EmployeeId);
      expect(parseEmployeeJobId(id)).toEqual({ runId, employeeId });
    }),
  );
});

test('an id that somebody else made names no employee', () => {
  expect(parseEmployeeJobId('run-20251028T110000Z-ab12cd').employeeId).toBeUndefined();
});
