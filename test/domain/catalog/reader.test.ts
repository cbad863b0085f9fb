import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { catalogNotices } from '../../../src/domain/catalog/faults.ts';
import type { CatalogKind } from '../../../src/domain/catalog/file-name.ts';
import { CatalogReader } from '../../../src/domain/catalog/reader.ts';
import { instant } from '../../support/domain-values.ts';

// What this file proves: which rows of a vendor's catalog count for what, and that nothing is left out or guessed
// without being told (contract section 1, "Vendor catalog files").

const HEADER = ['ContentId', 'Title', 'Daily_Dose_BA', 'CreateDate'];

/** Reads rows that stand below a header in line 1. */
function read(rows: readonly (readonly string[])[], header = HEADER, kind: CatalogKind = 'StandAloneContent') {
  const problems: string[] = [];
  const rules = { kind, timeZone: 'UTC', dateFormats: [] };
  const reader = new CatalogReader(rules, { fields: header, line: 1, place: { file: 'x.csv' } }, (line, problem) =>
    problems.push(`${line}: ${problem}`),
  );
  for (const [index, fields] of rows.entries()) reader.add(index + 2, fields);
  const outcome = reader.finish();
  const notices = catalogNotices('x.csv', outcome.faults);
  return { ...outcome, rows: reader.rows, notices, problems, reader };
}

const day = (iso: string) => instant(`${iso}T00:00:00Z`);

describe('a row', () => {
  test('is read column by column', () => {
    expect(read([['1,915,085', ' Glow, in two steps ', 'TRUE', '2025-05-20']])).toMatchObject({
      contents: [{ id: 1915085, title: 'Glow, in two steps', dailyDose: true, createdAt: day('2025-05-20') }],
      rows: 1,
      skippedRows: 0,
      notices: [],
      problems: [],
    });
  });

  test.each(['TRUE', 'true', 'T', 't', '1', 'Y', 'y', 'Yes', ' yes '])(
    'with Daily_Dose_BA %j is Daily Dose',
    (text) => {
      expect(read([['7', '', text, '']])).toMatchObject({ contents: [{ dailyDose: true }], notices: [] });
    },
  );

  test.each(['FALSE', 'false', 'F', 'f', '0', 'N', 'No', '', ' '])('with Daily_Dose_BA %j is not', (text) => {
    expect(read([['7', '', text, '']])).toMatchObject({ contents: [{ dailyDose: false }], notices: [] });
  });

  test.each(['x', '2', '01', 'TRUE!', 'ja'])('with Daily_Dose_BA %j is not, and that is told', (text) => {
    const { contents, notices, problems } = read([
      ['8', '', 'no', ''],
      ['7', '', text, ''],
    ]);
    expect(contents[1]).toMatchObject({ dailyDose: false });
    expect(notices).toMatchObject([{ code: 'catalog-flags-unreadable', count: 1, firstLine: 3 }]);
    expect(problems).toEqual([`3: Daily_Dose_BA "${text}" is neither true nor false`]);
  });

  test.each(['1915085', '1,915,085', '1915085.0', '1,915,085.00', ' 01915085 '])(
    'with the id %j is of 1,915,085',
    (id) => {
      expect(read([[id, '', '', '']]).contents).toMatchObject([{ id: 1915085 }]);
    },
  );

  test.each(['', 'abc', '0', '-1', '1.5', '12,34', '#7', '1.915085E6', '1915085.', '.0'])(
    'with the id %j is skipped',
    (id) => {
      const { contents, skippedRows, notices } = read([
        ['7', '', '', ''],
        [id, 'Title', 'TRUE', '2025-05-20'],
      ]);
      expect(contents).toHaveLength(1);
      expect(skippedRows).toBe(1);
      expect(notices).toMatchObject([{ code: 'catalog-rows-skipped', count: 1, firstLine: 3 }]);
    },
  );

  test('with an id that was seen before does not count', () => {
    const { contents, skippedRows, notices } = read([
      ['7', 'One', 'no', ''],
      ['7.0', 'Again', 'TRUE', 'soon'],
    ]);
    expect(contents).toMatchObject([{ id: 7, title: 'One', dailyDose: false }]);
    expect(skippedRows).toBe(0);
    expect(notices).toMatchObject([{ code: 'catalog-ids-repeated', count: 1, firstLine: 3 }]);
  });

  test.each([
    ['an unquoted comma in its title', ['8', 'Skin', ' deep', 'TRUE', '2025-10-01']],
    ['its last field missing', ['8', 'Skin', 'TRUE']],
    ['its id alone', ['8']],
  ])('with %s is skipped whole', (_what, shifted) => {
    const { contents, skippedRows, notices, problems } = read([shifted, ['7', '', '', '']]);
    expect(contents).toMatchObject([{ id: 7 }]);
    expect(skippedRows).toBe(1);
    expect(notices).toMatchObject([{ code: 'catalog-rows-misaligned', count: 1, firstLine: 2 }]);
    expect(problems).toEqual([`2: it has ${shifted.length} fields, not 4; the row is skipped`]);
  });

  test('may have empty fields behind the last, as the header may', () => {
    const row = ['7', 'Skin', 'TRUE', '2025-10-01'];
    expect(read([[...row, '', ' ']]).skippedRows).toBe(0);
    expect(read([row, ['8', '', '', '', '', 'x']], [...HEADER, '', ''])).toMatchObject({ skippedRows: 0, notices: [] });
  });

  test('that is blank is none', () => {
    expect(read([[], [''], [' ', '', '']])).toMatchObject({ contents: [], rows: 0, skippedRows: 0 });
  });
});

