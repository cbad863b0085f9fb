// Proves that explore takes datasets as they are found: awkward headers, late surprises, dates in several ways, and
// files with next to nothing in them.
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../support/failure-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { csvOf, explored } from './exploration.ts';

const temporary = temporaryFolder('explore-shapes');

const one = async (text: string, options = {}) =>
  (await explored(temporary.path, { 'data.csv': text }, options)).dataset();
const kinds = ({ recommendations }: { readonly recommendations: readonly { readonly kind: string }[] }) =>
  recommendations.map(({ kind }) => kind);

describe('headers', () => {
  test('that are empty, occur twice or differ in case alone get names of their own, and the mapping is kept', async () => {
    const exploration = await explored(temporary.path, { 'h.csv': 'a,a,,A,a_2," b "\n1,2,3,4,5,6\n' });
    const { columns } = exploration.dataset();
    expect(Object.entries(columns).map(([name, { source_name: source }]) => [name, source])).toEqual([
      ['a', undefined],
      ['a_3', 'a'],
      ['column_3', ''],
      ['A_4', 'A'],
      ['a_2', undefined],
      ['b', ' b '],
    ]);
    expect(exploration.notices).toEqual(['h: 4 columns got a name of its own (source_name says the header)']);
  });

  test('of any text go through the findings unchanged', async () => {
    const names = [
      "it's",
      'a "quoted" one',
      'line\nbreak',
      'größe',
      '`tick`',
      'select',
      '2024',
      'no',
      '# x',
      'a: b',
      '💡',
      '"""',
      '__proto__',
    ];
    const { columns } = await one(csvOf(names, [names.map((_, index) => index)]));
    expect(Object.keys(columns).sort()).toEqual([...names].sort());
    expect(columns['2024']?.position).toBe(6);
  });
});

describe('a column', () => {
  test('with leading zeros stays text', async () => {
    const { columns } = await one(
      csvOf(
        ['zip', 'n'],
        [
          ['01234', 1],
          ['98765', 2],
          ['00501', 3],
        ],
      ),
    );
    expect(columns.zip).toMatchObject({ data_type: 'string', inferred_type: 'identifier' });
  });

  test('is judged by all rows, not by the first: late texts, late fractions, late first values', async () => {
    const rows = Array.from({ length: 6_000 }, (_, index) => [index, index < 5_990 ? null : 7, index]);
    const text = `${csvOf(['late_text', 'late_value', 'late_fraction'], rows)}word,,1.5\n`;
    const { columns, recommendations } = await one(text);
    expect(columns.late_text).toMatchObject({ data_type: 'string', inferred_type: 'numeric_discrete' });
    expect(columns.late_text?.quality_issues).toContainEqual(expect.objectContaining({ issue: 'misfits', count: 1 }));
    expect(columns.late_value).toMatchObject({ data_type: 'bigint', universal_metrics: { null_count: 5_991 } });
    expect(columns.late_fraction).toMatchObject({ data_type: 'double', inferred_type: 'numeric_continuous' });
    expect(recommendations).toContainEqual(
      expect.objectContaining({
        kind: 'bronze.type.convert',
        target_column: 'late_text',
        parameters: { to: 'bigint' },
      }),
    );
  });

  test('with money keeps its two digits', async () => {
    expect((await one('price\n1.50\n22.00\n3.99\n')).columns.price?.data_type).toBe('decimal(18,2)');
  });

  test('of JSON is text, and a decimal comma is said and not converted in silence', async () => {
    const text = csvOf(
      ['payload', 'amount'],
      [
        ['{"a":1}', '1.250,50'],
        ['{"a":[2]}', '7,25'],
        ['{}', '3,00'],
      ],
    );
    const found = await one(text);
    expect(found.columns.payload).toMatchObject({ inferred_type: 'text', evidence: ['its values are JSON'] });
    expect(found.columns.amount?.data_type).toBe('string');
    expect(found.recommendations).toContainEqual(
      expect.objectContaining({
        target_column: 'amount',
        parameters: { to: 'double', decimal_separator: ',', thousands_separator: '.' },
      }),
    );
  });

  test('whose every value is missing, or the same, is found', async () => {
    const found = await one(
      csvOf(
        ['id', 'nothing', 'same'],
        [
          [1, null, 'x'],
          [2, null, 'x'],
          [3, null, 'x'],
        ],
      ),
    );
    expect(found.columns.nothing).toMatchObject({ inferred_type: 'unknown', type_metrics: {} });
    expect(found.constant_columns).toEqual(['same']);
    expect(kinds(found)).toContain('bronze.text.drop');
  });

  test('with words for missing values is recommended a list, and its numbers are numbers', async () => {
    const rows = Array.from({ length: 20 }, (_, index) => (index === 3 ? 'N/A' : String(index * 10)));
    const found = await one(`v\n${rows.join('\n')}\n`);
    expect(found.columns.v).toMatchObject({ data_type: 'bigint', type_metrics: { max: 190 } });
    expect(kinds(found)).toContain('bronze.consistency.missing_words');
  });

  test('with extreme numbers spoils nothing', async () => {
    const values = Array.from({ length: 20 }, (_, index) => index + 0.5);
    const found = await one(`v\n${values.join('\n')}\n1e308\n-1e308\nNaN\ninfinity\n`);
    expect(found.columns.v?.type_metrics).toMatchObject({ min: 0.5, max: 19.5, mean: 10 });
    expect(found.columns.v?.universal_metrics.null_count).toBe(0);
  });
});

