import { describe, expect, test } from '@jest/globals';
import { resolveCatalogColumns } from '../../../src/domain/catalog/content.ts';
import { BtcFakeError } from '../../../src/domain/errors.ts';

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
    expect(resolveCatalogColumns(header, { file: 'x.csv' })).toEqual(columns);
  });

  test.each([
    [['ElementId', 'CourseId', 'TrainingElementId', 'ContentId'], 3],
    [['ElementId', 'CourseId', 'TrainingElementId'], 2],
    [['ElementId', 'CourseId'], 1],
  ])('of the id columns in %j the first by rank is taken, not the first by place', (header, id) => {
    expect(resolveCatalogColumns(header, { file: 'x.csv' }).id).toBe(id);
  });

  test.each([
    [['Name', 'CourseName', 'ContentName', 'ContentTitle', 'Title'], 4],
    [['Name', 'CourseName', 'ContentName', 'ContentTitle'], 3],
    [['Name', 'CourseName', 'ContentName'], 2],
    [['Name', 'CourseName'], 1],
    [['Name'], 0],
  ])('of the title columns in %j likewise', (titles, title) => {
    expect(resolveCatalogColumns([...titles, 'ContentId'], { file: 'x.csv' }).title).toBe(title);
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
      resolveCatalogColumns(header, { file: 'CourseCatalog_V2_2025_5_20_1_ec83a5.csv' });
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

  test.each(['CreateDate', 'Created Date', 'created_date', 'DateCreated', 'CreateDate_text'])(
    '%j is a column of dates',
    (name) => {
      expect(resolveCatalogColumns(['ContentId', name], { file: 'x.csv' }).createdAt).toBe(1);
    },
  );

  test('of the date columns the first by rank is taken', () => {
    const header = ['CreateDateText', 'DateCreated', 'CreatedDate', 'CreateDate', 'ContentId'];
    const taken = [3, 2, 1, 0].map((last) =>
      resolveCatalogColumns([...header.slice(0, last + 1), 'ContentId'], { file: 'x.csv' }),
    );
    expect(taken.map(({ createdAt }) => createdAt)).toEqual([3, 2, 1, 0]);
  });

  test('of ten thousand columns makes no message of a megabyte', () => {
    const header = Array.from({ length: 10_000 }, (_, i) => `column ${i}`);
    expect(() => resolveCatalogColumns(header, { file: 'x.csv' })).toThrow(/^.{1,400}$/s);
  });
});
