import { describe, expect, test } from '@jest/globals';
import { kindOfHeader, kindOfName } from '../../../src/domain/feeds/file-kinds.ts';

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
    ['Run_2025_10_28_1_ab12cd.summary.txt', 'summary'],
    ['Run_25_10_28_1_ab12cd.manifest.json', 'manifest'],
    ['Run_2025_10_28_1_ab12cd.json', undefined],
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
});
