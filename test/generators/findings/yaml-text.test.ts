// Proves that numbers and texts are written as every reader of YAML takes them.
import { expect, test } from '@jest/globals';
import { yamlNumber, yamlString } from '../../../src/generators/findings/yaml-text.ts';

test('a number with an exponent has a point, without which YAML 1.1 reads a text', () => {
  const numbers = [1e-7, -3e21, 1.5e-9, 12, -0.25].map(yamlNumber);
  expect(numbers).toEqual(['1.0e-7', '-3.0e+21', '1.5e-9', '12', '-0.25']);
});

test('a text that cannot be printed or encoded is escaped, and anything else stays as it is', () => {
  expect(yamlString('💡 "é"\n\u0085\u2028\ufeff\ud800')).toBe('"💡 \\"é\\"\\n\\u0085\\u2028\\ufeff\uFFFD"');
});
