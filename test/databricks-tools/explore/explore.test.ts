// Proves that explore finds what joins datasets and what gives the label away, that its files read the same everywhere,
// and that with --no-values no value gets into them.
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { failureOf } from '../../support/failure-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { csvOf, type Exploration, explored } from './exploration.ts';

const temporary = temporaryFolder('explore');
const CUSTOMERS = 200;

/** A number from 0 to 1 that looks like chance and is always the same. */
function chance(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
}

/** Customers, their orders and their regions; the label hides in `closed_reason` and in `score`. */
function shop(): Record<string, string> {
  const customers = Array.from({ length: CUSTOMERS }, (_, index) => {
    const left = chance(index) < 0.3 ? 1 : 0;
    const score = left ? 50 + chance(index + 500) * 9 : 10 + chance(index + 900) * 30;
    const reason = left ? `moved ${index % 3}` : null;
    return [
      `C${String(index).padStart(5, '0')}`,
      `R${index % 7}`,
      Math.round(chance(index + 50) * 80),
      score.toFixed(3),
      reason,
      left,
    ];
  });
  const orders = Array.from({ length: 900 }, (_, index) => [
    index + 1,
    `C${String(Math.floor(chance(index + 7) * 150)).padStart(5, '0')}`,
    new Date(Date.UTC(2025, 0, 1) + index * 7_200_000).toISOString(),
    (chance(index + 3) * 100).toFixed(2),
  ]);
  const regions = Array.from({ length: 9 }, (_, index) => [`R${index}`, `Region ${index}`]);
  return {
    'customers.csv': csvOf(['customer_id', 'region_code', 'age', 'score', 'closed_reason', 'left'], customers as never),
    'orders.csv': csvOf(['order_id', 'customer', 'ordered_at', 'amount'], orders as never),
    'regions.csv': csvOf(['code', 'name'], regions),
  };
}

describe('several datasets', () => {
  test('are joined by keys on both sides, with cardinality and coverage counted in all rows', async () => {
    const { loaded } = await explored(temporary.path, shop(), { label: 'left' });
    const { relationships, primary_entity_dataset: primary, event_datasets: events } = loaded.findings;
    expect(primary).toBe('customers');
    expect(events).toEqual(['orders']);
    const known = new Set(shop()['orders.csv']!.match(/C\d{5}/g));
    expect(relationships).toContainEqual(
      expect.objectContaining({
        ...{
          left_dataset: 'customers',
          left_columns: ['customer_id'],
          right_dataset: 'orders',
          right_columns: ['customer'],
        },
        ...{ relationship_type: 'one_to_many', left_coverage: known.size / CUSTOMERS, right_coverage: 1 },
      }),
    );
    expect(relationships).toContainEqual(
      expect.objectContaining({
        left_dataset: 'regions',
        right_dataset: 'customers',
        right_columns: ['region_code'],
        right_coverage: 1,
      }),
    );
    expect(loaded.datasets.get('orders')).toMatchObject({
      ...{ granularity: 'event_level', entity_column: 'customer', time_column: 'ordered_at' },
      candidate_keys: [['order_id']],
    });
  });

  test('get joins, aggregations of events in windows, and features, which all load', async () => {
    const registry = (await explored(temporary.path, shop(), { label: 'left' })).loaded.toRecommendationRegistry();
    expect(registry.silver.joins.map(({ parameters }) => parameters)).toMatchObject([
      {
        left_dataset: 'customers',
        right_dataset: 'regions',
        left_columns: ['region_code'],
        relationship_type: 'many_to_one',
      },
    ]);
    expect(registry.silver.aggregations.map(({ action, target_column: column }) => `${action} ${column}`)).toEqual([
      'count customer',
      'sum amount',
      'mean amount',
      'max amount',
    ]);
    expect(registry.silver.aggregations[0]?.parameters).toMatchObject({ windows: ['24h', '7d', '30d', 'all_time'] });
    expect(registry.gold.target_column).toBe('left');
    const encoding = registry.gold.encoding.find(({ target_column: column }) => column === 'region_code');
    expect(encoding).toMatchObject({ kind: 'gold.encoding.one_hot' });
  });

  test('whose names would be the same file get distinct ones by their order', async () => {
    const { loaded } = await explored(temporary.path, { 'a.csv': 'x\n1\n', 'A.jsonl': '{"y":1}\n' });
    expect([...loaded.datasets.keys()]).toEqual(['a', 'A_2']);
  });
});

