// Proves that what is written of an employee in Redis reads back as it was.
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeEmployees,
  decodeResult,
  encodeEmployees,
  encodeResult,
} from '../../../src/adapters/run-store/employee-records.ts';
import { PopulationHash } from '../../../src/adapters/run-store/population.ts';
import { simulateEmployee } from '../../../src/domain/simulation/employee-outcome.ts';
import type { Employee } from '../../../src/domain/simulation/employees.ts';
import { anyAssignments, anyContent, anyEmployee } from '../../support/any-employee.ts';
import { employeeId, planOf } from '../../support/domain-values.ts';

test('a chunk of the population reads back as it was written', () => {
  fc.assert(
    fc.property(fc.array(anyEmployee), (employees) => {
      expect(decodeEmployees(encodeEmployees(employees), 'k')).toEqual(employees);
    }),
  );
});

test('a result reads back as it was written', () => {
  const seconds = fc.integer({ min: 0, max: 4e9 });
  fc.assert(
    fc.property(
      anyEmployee,
      anyAssignments,
      fc.uniqueArray(anyContent, { maxLength: 8 }),
      seconds,
      (employee, assignments, recommendations, asOf) => {
        const plan = planOf({ asOf: asOf * 1000 });
        const result = simulateEmployee(plan, employee, assignments, recommendations);
        expect(decodeResult(encodeResult(result, plan.asOf), plan.asOf, 'k')).toEqual(result);
      },
    ),
  );
});

describe('the hash of a population', () => {
  const people = (...ids: number[]): Employee[] => ids.map((id) => ({ id: employeeId(id), type: 'a' }));
  const hashOf = (...chunks: Employee[][]) => {
    const hash = new PopulationHash();
    for (const chunk of chunks) hash.add(chunk);
    return hash.digest();
  };

  test('is the SHA-256 of its chunks, a line each, beside the count', () => {
    const sha256 = createHash('sha256').update('1a 2a\n3a\n').digest('hex');
    expect(hashOf(people(1, 2), people(3))).toEqual({ count: 3, sha256 });
  });

  test('tells apart who is in it, in which order, of which type and in which chunk', () => {
    const hashes = [
      hashOf(people(1, 2), people(3)),
      hashOf(people(1, 2)),
      hashOf(people(2, 1), people(3)),
      hashOf(people(1), people(2, 3)),
      hashOf(people(1, 2), [{ id: employeeId(3), type: 'b' }]),
      hashOf(),
    ];
    expect(new Set(hashes.map(({ sha256 }) => sha256)).size).toBe(hashes.length);
  });
});
