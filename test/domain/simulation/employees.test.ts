import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BtcFakeError } from '../../../src/domain/errors.ts';
import {
  employeeRowReader,
  isBlankOrComment,
  readEmployeeRow,
  resolveEmployeeColumns,
} from '../../../src/domain/simulation/employees.ts';

// What this file proves: contract section 1, "Employees": header, rows, and what is wrong with a bad one, word by word.

describe('the header', () => {
  test.each([
    [['employee_id', 'employee_edu_type'], { id: 0, type: 1 }],
    [['employee_id', 'employee_type'], { id: 0, type: 1 }],
    [['Name', 'EMPLOYEE EDU TYPE', '\uFEFFEmployee Id'], { id: 2, type: 1 }],
    [[' employeeid ', 'x', 'EmployeeEduType'], { id: 0, type: 2 }],
    [['employee_type', 'employee_edu_type', 'employee_id'], { id: 2, type: 1 }],
  ])('%j is understood', (header, columns) => {
    expect(resolveEmployeeColumns(header, { file: 'employees.csv', line: 1 })).toEqual(columns);
  });

  test.each([
    [['id', 'employee_type'], 'employees.csv:1: the header has no column employee_id (it has: id, employee_type)'],
    [
      ['employee_id', 'type'],
      'employees.csv:1: the header has no column employee_edu_type (it has: employee_id, type)',
    ],
    [
      ['104829', 'a'],
      'employees.csv:1: the header has no column employee_id and no column employee_edu_type (it has: 104829, a)',
    ],
  ])('%j is an error that says what is missing', (header, message) => {
    let thrown: unknown;
    try {
      resolveEmployeeColumns(header, { file: 'employees.csv', line: 1 });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(BtcFakeError);
    expect(thrown).toMatchObject({
      code: 'EMPLOYEES_INVALID',
      message,
      remedy: 'Make the first line "employee_id,employee_edu_type".',
    });
  });

  test('may be preceded by blank lines and comments, which are told from it', () => {
    expect([[], [''], [' ', ''], ['# invented people', 'a'], ['  #x']].map(isBlankOrComment)).toEqual(
      Array(5).fill(true),
    );
    expect([['employee_id', 'x'], ['', '#x'], ['a#']].map(isBlankOrComment)).toEqual(Array(3).fill(false));
  });
});

describe('a row', () => {
  const columns = { id: 0, type: 1 };

  test.each([
    [['104829', 'a'], 104829, 'a'],
    [['104829', 'B'], 104829, 'b'],
    [[' 7 ', ' F '], 7, 'f'],
    [['999999999999999', 'a', 'a further column'], 999999999999999, 'a'],
  ])('%j is an employee', (fields, id, type) => {
    expect(readEmployeeRow(fields, columns)).toEqual({ kind: 'employee', employee: { id, type } });
  });

  test.each([[['#104829', 'a']], [['# 104829', 'nonsense', 'x']], [[' #']], [['#']], [['']], [['  ']], [[]]])(
    '%j is a comment or blank',
    (fields) => {
      expect(readEmployeeRow(fields, columns)).toEqual({ kind: 'ignored' });
    },
  );

  test('is a comment by its employee_id, wherever that column stands', () => {
    expect(readEmployeeRow(['a', '#104829'], { id: 1, type: 0 })).toEqual({ kind: 'ignored' });
    expect(readEmployeeRow(['#1', '104829'], { id: 1, type: 0 })).toMatchObject({ kind: 'invalid' });
  });

  test.each([
    [['104829'], 'too few columns (1)'],
    [['abc'], 'too few columns (1)'],
    [['', 'a'], 'no employee_id'],
    [['   ', 'a'], 'no employee_id'],
    [['0', 'a'], 'employee_id "0" is not a positive integer of at most 15 digits'],
    [['-5', 'a'], 'employee_id "-5" is not a positive integer of at most 15 digits'],
    [['1.5', 'a'], 'employee_id "1.5" is not a positive integer of at most 15 digits'],
    [['1,5', 'a'], 'employee_id "1,5" is not a positive integer of at most 15 digits'],
    [['1e3', 'a'], 'employee_id "1e3" is not a positive integer of at most 15 digits'],
    [['1234567890123456', 'a'], 'employee_id "1234567890123456" is not a positive integer of at most 15 digits'],
    [['٣', 'a'], 'employee_id "٣" is not a positive integer of at most 15 digits'],
    [['__proto__', 'a'], 'employee_id "__proto__" is not a positive integer of at most 15 digits'],
    [['1\n2', 'a'], 'employee_id "1\\n2" is not a positive integer of at most 15 digits'],
    [['104829', 'c'], 'employee_edu_type "c" is not a, b or f'],
    [['104829', ''], 'employee_edu_type "" is not a, b or f'],
    [['104829', 'AB'], 'employee_edu_type "AB" is not a, b or f'],
    [['104829', 'toString'], 'employee_edu_type "toString" is not a, b or f'],
  ])('%j is wrong: %s', (fields, reason) => {
    expect(readEmployeeRow(fields, columns)).toEqual({ kind: 'invalid', reason });
  });

  test('names only the beginning of an endless value', () => {
    const reason = `employee_id "${'9'.repeat(40)}…" is not a positive integer of at most 15 digits`;
    expect(readEmployeeRow(['9'.repeat(1_000_000), 'a'], columns)).toEqual({ kind: 'invalid', reason });
    expect(readEmployeeRow(['9'.repeat(40), 'a'], columns)).toEqual({
      kind: 'invalid',
      reason: reason.replace('…', ''),
    });
  });

  test('is an employee exactly if it holds 1 to 15 digits, not all zero, and one of three letters', () => {
    const idText = fc.oneof(fc.bigInt(0n, 10n ** 17n).map(String), fc.stringMatching(/^[0-9a+.-]{0,6}$/));
    const typeText = fc.oneof(fc.constantFrom('a', 'A', 'b', 'B', 'f', 'F'), fc.stringMatching(/^[a-gA-G]{0,2}$/));
    fc.assert(
      fc.property(idText, typeText, (id, type) => {
        fc.pre(!/^0/.test(id));
        const right = /^[1-9][0-9]{0,14}$/.test(id) && ['a', 'b', 'f'].includes(type.toLowerCase());
        const row = readEmployeeRow([id, type], columns);
        if (right) {
          const employee = { id: Number(id), type: type.toLowerCase() };
          expect(row).toEqual({ kind: 'employee', employee });
        } else expect(row.kind).toBe(id === '' && type === '' ? 'ignored' : 'invalid');
      }),
      { numRuns: 300 },
    );
  });

  test('never throws, and a reason is always one short line', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 100 }), { maxLength: 4 }), (fields) => {
        const row = readEmployeeRow(fields, columns);
        if (row.kind === 'invalid') expect(row.reason).toMatch(/^[^\n\r]{1,400}$/);
      }),
    );
  });
});

describe('the rows of one file', () => {
  const columns = { id: 0, type: 1 };
  const readAll = (...rows: string[][]) => rows.map(employeeRowReader(columns));

  test('may hold an id once; a second row is wrong, whatever its type and its leading zeros', () => {
    const again = { kind: 'invalid', reason: 'employee_id 104829 was seen before' };
    const rows = readAll(['104829', 'a'], ['104830', 'a'], ['104829', 'a'], ['0104829', 'f']);
    expect(rows.map(({ kind }) => kind)).toEqual(['employee', 'employee', 'invalid', 'invalid']);
    expect(rows.slice(2)).toEqual([again, again]);
  });

  test('may hold an id again that was commented out or wrong before', () => {
    const rows = readAll(['#104829', 'a'], ['104829', 'x'], ['104829', 'a'], ['', ''], ['7', 'b']);
    expect(rows.map(({ kind }) => kind)).toEqual(['ignored', 'invalid', 'employee', 'ignored', 'employee']);
  });

  test('know nothing of another file', () => {
    expect([readAll(['7', 'a']), readAll(['7', 'a'])].flat().map(({ kind }) => kind)).toEqual(['employee', 'employee']);
  });
});
