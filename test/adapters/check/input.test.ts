// Proves that files that a run reads are found wrong where the run finds them wrong, in its words, and nowhere else.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkInput } from '../../../src/adapters/check/input.ts';
import { readCatalogFile } from '../../../src/adapters/disk/catalog-files.ts';
import { takeEmployees } from '../../../src/adapters/disk/employees-file.ts';
import type { InputKind } from '../../../src/domain/feeds/file-kinds.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder('check-input');
const UTC = { timeZone: 'UTC', dateFormats: [] };
const BAD_EMPLOYEES = '\uFEFF# ours\r\nemployee_id,employee_edu_type\r\n1,a\r\n\r\n1,b\r\nx,a\r\n#2,a\r\n3,z\r\n4';

function put(name: string, content: string | Buffer): string {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

async function check(kind: InputKind, content: string | Buffer) {
  const problems: string[] = [];
  const rows = await checkInput(put('input.csv', content), kind, UTC, (line, problem) =>
    problems.push(`${line ?? '-'}: ${problem}`),
  );
  return { rows, problems };
}

describe('an employees file', () => {
  test('is wrong in the very words of the run', async () => {
    const path = put('input.csv', BAD_EMPLOYEES);
    const run = await takeEmployees({ path, skipInvalid: true });
    const { rows, problems } = await check('employees', BAD_EMPLOYEES);
    expect(problems.map((problem) => `input.csv:${problem}`)).toEqual(run.invalid.first);
    expect(rows).toBe(5);
  });

  test.each([
    ['', '1: the file is empty; it has not even a header'],
    ['employee_id,employee_type\n#1,a\n', '-: the file holds no employees'],
    ['\nid,employee_type\n1,a\n', '2: the header has no column employee_id (it has: id, employee_type)'],
    ['employee_id,employee_type\n1,a\n2,"b\n', '3: a quoted field is never closed'],
    [
      'employee_id;employee_type\n1;a\n',
      '-: it is separated by semicolons, not by commas (its columns: employee_id, employee_type)',
    ],
    ['"employee_id","employee_type"\n1,"a" b\n', '2: something stands behind the closing quote of a field'],
    [
      '"employee_id"\t"employee_type"\n"1"\t"a"\n',
      '-: it is separated by tabs, not by commas (its columns: employee_id, employee_type)',
    ],
  ])('with %j', async (content, problem) => {
    expect((await check('employees', content)).problems).toEqual([problem]);
  });
});

describe('a catalog', () => {
  test.each<[InputKind, string | Buffer, readonly string[]]>([
    ['CourseCatalog', 'ContentId\n', []],
    ['CourseCatalog', '', ['1: the file is empty; it has not even a header']],
    ['CourseCatalog', 'a,b\n1,2\n', ['1: no id column (it has: a, b)']],
    [
      'CourseCatalog',
      'ContentId\n"1,915,085"\n1915085\n',
      ['3: ContentId 1,915,085 was seen before; the first row with it counts'],
    ],
    [
      'StandAloneContent',
      'ContentId,Daily_Dose_BA,Created\n\n7,perhaps,x\n',
      [
        '1: no date column (CreateDate, CreatedDate, DateCreated, CreateDateText), every date counts as missing (it has: ContentId, Daily_Dose_BA, Created)',
        '3: Daily_Dose_BA "perhaps" is neither true nor false',
      ],
    ],
    [
      'CourseCatalog',
      Buffer.from('ContentId,Title\nx,2\n1,Caf\xe9\n', 'latin1'),
      ['3: there are bytes that are not UTF-8'],
    ],
    [
      'CourseCatalog',
      'ContentId,Title\nx,2\ny,2,3\n',
      [
        '2: ContentId "x" is not a content id',
        '3: it has 3 fields, not 2; the row is skipped',
        '1: none of its rows can be used (2), in line 2 because ContentId "x" is not a content id (it has: ContentId, Title)',
      ],
    ],
    [
      'CourseCatalog',
      'sep=;\nContentId;Title\n1;2\n',
      ['-: line 1 is "sep=;", which only Excel knows; the columns stand below it (ContentId, Title)'],
    ],
  ])('%s with %j', async (kind, content, problems) => {
    expect((await check(kind, content)).problems).toEqual(problems);
  });

  test('is wrong in file order, also where its end decides what its dates mean', async () => {
    const content = 'ContentId,Daily_Dose_BA,CreateDate\n1,,24/10/2025\nx,,\n2,,10/28/2025\n3,,45958\n';
    const { rows, problems } = await check('StandAloneContent', content);
    expect(rows).toBe(4);
    expect(problems).toEqual([
      '2: CreateDate "24/10/2025" is not a date or timestamp that can be read',
      '3: ContentId "x" is not a content id',
      '5: CreateDate "45958" is not a date or timestamp that can be read',
    ]);
    const reading = await readCatalogFile(put('input.csv', content), { ...UTC, kind: 'StandAloneContent' });
    expect(reading.faults.get('unreadable-date')).toMatchObject({ count: 2, firstLine: 2 });
  });
});