describe('a label', () => {
  test('that another column gives away makes that column a suspect, and no other', async () => {
    const { loaded } = await explored(temporary.path, shop(), { label: 'left' });
    const suspects = loaded.datasets.get('customers')!.leakage_suspects;
    expect(suspects.map(({ column }) => column).sort()).toEqual(['closed_reason', 'score']);
    const dropped = loaded.findings.recommendations.filter(({ kind }) => kind === 'gold.feature_selection.drop');
    expect(dropped.map(({ target_column: column }) => column)).toEqual(
      expect.arrayContaining(['score', 'closed_reason']),
    );
  });

  test('that is copied is found as a copy', async () => {
    const rows = Array.from({ length: 80 }, (_, index) => [index, index % 2, index % 2]);
    const { loaded } = await explored(
      temporary.path,
      { 'l.csv': csvOf(['id', 'label', 'copy'], rows) },
      { label: 'label' },
    );
    const findings = loaded.datasets.get('l')!;
    expect(findings.duplicate_columns).toEqual([{ column: 'copy', same_as: 'label' }]);
    expect(findings.leakage_suspects).toContainEqual({
      column: 'copy',
      reason: 'it equals the label in every row',
      score: 1,
    });
  });

  test('that no dataset has is an error that says what was meant', async () => {
    const error = await failureOf(explored(temporary.path, { 'l.csv': 'id,label\n1,2\n' }, { label: 'lable' }));
    expect(error.message).toBe('no dataset has a column "lable"; did you mean label?');
  });
});

describe('the files', () => {
  const AWKWARD = csvOf(
    ['no', 'on: "x"', '12:30:00', 'text'],
    [
      ['yes', '1e3', '0o17', 'a\u0085b\u2028c\u0007'],
      ['null', '~', '2024-01-01', '💡 é'],
      ['yes', '.5', '1_000', '# no comment'],
    ],
  );

  test('read the same by YAML 1.1 and YAML 1.2', async () => {
    const { texts } = await explored(temporary.path, { ...shop(), 'awkward.csv': AWKWARD }, { label: 'left' });
    const files = Object.entries(texts).filter(([name]) => name.endsWith('.yaml'));
    expect(files).toHaveLength(5);
    for (const [, text] of files) {
      expect(parse(text, { version: '1.1' })).toEqual(parse(text, { version: '1.2' }));
      expect(text).not.toMatch(/[^\n\P{Cc}]|[\u2028\u2029]/u);
      expect(text).toMatch(/^# Findings/);
    }
  });

  test('are the same for the same data', async () => {
    const own = ({ texts }: Exploration) => Object.values(texts).map((text) => text.replaceAll(/explore-\w+/g, ''));
    const again = own(await explored(temporary.path, shop(), { label: 'left' }));
    expect(own(await explored(temporary.path, shop(), { label: 'left' }))).toEqual(again);
  });

  test('and the report are free of values with --no-values', async () => {
    const SECRET = 424_243;
    const rows = Array.from({ length: 60 }, (_, index) => [
      `zq${index}x`,
      SECRET + index * 2,
      index % 4 === 0 ? 'Zanzibari ' : 'zanzibari',
      `2031-0${1 + (index % 9)}-17`,
      index % 5 === 0 ? 'N/A' : `${SECRET}.${index + 10}`,
      'constantvalue',
      index % 2,
    ]);
    const header = ['key', 'salary', 'place', 'born', 'share', 'same', 'gone'];
    const { texts, dataset, loaded } = await explored(
      temporary.path,
      { 'p.csv': csvOf(header, rows) },
      { keepValues: false, label: 'gone' },
    );
    expect(dataset().values_kept).toBe(false);
    expect(loaded.findings.recommendations.length).toBeGreaterThan(3);
    for (const text of Object.values(texts)) {
      expect(text).not.toMatch(/zq\d|4242|zanzibar|2031|constantvalue/i);
      for (const name of ['min', 'max', 'mean', 'std', 'quantiles', 'most_common_values', 'first', 'last'])
        expect(text).not.toMatch(new RegExp(`\\b${name}:`));
    }
    expect(dataset().columns.salary?.universal_metrics).toMatchObject({ null_count: 0, distinct_count: 60 });
  });

  test('have a page that shows names of people as text, never as code', async () => {
    const evil = '<script>alert(1)</script>&"\'';
    const { texts } = await explored(temporary.path, { 'e.csv': csvOf([evil], [[evil], [evil], ['x']]) });
    expect(texts['report.html']).not.toContain('<script>');
    expect(texts['report.html']).toContain('&#60;script&#62;alert(1)');
  });
});
