import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCreateDate, readCatalogRow, resolveCatalogColumns } from '../../src/domain/catalog.ts';
import { BtcFakeError } from '../../src/domain/errors.ts';
import { instant } from '../support/domain-values.ts';

// What this file proves: contract section 1, "Columns" of the vendor's catalog files.

describe('the header', () => {
  test.each([
    [['ContentId', 'Title', 'Daily_Dose_BA', 'CreateDate'], { id: 0, title: 1, dailyDose: 2, createdAt: 3 }],
    [
      ['create date', 'DAILY DOSE BA', ' content_title ', 'content id'],
      { id: 3, title: 2, dailyDose: 1, createdAt: 0 },
    ],
    [['\uFEFFCourseId', 'CourseName'], { id: 0, title: 1, dailyDose: -1, createdAt: -1 }],
    [['Other', 'elementid'], { id: 1, title: -1, dailyDose: -1, createdAt: -1 }],
  ])('%j is understood', (header, columns) => {
    expect(resolveCatalogColumns(header, 'x.csv')).toEqual(columns);
  });

  test.each([
    [['ElementId', 'CourseId', 'TrainingElementId', 'ContentId'], 3],
    [['ElementId', 'CourseId', 'TrainingElementId'], 2],
    [['ElementId', 'CourseId'], 1],
  ])('of the id columns in %j the first by rank is taken, not the first by place', (header, id) => {
    expect(resolveCatalogColumns(header, 'x.csv').id).toBe(id);
  });

  test.each([
    [['Name', 'CourseName', 'ContentName', 'ContentTitle', 'Title'], 4],
    [['Name', 'CourseName', 'ContentName', 'ContentTitle'], 3],
    [['Name', 'CourseName', 'ContentName'], 2],
    [['Name', 'CourseName'], 1],
    [['Name'], 0],
  ])('of the title columns in %j likewise', (titles, title) => {
    expect(resolveCatalogColumns([...titles, 'ContentId'], 'x.csv').title).toBe(title);
  });

  test.each([
    [
      ['Title', ' Daily_Dose_BA'],
      'CourseCatalog_V2_2025_5_20_1_ec83a5.csv: no id column (it has: Title, Daily_Dose_BA)',
    ],
    [[''], 'CourseCatalog_V2_2025_5_20_1_ec83a5.csv: no id column (it has: none)'],
  ])('%j without an id column is an error that names the file and its columns', (header, message) => {
    let thrown: unknown;
    try {
      resolveCatalogColumns(header, 'CourseCatalog_V2_2025_5_20_1_ec83a5.csv');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(BtcFakeError);
    expect(thrown).toMatchObject({
      code: 'CATALOG_INVALID',
      retryable: false,
      message,
      remedy: 'The file needs one of the columns ContentId, TrainingElementId, CourseId, ElementId.',
    });
  });

  test('of ten thousand columns makes no message of a megabyte', () => {
    const header = Array.from({ length: 10_000 }, (_, i) => `column ${i}`);
    expect(() => resolveCatalogColumns(header, 'x.csv')).toThrow(/^.{1,400}$/s);
  });
});

describe('a row', () => {
  const columns = resolveCatalogColumns(['ContentId', 'Title', 'Daily_Dose_BA', 'CreateDate'], 'x.csv');

  test('is read column by column', () => {
    expect(readCatalogRow(['1,915,085', ' Glow, in two steps ', 'TRUE', '2025-05-20'], columns)).toEqual({
      id: 1915085,
      title: 'Glow, in two steps',
      dailyDose: true,
      createdAt: instant('2025-05-20T00:00:00Z'),
    });
  });

  test('keeps a title for display, so on one line', () => {
    expect(readCatalogRow(['7', ' Glow,\r\n  in two\tsteps\n'], columns)?.title).toBe('Glow, in two steps');
  });

  test.each(['TRUE', 'true', 'True', '1', 'Y', 'y', 'Yes', 'YES', ' yes '])(
    'with Daily_Dose_BA %j is Daily Dose',
    (text) => {
      expect(readCatalogRow(['7', '', text, ''], columns)?.dailyDose).toBe(true);
    },
  );

  test.each(['FALSE', '0', 'N', 'No', '', 'x', '2', '01', 'TRUE!'])('with Daily_Dose_BA %j is not', (text) => {
    expect(readCatalogRow(['7', '', text, ''], columns)?.dailyDose).toBe(false);
  });

  test.each(['', 'abc', '0', '-1', '1.5', '12,34', '#7'])('with the id %j has no usable id', (id) => {
    expect(readCatalogRow([id, 'Title', 'TRUE', '2025-05-20'], columns)).toBeUndefined();
  });

  test('that is too short, or a file without the other columns, leaves them empty', () => {
    const bare = { id: 7, title: '', dailyDose: false, createdAt: null };
    expect(readCatalogRow(['7'], columns)).toEqual(bare);
    expect(readCatalogRow(['7'], resolveCatalogColumns(['ContentId'], 'x.csv'))).toEqual(bare);
    expect(readCatalogRow([], columns)).toBeUndefined();
  });
});

describe('a creation date', () => {
  test.each([
    ['2025-05-20', '2025-05-20T00:00:00Z'],
    ['2025-05-20T13:14:15', '2025-05-20T13:14:15Z'],
    ['2025-05-20 13:14:15', '2025-05-20T13:14:15Z'],
    ['2025-05-20T13:14:15.250Z', '2025-05-20T13:14:15.250Z'],
    ['2025-05-20T13:14:15+02:00', '2025-05-20T11:14:15Z'],
    ['5/20/2025', '2025-05-20T00:00:00Z'],
    ['05/02/2025', '2025-05-02T00:00:00Z'],
    ['5/20/2025 9:05', '2025-05-20T09:05:00Z'],
    ['5/20/2025 19:05:06', '2025-05-20T19:05:06Z'],
    ['5/20/2025 7:05 PM', '2025-05-20T19:05:00Z'],
    ['5/20/2025 12:05:06 am', '2025-05-20T00:05:06Z'],
    [' 1/6/2026 ', '2026-01-06T00:00:00Z'],
    ['2/29/2024', '2024-02-29T00:00:00Z'],
  ])('%j is %s', (text, expected) => {
    expect(parseCreateDate(text)).toBe(instant(expected));
  });

  test.each([
    '',
    '  ',
    'soon',
    '20/5/2025',
    '2/29/2025',
    '2025-02-30',
    '5/20',
    '5/20/25',
    '5/20/2025 25:00',
    'N/A',
    '2025-13-01',
  ])('%j is none', (text) => {
    expect(parseCreateDate(text)).toBeNull();
  });

  test('reads back every second, written in either way', () => {
    const seconds = fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2099, 0, 1) / 1000 });
    fc.assert(
      fc.property(seconds, (at) => {
        const date = new Date(at * 1000);
        const text = date.toISOString();
        const time = text.slice(11, 19);
        expect(parseCreateDate(text)).toBe(at * 1000);
        expect(parseCreateDate(text.slice(0, 10))).toBe(Math.floor(at / 86_400) * 86_400_000);
        const us = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
        expect(parseCreateDate(`${us} ${time}`)).toBe(at * 1000);
        expect(parseCreateDate(us)).toBe(Math.floor(at / 86_400) * 86_400_000);
      }),
    );
  });

  test('never throws and is never NaN, whatever the cell holds', () => {
    const cell = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9/:TZ .+-]{0,25}$/));
    fc.assert(
      fc.property(cell, (text) => {
        const value = parseCreateDate(text);
        expect(value === null || Number.isFinite(value)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
