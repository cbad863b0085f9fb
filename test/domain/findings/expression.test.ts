// Proves that an expression is arithmetic over columns and nothing else.
import { expect, test } from '@jest/globals';
import { columnsOfExpression, parseExpression } from '../../../src/domain/findings/expression.ts';

const column = (name: string) => ({ kind: 'column', name });
const number = (value: number) => ({ kind: 'number', value });

test('multiplication binds more than addition, and the left of two equals comes first', () => {
  expect(parseExpression('a - 2 * b - c')).toEqual({
    kind: 'operation',
    operator: '-',
    left: {
      kind: 'operation',
      operator: '-',
      left: column('a'),
      right: { kind: 'operation', operator: '*', left: number(2), right: column('b') },
    },
    right: column('c'),
  });
});

test('any name of a column can be said in backticks', () => {
  const read = parseExpression('-`order ``items``\n"` / (log1p(größe) + 1.5e3)');
  expect('problem' in read ? read : columnsOfExpression(read)).toEqual(['order `items`\n"', 'größe']);
});

test.each([
  ['a +', 'a value is missing'],
  ['(a', 'a parenthesis is not closed'],
  ['a b', '"b" is not expected there'],
  ['a; drop', 'character 2 does not belong into an expression'],
  ['exec(a)', 'there is no function exec, only abs, ln, log1p, sqrt, floor, ceil, least, greatest, coalesce'],
  ['constructor(a)', 'there is no function constructor, only abs'],
  ['ln(a, b)', 'ln takes 1 values'],
  [`${'('.repeat(60)}a${')'.repeat(60)}`, 'it is nested more than 50 deep'],
])('%j is refused with the reason', (text, reason) => {
  expect(parseExpression(text)).toEqual({ problem: expect.stringContaining(reason) });
});
