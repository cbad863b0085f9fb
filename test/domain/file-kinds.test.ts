import { describe, expect, test } from '@jest/globals';
import { kindOfHeader, kindOfName, runTailOfName } from '../../src/domain/file-kinds.ts';
import { feedNames } from '../../src/domain/run-plan.ts';
import { planOf } from '../support/domain-values.ts';

// What this file proves: files are known by the beginning of their names, else by their headers.

describe('the kind of a file', () => {
  test.each([
    ['ContentUserCompletion_V2_2025_10_28_1_ab12cd.csv', 'ContentUserCompletion'],
    ['NON_COMPLETED_ASSIGNMENTS_V2_2025_10_28_1_ab12cd.csv', 'Non_Completed_Assignments'],
    ['CourseCatalog_V2_2025_5_20_1_ec83a5.csv', 'CourseCatalog'],
    ['standalonecontent_v2_2026_1_6_1_77434e.csv', 'StandAloneContent'],
    ['employees.csv', 'employees'],
    ['Employees-of-the-lake-stores.csv', 'employees'],
    ['UserCompletion_v2_2025_10_28_1_ab12cd.csv', 'UserCompletion'],
    ['my-ContentUserCompletion.csv', undefined],
    ['Run_2025_10_28_1_ab12cd.summary.txt', undefined],
  ])('%s says %s by its name', (name, kind) => {
    expect(kindOfName(name)).toBe(kind);
  });

  test.each([
    ['UserId,ContentId,DateStarted,DateCompleted', 'ContentUserCompletion'],
    ['UserID,CreateDate_text,RequestId,TrainingElementId,Start_Date_text,DueDate_text', 'Non_Completed_Assignments'],
    ['Employee Id,employee_type', 'employees'],
    ['employee_id,ContentId', 'employees'],
    ['TrainingElementId,Title,Daily_Dose_BA', 'StandAloneContent'],
    ['course id,Title', 'CourseCatalog'],
    ['CreateDate,ElementId', 'CourseCatalog'],
    ['id,name', undefined],
    ['ba_id,content_id,completion_date', undefined],
    ['CreateDate,Title,Daily_Dose_BA', undefined],
    ['', undefined],
  ])('the header %s says %s', (header, kind) => {
    expect(kindOfHeader(header.split(','))).toBe(kind);
  });

  test("the feeds of one run share the end of their names, in both of the date's formats", () => {
    for (const feedDateFormat of ['yyyy_M_d', 'yy_MM_dd'] as const) {
      const { completions, nonCompleted, userCompletion } = feedNames(planOf({ feedDateFormat }));
      const tails = [completions, nonCompleted, userCompletion].map(runTailOfName);
      expect(new Set(tails).size).toBe(1);
      expect(tails[0]).toMatch(/^(2025_10_28|25_10_28)_1_[0-9a-f]{6}$/);
    }
    expect(runTailOfName('ContentUserCompletion_mine.csv')).toBeUndefined();
    expect(runTailOfName('ContentUserCompletion_V2_2025_10_28_1_AB12CD.CSV')).toBe('2025_10_28_1_ab12cd');
  });
});
