// Proves that what explore says of columns equals what is computed of all rows by other means.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { csvOf, explored } from './exploration.ts';

const temporary = temporaryFolder('explore-metrics');

interface Row {
  readonly whole: number | null;
  readonly fraction: number | null;
  readonly word: string | null;
  readonly day: string | null;
}

const anyDay = fc.date({ min: new Date('1970-01-02'), max: new Date('2060-01-01'), noInvalidDate: true });
const anyRow = fc.record<Row>({
  whole: fc.option(fc.integer({ min: -1_000_000, max: 1_000_000 })),
  fraction: fc.option(fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 1000 + 0.0005)),
  word: fc.option(fc.constantFrom('red', 'green', 'blue', 'a,b', 'with "quotes"', 'line\nbreak', 'größe')),
  day: fc.option(anyDay.map((date) => date.toISOString().slice(0, 10))),
});

test('counts, extremes, mean, deviation and skewness equal those computed row by row', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow, { minLength: 3, maxLength: 60 }), async (rows) => {
      const text = csvOf(
        ['whole', 'fraction', 'word', 'day'],
        rows.map(({ whole, fraction, word, day }) => [whole, fraction, word, day]),
      );
      const { columns, row_count: counted } = (
        await explored(temporary.path, { 'some.csv': text }, { exact: true })
      ).dataset();
      expect(counted).toBe(rows.length);
      for (const name of ['whole', 'fraction', 'word', 'day'] as const) {
        const values = rows.map((row) => row[name]).filter((value) => value !== null);
        const { universal_metrics: universal, type_metrics: metrics } = columns[name]!;
        expect(universal).toMatchObject({
          null_count: rows.length - values.length,
          distinct_count: new Set(values).size,
          distinct_exact: true,
        });
        if (values.length === 0) continue;
        const numbers = values.filter((value) => typeof value === 'number');
        if (numbers.length > 0) expectNumbers(metrics, numbers);
        else if (name === 'day') expectEnds(metrics, [...values].sort());
      }
    }),
    { numRuns: 25 },
  );
}, 120_000);

function expectEnds(
  { min, max }: { readonly min?: unknown; readonly max?: unknown },
  sorted: readonly unknown[],
): void {
  expect([min, max]).toEqual([sorted[0], sorted.at(-1)]);
}

function expectNumbers(metrics: object, numbers: readonly number[]): void {
  const {
    min,
    max,
    mean,
    std,
    skewness,
    zero_count: zeros,
    negative_count: negatives,
  } = metrics as Record<string, number>;
  const n = numbers.length;
  const average = numbers.reduce((sum, value) => sum + value, 0) / n;
  const squares = numbers.reduce((sum, value) => sum + (value - average) ** 2, 0);
  const cubes = numbers.reduce((sum, value) => sum + (value - average) ** 3, 0);
  expect([min, max]).toEqual([Math.min(...numbers), Math.max(...numbers)]);
  expect(mean).toBeCloseTo(average, 4);
  expect([zeros, negatives]).toEqual([
    numbers.filter((one) => one === 0).length,
    numbers.filter((one) => one < 0).length,
  ]);
  if (n < 3) return;
  expect(std! / (Math.sqrt(squares / (n - 1)) || 1)).toBeCloseTo(squares === 0 ? 0 : 1, 6);
  const m2 = squares / n;
  if (m2 > 0) expect(skewness).toBeCloseTo((Math.sqrt(n * (n - 1)) / (n - 2)) * (cubes / n / m2 ** 1.5), 3);
}

test('quantiles of many values lie where a tenth of a percent of them says', async () => {
  const values = Array.from({ length: 20_000 }, (_, index) => ((index * 7_919) % 20_000) / 2 + 0.25);
  const text = csvOf(
    ['amount'],
    values.map((value) => [value]),
  );
  const { quantiles, outlier_count: outliers } = (await explored(temporary.path, { 'q.csv': text })).dataset().columns
    .amount!.type_metrics;
  for (const [name, share] of [
    ['p01', 0.01],
    ['p25', 0.25],
    ['p50', 0.5],
    ['p95', 0.95],
  ] as const)
    expect(Math.abs(quantiles![name]! - 10_000 * share)).toBeLessThan(60);
  expect(outliers).toBe(0);
});

test('a sample is said to be one, and what it makes a key of is checked in all rows', async () => {
  const rows = Array.from({ length: 3_000 }, (_, index) => [index, index === 2_999 ? 'k0' : `k${index}`] as const);
  const text = csvOf(['id', 'code'], rows);
  const exploration = await explored(temporary.path, { 's.csv': text }, { sample: 100 });
  expect(exploration.dataset()).toMatchObject({ row_count: 3_000, sampled_rows: 100, candidate_keys: [['id']] });
  expect(exploration.notices).toEqual(['s: counts are of a sample of 100 of 3,000 rows']);
});

test('whole numbers beyond 2^53 are not rounded', async () => {
  const text = 'id\n9007199254740993\n9007199254740995\n9223372036854775807\n';
  const { columns } = (await explored(temporary.path, { 'big.csv': text })).dataset();
  expect(columns.id?.type_metrics).toMatchObject({ min: '9007199254740993', max: '9223372036854775807' });
  expect(columns.id?.data_type).toBe('decimal(38,0)');
});
