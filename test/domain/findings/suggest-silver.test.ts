// Proves which joins and aggregations follow from relationships and datasets of events alone.
import { expect, test } from '@jest/globals';
import type { DatasetFindings } from '../../../src/domain/findings/dataset.ts';
import type { MultiFindings } from '../../../src/domain/findings/multi-dataset.ts';
import { suggestedSilver } from '../../../src/domain/findings/suggest-silver.ts';

const dataset = (columns: Record<string, string>, more: Partial<DatasetFindings> = {}) =>
  ({
    columns: Object.fromEntries(Object.entries(columns).map(([name, inferred_type]) => [name, { inferred_type }])),
    ...more,
  }) as unknown as DatasetFindings;
const related = (left: string, right: string, relationship_type: string) => ({
  left_dataset: left,
  right_dataset: right,
  left_columns: ['l'],
  right_columns: ['r'],
  relationship_type,
});

test('a dataset is joined once, from the side that is there already, with the relationship seen from there', () => {
  const findings = {
    datasets: { people: {}, regions: {}, stores: {}, offices: {}, old: { excluded: true } },
    relationships: [
      related('regions', 'people', 'one_to_many'),
      related('stores', 'people', 'many_to_one'),
      related('offices', 'people', 'one_to_one'),
      related('people', 'old', 'many_to_one'),
      related('people', 'regions', 'many_to_many'),
    ],
    primary_entity_dataset: 'people',
    event_datasets: [],
    aggregation_windows: [],
  } as unknown as MultiFindings;
  const datasets = new Map(['people', 'regions', 'stores', 'offices', 'old'].map((name) => [name, dataset({})]));
  const joins = suggestedSilver(findings, datasets).map(({ parameters }) => parameters);
  expect(joins).toEqual(
    [
      ['regions', 'many_to_one'],
      ['stores', 'one_to_many'],
      ['offices', 'one_to_one'],
    ].map(([right_dataset, relationship_type]) => ({
      left_dataset: 'people',
      right_dataset,
      left_columns: ['r'],
      right_columns: ['l'],
      relationship_type,
      join_type: 'left',
    })),
  );
});

test('events are counted, their numbers summed up, and their categories counted apart', () => {
  const findings = {
    datasets: { events: { entity_column: 'who', time_column: 'at' } },
    relationships: [],
    event_datasets: ['events', 'unknown'],
    aggregation_windows: ['7d'],
  } as unknown as MultiFindings;
  const events = dataset({
    who: 'identifier',
    at: 'datetime',
    amount: 'numeric_continuous',
    channel: 'categorical_nominal',
    paid: 'binary',
    note: 'text',
  });
  const found = suggestedSilver(findings, new Map([['events', events]]));
  expect(found.map(({ action, target_column: column }) => `${action} ${column}`)).toEqual([
    'count who',
    ...['sum amount', 'mean amount', 'max amount'],
    ...['nunique channel', 'mode channel'],
    ...['nunique paid', 'mode paid'],
  ]);
  expect(suggestedSilver({ ...findings, aggregation_windows: [] }, new Map([['events', events]]))).toEqual([]);
});
