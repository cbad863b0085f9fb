// Proves what each short form of a recommendation stands for, and that nothing else passes for one.
import { expect, test } from '@jest/globals';
import { KINDS } from '../../../src/domain/findings/kinds.ts';
import { SHORT_FORMS, shortForm } from '../../../src/domain/findings/short-forms.ts';

test.each([
  ['bronze', 'impute_mean', 'bronze.null.impute', { strategy: 'mean' }],
  ['bronze', 'impute_median', 'bronze.null.impute', { strategy: 'median' }],
  ['bronze', 'impute_mode', 'bronze.null.impute', { strategy: 'mode' }],
  ['bronze', 'impute:mode', 'bronze.null.impute', { strategy: 'mode' }],
  ['bronze', 'fill:a:b', 'bronze.null.impute', { strategy: 'constant', value: 'a:b' }],
  ['bronze', 'Cap Outliers:z_score', 'bronze.outlier.cap', { method: 'zscore' }],
  ['bronze', 'convert:date', 'bronze.type.convert', { to: 'date' }],
  ['gold', 'cyclical:12', 'gold.encoding.cyclical', { period: 12 }],
  ['gold', 'encode:one_hot', 'gold.encoding.one_hot', {}],
] as const)('%s %s is %s', (layer, text, kind, parameters) => {
  expect(shortForm(layer, text)).toEqual({ kind, parameters });
});

test.each([
  ['bronze', 'impute:most'],
  ['bronze', 'convert'],
  ['bronze', 'cap_outlier:guess'],
  ['bronze', 'one_hot'],
  ['gold', 'cyclical'],
  ['gold', 'cyclical:-1'],
  ['gold', 'constructor'],
] as const)('%s %s is none', (layer, text) => {
  expect(shortForm(layer, text)).toBeUndefined();
});

test('every short form stands for a kind that exists', () => {
  const argument = { convert: ':date', cyclical: ':7', impute: ':mean', fill: ':0' } as Record<string, string>;
  for (const layer of ['bronze', 'gold'] as const)
    for (const word of SHORT_FORMS[layer])
      expect(Object.keys(KINDS)).toContain(shortForm(layer, `${word}${argument[word] ?? ''}`)?.kind);
});
