// Proves that findings load as people edit them: every recommendation in the order in which it applies, the shape of
// earlier tools too, and everything that is wrong said with file, line and what was meant.
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadFindings, MultiDatasetFindings } from '../../../src/databricks-tools/findings/multi-dataset-findings.ts';
import { failureOf } from '../../support/failure-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/findings');
const SHOP = join(FIXTURES, 'shop/multi_dataset_findings.yaml');
const EARLIER = join(FIXTURES, 'earlier/multi_dataset_findings.yaml');

const temporary = temporaryFolder('findings');

async function shopCopy(): Promise<string> {
  const folder = await mkdtemp(join(temporary.path, 'shop-'));
  await cp(join(FIXTURES, 'shop'), folder, { recursive: true });
  return folder;
}

/** What is wrong with the shop's findings after a change of one of its files; paths without the folder. */
async function problemsAfter(file: string, change: (text: string) => string): Promise<string[]> {
  const folder = await shopCopy();
  const path = join(folder, file);
  const before = await readFile(path, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(path, after);
  const error = await failureOf(MultiDatasetFindings.load(join(folder, 'multi_dataset_findings.yaml')));
  expect(error.code).toBe('FINDINGS_INVALID');
  return error.lines.map((line) => line.replaceAll(`${folder}/`, ''));
}

/** The same for text that is replaced once. */
const replaced = (file: string, from: string, to: string) => problemsAfter(file, (text) => text.replace(from, to));

describe('findings', () => {
  test('give every recommendation in the order in which it applies', async () => {
    const { sources, silver, gold } = (await MultiDatasetFindings.load(SHOP)).toRecommendationRegistry();
    expect(Object.keys(sources)).toEqual(['customers', 'orders', 'regions']);
    expect(sources.customers?.all.map(({ kind }) => kind)).toEqual([
      'bronze.consistency.missing_words',
      'bronze.consistency.trim',
      'bronze.consistency.change_case',
      'bronze.consistency.map_values',
      'bronze.type.convert',
      'bronze.filtering.keep',
      'bronze.filtering.reject',
      'bronze.deduplication.drop_exact',
      'bronze.deduplication.keep_last',
      'bronze.outlier.cap',
      'bronze.null.flag',
      'bronze.null.impute',
      'bronze.text.clean',
      'bronze.text.features',
    ]);
    expect(silver.derived_columns.map(({ id }) => id)).toEqual(['derived.mean', 'derived.taxed', 'derived.both']);
    expect(silver).toMatchObject({ entity_column: 'customer id' });
    expect(gold.target_column).toBe('churned');
    expect(gold.all.map(({ category }) => category)).toEqual([
      'transformation',
      'encoding',
      'encoding',
      'encoding',
      'scaling',
      'feature_selection',
    ]);
  });

  test('name the columns of the merged table by dataset, aggregation and window', async () => {
    const merged = (await MultiDatasetFindings.load(SHOP)).mergedColumns();
    expect([...merged.keys()].slice(-9)).toEqual(
      [
        'orders__amount__sum__7d',
        'orders__amount__sum__all_time',
        'orders__order__count__30d',
        'orders__order__count__all_time',
        'orders__channel__mode__all_time',
        'orders__amount__lag1',
        'orders__amount__lag2',
        'mean order',
        'taxed',
        'income and tax',
      ].slice(-9),
    );
    expect(merged.get('income_missing')).toEqual({ name: 'income_missing', type: 'binary', dataset: 'customers' });
    expect(merged.has('regions__tax')).toBe(true);
    expect(merged.has('amount')).toBe(false);
  });

  test('of one dataset take short forms for recommendations', async () => {
    const { findings } = await loadFindings(join(FIXTURES, 'shop/orders_findings.yaml'));
    expect(findings.recommendations.slice(2)).toMatchObject([
      { kind: 'bronze.consistency.trim', target_column: 'channel' },
      { kind: 'bronze.null.impute', parameters: { strategy: 'constant', value: 'unknown' } },
    ]);
  });

  test('in the shape of earlier tools load with their cleaning, and say what is not used', async () => {
    const loaded = await MultiDatasetFindings.load(EARLIER);
    const { sources, silver, gold } = loaded.toRecommendationRegistry();
    expect(sources.customers?.all).toMatchObject([
      { kind: 'bronze.outlier.cap', target_column: 'spend', parameters: { method: 'iqr' } },
      { kind: 'bronze.null.impute', target_column: 'spend', parameters: { strategy: 'median' } },
    ]);
    expect(Object.keys(sources)).toEqual(['customers', 'events']);
    expect(silver.aggregations.map(({ action, target_column: column }) => `${action} ${column}`)).toEqual([
      'count customer',
      'sum clicks',
      'mean clicks',
      'max clicks',
    ]);
    expect(silver.aggregations[1]?.parameters).toEqual({ dataset: 'events', windows: ['24h', '7d', 'all_time'] });
    expect(gold.all.map(({ kind }) => kind)).toEqual(['gold.transformation.log', 'gold.scaling.standard']);
    expect(loaded.notices).toHaveLength(3);
    expect(loaded.notices[1]).toContain('5 settings not used: exploration_timestamp, memory_usage_mb');
    expect(loaded.datasets.get('customers')).toMatchObject({
      columns: { spend: { data_type: 'double', quality_issues: [{ message: '20% of values are missing' }] } },
      quality_issues: [{ severity: 'warning', message: 'Few rows' }],
    });
  });
});

describe('what is wrong with findings is said with its line', () => {
  test('for a kind that does not exist', async () => {
    expect(await replaced('customers_findings.yaml', 'action: "impute"', 'action: "imputte"')).toEqual([
      'customers_findings.yaml:192: there is no action "imputte" of bronze.null; did you mean impute?',
    ]);
    expect(await replaced('multi_dataset_findings.yaml', 'category: "encoding"', 'category: "encodings"')).toEqual([
      expect.stringMatching(
        /yaml:\d+: recommendations.9.category: "encodings" is not one of .*did you mean encoding\?$/,
      ),
    ]);
  });

  test('for a column that does not exist, in every place that names one', async () => {
    expect(await replaced('customers_findings.yaml', 'target_column: "income"', 'target_column: "incom"')).toEqual([
      'customers_findings.yaml:158: the dataset has no column "incom"; did you mean income?',
    ]);
    expect(await replaced('customers_findings.yaml', 'order_by: ["signup"]', 'order_by: ["sign up"]')).toEqual([
      'customers_findings.yaml:173: the dataset has no column "sign up"; did you mean signup?',
    ]);
    expect(await replaced('multi_dataset_findings.yaml', '(1 + regions__tax)', '(1 + region__tax)')).toEqual([
      'multi_dataset_findings.yaml:105: the merged table has no column "region__tax"; did you mean regions__tax?',
    ]);
    expect(await replaced('multi_dataset_findings.yaml', 'right_columns: ["code"]', 'right_columns: ["kode"]')).toEqual(
      ['multi_dataset_findings.yaml:43: the dataset "regions" has no column "kode"; did you mean code?'],
    );
    expect(
      await replaced('multi_dataset_findings.yaml', 'event_datasets: ["orders"]', 'event_datasets: ["order"]'),
    ).toEqual(
      expect.arrayContaining(['multi_dataset_findings.yaml:49: there is no dataset "order"; did you mean orders?']),
    );
  });

  test('for a recommendation that cannot apply to the type of its column', async () => {
    const capped = await replaced(
      'customers_findings.yaml',
      'action: "cap"\n    target_column: "income"',
      'action: "cap"\n    target_column: "note"',
    );
    expect(capped).toEqual([
      'customers_findings.yaml:179: bronze.outlier.cap cannot apply to "note": its type is text, not numeric_continuous, numeric_discrete',
    ]);
    const mean = '    target_column: "note"\n    parameters: { strategy: "mean" }';
    const before = '    target_column: "income"\n    parameters: { strategy: "median", value: 55000 }';
    expect(await replaced('customers_findings.yaml', before, mean)).toEqual([
      'customers_findings.yaml:194: strategy: mean cannot apply to a column of type text',
    ]);
  });

  test('for circles, ids that occur twice and dependencies that do not exist', async () => {
    const circle = await replaced('customers_findings.yaml', 'dependencies: []', 'dependencies: ["customers.map"]');
    expect(circle).toEqual([
      'customers_findings.yaml:115: recommendations depend on each other in a circle: customers.trim → customers.map → customers.case → customers.trim',
    ]);
    const derived = await replaced('multi_dataset_findings.yaml', '"orders__order__count__all_time" }', '"taxed" }');
    expect(derived).toEqual([
      'multi_dataset_findings.yaml:93: recommendations depend on each other in a circle: derived.mean → derived.taxed → derived.mean',
    ]);
    expect(await replaced('multi_dataset_findings.yaml', 'id: "derived.both"', 'id: "derived.mean"')).toEqual([
      'multi_dataset_findings.yaml:108: the id "derived.mean" occurs twice',
    ]);
    expect(await replaced('customers_findings.yaml', '["customers.case"]', '["customers.cas"]')).toEqual([
      'customers_findings.yaml:139: there is no recommendation "customers.cas"; did you mean customers.case?',
    ]);
  });

  test('for a mistyped setting or parameter, and for a parameter that is missing', async () => {
    expect(await replaced('regions_findings.yaml', 'row_count:', 'row_cont:')).toEqual(
      expect.arrayContaining(['regions_findings.yaml:5: "row_cont" is not a setting; did you mean row_count?']),
    );
    expect(await replaced('customers_findings.yaml', 'factor: 1.5,', 'facter: 1.5,')).toEqual([
      'customers_findings.yaml:180: "recommendations.9.parameters.facter" is not a setting; did you mean factor?',
    ]);
    expect(
      await replaced('customers_findings.yaml', 'strategy: "median", value: 55000', 'strategy: "constant"'),
    ).toEqual(['customers_findings.yaml:194: value is missing: strategy is constant']);
  });

  test('for a category of another layer, and for a column where whole rows are meant', async () => {
    expect(await replaced('customers_findings.yaml', 'category: "deduplication"', 'category: "encoding"')).toEqual([
      expect.stringMatching(/yaml:163: recommendations.7.category: "encoding" is not one of consistency, type,/),
    ]);
    const moved = await problemsAfter('multi_dataset_findings.yaml', (text) =>
      text.replace(/layer: "gold"\n( +)category: "encoding"/, 'layer: "silver"\n$1category: "encoding"'),
    );
    expect(moved).toEqual([expect.stringMatching(/yaml:\d+: silver has no category "encoding"$/)]);
    const rows = 'action: "drop_exact"\n    target_column: ';
    expect(await replaced('customers_findings.yaml', `${rows}"*"`, `${rows}"income"`)).toEqual([
      expect.stringMatching(/: target_column: bronze.deduplication.drop_exact is about whole rows, so it is "\*"$/),
    ]);
  });

  test('for a filter without what its operator compares with', async () => {
    const filter = 'operator: "in", values: ["R1", "R2", "R3"]';
    const wrong = [
      ['operator: "in"', 'values is missing: operator is in'],
      ['operator: "between", values: ["R1"]', 'values: between takes the least and the greatest value'],
      ['operator: "equals"', 'value is missing: operator is equals'],
    ] as const;
    for (const [text, what] of wrong) {
      expect(await replaced('customers_findings.yaml', filter, text)).toEqual([
        expect.stringMatching(new RegExp(`^customers_findings.yaml:\\d+: ${what}$`)),
      ]);
    }
  });

  test('for a short form that is not known, with what was meant', async () => {
    expect(await replaced('orders_findings.yaml', '["trim",', '["trimm",')).toEqual([
      expect.stringMatching(
        /^orders_findings.yaml:35: cleaning_recommendations: "trimm" is not known; did you mean trim\?$/,
      ),
    ]);
  });

  test('for a primary dataset that is excluded, and for events without entity or time', async () => {
    const excluded = await replaced('multi_dataset_findings.yaml', 'excluded: false', 'excluded: true');
    expect(excluded).toContainEqual(expect.stringContaining('primary_entity_dataset: "customers" is excluded'));
    const folder = await shopCopy();
    for (const name of ['multi_dataset', 'orders']) {
      const path = join(folder, `${name}_findings.yaml`);
      await writeFile(path, (await readFile(path, 'utf8')).replace(/^ *time_column: "at"\n/m, ''));
    }
    const timeless = await failureOf(MultiDatasetFindings.load(join(folder, 'multi_dataset_findings.yaml')));
    expect(timeless.lines).toContainEqual(expect.stringContaining('dataset: "orders" has no time_column'));
  });

  test('in all files at once, and for a file that is not there', async () => {
    const folder = await shopCopy();
    for (const name of ['orders', 'regions']) {
      const path = join(folder, `${name}_findings.yaml`);
      await writeFile(
        path,
        (await readFile(path, 'utf8')).replace('inferred_type: "identifier"', 'inferred_type: "id"'),
      );
    }
    const path = join(folder, 'multi_dataset_findings.yaml');
    const error = await failureOf(MultiDatasetFindings.load(path));
    expect(error.message).toBe(`2 errors in the findings that ${path} names`);
    await writeFile(path, (await readFile(path, 'utf8')).replace('"orders_findings.yaml"', '"order_findings.yaml"'));
    const missing = await failureOf(MultiDatasetFindings.load(path));
    expect(missing).toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `${folder}/order_findings.yaml: there is no such file (named at ${path}:14)`,
    });
  });
});