describe('dates', () => {
  test('in one format are days, and the format is kept', async () => {
    const found = await one('d\n31.12.2024\n01.02.2025\n');
    expect(found.columns.d).toMatchObject({
      data_type: 'date',
      date_formats: ['dd.MM.yyyy'],
      type_metrics: { max: '2025-02-01' },
    });
  });

  test('that could be either way round are a question', async () => {
    const exploration = await explored(temporary.path, { 'd.csv': 'd\n01/02/2011\n03/04/2012\n' });
    expect(exploration.dataset().columns.d).toMatchObject({
      data_type: 'string',
      date_formats: ['dd/MM/yyyy', 'MM/dd/yyyy'],
    });
    expect(kinds(exploration.dataset())).not.toContain('bronze.type.convert');
    expect(exploration.notices).toEqual(['d: is d written day first or month first? Say so in date_formats']);
  });

  test.each([
    ['01/31/2011', 'MM/dd/yyyy', '2012-03-04'],
    ['31/01/2011', 'dd/MM/yyyy', '2012-04-03'],
  ])('are decided by one late %s', async (late, format, greatest) => {
    const rows = Array.from({ length: 5_000 }, () => '03/04/2012');
    const { columns } = await one(`d\n${rows.join('\n')}\n${late}\n`);
    expect(columns.d).toMatchObject({ data_type: 'date', date_formats: [format], type_metrics: { max: greatest } });
  });

  test('whose other format comes late are read in both', async () => {
    const rows = Array.from({ length: 5_000 }, () => '2024-05-06');
    const { columns } = await one(`d\n${rows.join('\n')}\n07.08.2026\n`);
    expect(columns.d).toMatchObject({
      date_formats: ['yyyy-MM-dd', 'dd.MM.yyyy'],
      type_metrics: { max: '2026-08-07' },
    });
  });

  test('in mixed formats name each, and times with zones are read', async () => {
    const found = await one(
      'd,t\n2024-05-06,2025-01-01T10:00:00Z\n06.05.2024,2025-01-01T10:00:00+02:00\n07.05.2024,2025-01-02T00:00:00Z\n',
    );
    expect(found.columns.d?.date_formats).toEqual(['yyyy-MM-dd', 'dd.MM.yyyy']);
    expect(found.columns.d?.quality_issues.map(({ issue }) => issue)).toEqual(['mixed_date_formats']);
    expect(found.columns.t?.type_metrics).toEqual({ min: '2025-01-01T08:00:00.000Z', max: '2025-01-02T00:00:00.000Z' });
  });
});

describe('a file', () => {
  test('with one row or none is explored', async () => {
    const single = await one('a,b\n1,x\n');
    expect(single).toMatchObject({ row_count: 1, column_count: 2 });
    expect(await one('a,b\n')).toMatchObject({ row_count: 0, column_count: 2, quality_issues: [{ issue: 'no_rows' }] });
    const error = await failureOf(explored(temporary.path, { 'empty.csv': '' }));
    expect(error.code).toBe('FILE_UNREADABLE');
  });

  test('with 300 columns is explored', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `column ${index}`);
    const rows = Array.from({ length: 50 }, (_, row) =>
      names.map((_name, index) => (index % 3 === 0 ? `w${row % 5}` : row * index)),
    );
    const found = await one(csvOf(names, rows));
    expect(Object.keys(found.columns)).toHaveLength(300);
    expect(found.columns['column 299']?.type_metrics.max).toBe(49 * 299);
  });

  test('with records that do not fit the header counts them', async () => {
    const exploration = await explored(temporary.path, { 'r.csv': 'a,b\n1,2\n3\n4,5,6\n7,8\n' });
    expect(exploration.dataset()).toMatchObject({
      row_count: 2,
      quality_issues: [{ issue: 'unreadable_rows', count: 2 }],
    });
    expect(exploration.notices).toEqual(['r: 2 records do not fit the header and are in no count']);
  });

  test('separated by semicolons, with a byte order mark and quoted line breaks, is read', async () => {
    const found = await one('\uFEFF"name";"text"\r\n"Ann";"one\r\ntwo; ""three"""\r\n"Bo";""\r\n');
    expect(found).toMatchObject({ row_count: 2, columns: { text: { universal_metrics: { null_count: 1 } } } });
    expect(Object.keys(found.columns)).toEqual(['name', 'text']);
  });

  test('of JSON lines has the keys of all its objects, also those that differ in case alone', async () => {
    const lines = [
      '{"id":1,"Id":"x","at":"2025-01-01"}',
      '{"id":2,"a/b~\\"c":{"k":[1]}}',
      'no json',
      '{"id":3,"at":null}',
    ];
    const exploration = await explored(temporary.path, { 'l.jsonl': `${lines.join('\n')}\n` });
    const { columns, row_count: rows, quality_issues: issues } = exploration.dataset();
    expect([rows, Object.keys(columns).sort()]).toEqual([3, ['Id', 'a/b~"c', 'at', 'id_2'].sort()]);
    expect(columns['a/b~"c']?.evidence).toEqual(['its values are JSON']);
    expect(columns.at?.universal_metrics.null_count).toBe(2);
    expect(issues).toMatchObject([{ issue: 'unreadable_rows', count: 1 }]);
  });

  test('that is not there, or of no known kind, is named', async () => {
    const error = await failureOf(explored(temporary.path, { 'data.xlsx': 'x' }));
    expect(error).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('is no source that can be explored'),
    });
  });
});
