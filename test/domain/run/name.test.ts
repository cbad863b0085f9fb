import { expect, test } from '@jest/globals';
import { parseRunName } from '../../../src/domain/run/name.ts';
import { feedNames, runToken } from '../../../src/domain/run/plan.ts';
import { planOf } from '../../support/domain-values.ts';

const plan = planOf();
const token = runToken(plan.id);

test('a run is called by its id', () => {
  expect(parseRunName(` ${plan.id} `)).toEqual({ runId: plan.id });
});

test.each(['yyyy_M_d', 'yy_MM_dd'] as const)(
  'any file of a run names it, with or without a path (%s)',
  (feedDateFormat) => {
    for (const name of [...Object.values(feedNames({ ...plan, feedDateFormat })), `employees_${token}.csv`]) {
      for (const text of [
        name,
        `generated_files/${name}`,
        `/srv/files/${name}`,
        `C:\\files\\${name}`,
        name.toUpperCase(),
      ]) {
        expect([text, parseRunName(text)?.token]).toEqual([text, token]);
      }
    }
  },
);

test('six characters can be those of its files, in capitals too, and its id', () => {
  expect(parseRunName('A1B2C3')).toEqual({ token: 'a1b2c3', runId: 'A1B2C3' });
  expect(parseRunName('123456')).toEqual({ token: '123456' });
});

test.each([
  '',
  'no run',
  '12345',
  '1234567',
  'employees.csv',
  'StandAloneContent_v2_2025_10_28_1_77434e.csv.gz',
  'generated_files/',
  'run:1',
])('%j names no run', (text) => {
  expect(parseRunName(text)).toBeUndefined();
});
