// Proves that an employee is found at the right place of a population of any size, and nobody else is taken for them.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findInChunk } from '../../../src/adapters/run-store/employee-lookup.ts';
import { encodeEmployees } from '../../../src/adapters/run-store/employee-records.ts';
import { POPULATION_CHUNK } from '../../../src/adapters/run-store/record-codec.ts';
import { anyEmployee } from '../../support/any-employee.ts';
import { employeeId } from '../../support/domain-values.ts';
import { openRunFixture, type RunFixture } from '../../support/run-fixture.ts';
import { people } from '../../support/run-state.ts';

let fixture: RunFixture;
beforeAll(async () => {
  fixture = await openRunFixture();
});
afterAll(() => fixture?.close());
beforeEach(() => fixture.reset());

test('in the text of a chunk everybody is found where they stand, and nobody who is not there', () => {
  const chunk = fc.uniqueArray(anyEmployee, { selector: ({ id }) => id, maxLength: 20 });
  fc.assert(
    fc.property(chunk, anyEmployee, (employees, somebody) => {
      const text = encodeEmployees(employees);
      for (const [index, { id, type }] of employees.entries()) expect(findInChunk(text, id)).toEqual({ index, type });
      if (!employees.some(({ id }) => id === somebody.id)) expect(findInChunk(text, somebody.id)).toBeUndefined();
    }),
  );
});

test('an id that is a part of another is not taken for it', () => {
  const text = '1234a 234b 23f';
  expect(findInChunk(text, employeeId(23))).toEqual({ index: 2, type: 'f' });
  expect(findInChunk(text, employeeId(234))).toEqual({ index: 1, type: 'b' });
  expect(findInChunk(text, employeeId(123))).toBeUndefined();
  expect(findInChunk(text, employeeId(34))).toBeUndefined();
});

test('in a large population the position counts from its beginning, and few commands are needed', async () => {
  const employees = people(30 * POPULATION_CHUNK + 7);
  const run = await fixture.createRun(employees);
  for (const position of [0, 999, 1000, 24_999, 25_000, employees.length - 1]) {
    expect(await fixture.store.findEmployee(run, employees[position]!.id)).toEqual({
      position,
      employee: employees[position],
    });
  }
  await fixture.redis.config('RESETSTAT');
  expect(await fixture.store.findEmployee(run, employeeId(7))).toBeUndefined();
  const stats = await fixture.redis.info('commandstats');
  expect(stats).toMatch(/cmdstat_hmget:calls=2,/);
});

test('after the data have expired nobody is found', async () => {
  const run = await fixture.createRun(people(3));
  await fixture.redis.flushall();
  expect(await fixture.store.findEmployee(run, people(1)[0]!.id)).toBeUndefined();
});
