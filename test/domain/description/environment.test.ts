// Proves that the environment comes before the file for the target that a command works with, and for no other.
import { expect, test } from '@jest/globals';
import { withEnvironment } from '../../../src/domain/description/environment.ts';
import { parseDescription } from '../../../src/domain/description/parse.ts';

const description = parseDescription(
  '{version: 1, host: adb-1.example, simulation: {recommender: {url: "https://recommender.example/run"}}, targets: {dev: {}, prod: {}}}',
  'lakehouse.yaml',
);

test('the environment comes before the file for one target, and what it does not say stays', () => {
  const { targets } = withEnvironment(description, 'prod', { host: 'adb-2.example', trainingSchema: 'elsewhere' });
  expect(targets.map(({ host, training_records }) => [host, training_records])).toEqual([
    ['adb-1.example', { catalog: 'retail_systems_dev', schema: 'store_enablement' }],
    ['adb-2.example', { catalog: 'retail_systems_dev', schema: 'elsewhere' }],
  ]);
  expect(withEnvironment(description, 'dev', { trainingCatalog: 'learning' }).targets).toMatchObject([
    { host: 'adb-1.example', training_records: { catalog: 'learning', schema: 'store_enablement' } },
    { host: 'adb-1.example', training_records: { catalog: 'retail_systems_dev' } },
  ]);
});