describe('a title', () => {
  test.each([
    [' Glow,\r\n  in two\tsteps\n', 'Glow, in two steps'],
    ['\u001b[31mRed\u001b[0m alarm\u0007', '[31mRed[0m alarm'],
    ['\u009b2J\u0000Skin', '2JSkin'],
    ['evil\u202Egnp.exe\u2066\u200F', 'evilgnp.exe'],
    ['Crème 💄 👩‍🦰', 'Crème 💄 👩‍🦰'],
    ['a \u0008 b', 'a b'],
  ])('%j is kept as %j', (text, title) => {
    expect(read([['7', text, '', '']]).contents[0]!.title).toBe(title);
  });

  test('never has a control or bidirectional character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const { title } = read([['7', text, 'no', '']]).contents[0]!;
        expect(title).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      }),
    );
  });
});

describe('dates with slashes', () => {
  const rowsOf = (...dates: string[]) => dates.map((date, i) => [String(i + 1), '', '', date]);

  test('are month first when nothing says otherwise', () => {
    const { contents, notices } = read(rowsOf('5/6/2025', '10/28/2025'));
    expect(contents.map(({ createdAt }) => createdAt)).toEqual([day('2025-05-06'), day('2025-10-28')]);
    expect(notices).toEqual([]);
  });

  test('are day first in a file in which one can only be that and none only month first, and that is told', () => {
    const { contents, notices, problems } = read(rowsOf('5/6/2025', '2025-01-01', '24/10/2025', '7/7/2025'));
    expect(contents.map(({ createdAt }) => createdAt)).toEqual(
      ['2025-06-05', '2025-01-01', '2025-10-24', '2025-07-07'].map(day),
    );
    const told =
      '2 dates with slashes read day first, since "24/10/2025" can only be that (CATALOG_DATE_FORMATS can say how dates are written)';
    expect(notices).toEqual([{ code: 'catalog-read-day-first', text: `x.csv: ${told}`, count: 2, firstLine: 4 }]);
    expect(problems).toEqual([`4: ${told}`]);
  });

  test('are month first in a file that has both, and what can only be day first is missing', () => {
    const { contents, notices } = read(rowsOf('24/10/2025', '5/6/2025', '10/28/2025', '45958', '25/10/2025'));
    expect(contents.map(({ createdAt }) => createdAt)).toEqual([
      null,
      day('2025-05-06'),
      day('2025-10-28'),
      null,
      null,
    ]);
    expect(notices).toMatchObject([{ code: 'catalog-dates-unreadable', count: 3, firstLine: 2 }]);
  });
});

describe('a date that cannot be read', () => {
  test('counts as missing, and is told with its first line and what stands there', () => {
    const { contents, notices, problems } = read([
      ['7', '', '', ''],
      ['8', '', '', '45958'],
      ['9', '', '', 'TRUE'],
    ]);
    expect(contents.map(({ createdAt }) => createdAt)).toEqual([null, null, null]);
    expect(notices).toEqual([
      {
        code: 'catalog-dates-unreadable',
        text: 'x.csv: dates that cannot be read and count as missing (CATALOG_DATE_FORMATS can say how dates are written): 2, the first in line 3: CreateDate "45958" is not a date or timestamp that can be read',
        count: 2,
        firstLine: 3,
      },
    ]);
    expect(problems).toEqual([
      '3: CreateDate "45958" is not a date or timestamp that can be read',
      '4: CreateDate "TRUE" is not a date or timestamp that can be read',
    ]);
  });
});

describe('a column that is not there', () => {
  test('is told of a StandAloneContent file, with the columns that it has', () => {
    const { contents, notices } = read([['7', 'x', 'y']], ['ContentId', 'Dose', 'Created']);
    expect(contents).toMatchObject([{ dailyDose: false, createdAt: null }]);
    expect(notices).toEqual([
      {
        code: 'catalog-date-column-missing',
        text: 'x.csv: no date column (CreateDate, CreatedDate, DateCreated, CreateDateText), every date counts as missing (it has: ContentId, Dose, Created)',
        count: 1,
        firstLine: 1,
      },
      {
        code: 'catalog-daily-dose-column-missing',
        text: 'x.csv: no column Daily_Dose_BA, nothing counts as Daily Dose (it has: ContentId, Dose, Created)',
        count: 1,
        firstLine: 1,
      },
    ]);
  });

  test('is nothing to a CourseCatalog file, of which neither is used', () => {
    expect(read([['7', 'x']], ['CourseId', 'CourseName'], 'CourseCatalog').notices).toEqual([]);
  });
});

describe('a file with rows of which none can be used', () => {
  test.each([
    [[['x', '', '', ''], ['7']], 'in line 2 because ContentId "x" is not a content id'],
    [[['7', 'a', 'b', 'TRUE', '2025-10-01']], 'in line 2 because it has 5 fields, not 4; the row is skipped'],
  ])('is an error that says why, and which columns there are', (rows, why) => {
    const { reader } = read(rows);
    expect(() => reader.requireUsableRow()).toThrow(
      `x.csv: none of its rows can be used (${rows.length}), ${why} (it has: ContentId, Title, Daily_Dose_BA, CreateDate)`,
    );
  });

  test('is not a file that holds its header alone, or a row that can be', () => {
    expect(() => read([['']]).reader.requireUsableRow()).not.toThrow();
    expect(() =>
      read([
        ['x', '', '', ''],
        ['7', '', '', ''],
      ]).reader.requireUsableRow(),
    ).not.toThrow();
  });
});
