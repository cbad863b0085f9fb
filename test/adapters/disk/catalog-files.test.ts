// Proves what is read of a catalog file and which files of a folder count as one.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { listLocalCatalogFiles, readCatalogFile } from '../../../src/adapters/disk/catalog-files.ts';
import { failureOf } from '../../support/failure-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder('catalogs');
const NAME = 'StandAloneContent_v2_2026_1_6_1_77434e.csv';

function read(content: string | Buffer) {
  const path = join(folder.path, NAME);
  writeFileSync(path, content);
  return readCatalogFile(path, { kind: 'StandAloneContent', timeZone: 'UTC', dateFormats: [] });
}

test('contents come in file order, the first of an id counts, and rows without a usable id are counted', async () => {
  const { contents, skippedRows, faults, sha256 } = await read(
    '\uFEFF\r\nContent Id,Title,Daily_Dose_BA,CreateDate\r\n"1,915,085","Skin, ""deep""",TRUE,1/6/2026\r\n,none,Y,\r\n' +
      '7,"two\r\nlines",no,2026-01-05T00:00:00Z\r\n\r\n1915085,again,FALSE,\r\nx,bad,1,\r\n8,,,\r\n9\r\n',
  );
  expect(contents).toEqual([
    { id: 1915085, title: 'Skin, "deep"', dailyDose: true, createdAt: Date.UTC(2026, 0, 6) },
    { id: 7, title: 'two lines', dailyDose: false, createdAt: Date.UTC(2026, 0, 5) },
    { id: 8, title: '', dailyDose: false, createdAt: null },
  ]);
  expect(skippedRows).toBe(3);
  expect([...faults].map(([fault, { count, firstLine }]) => [fault, count, firstLine])).toEqual([
    ['no-id', 2, 4],
    ['repeated-id', 1, 8],
    ['misaligned', 1, 11],
  ]);
  expect(sha256).toBe(
    createHash('sha256')
      .update(readFileSync(join(folder.path, NAME)))
      .digest('hex'),
  );
});

test('a file with a header alone holds nothing', async () => {
  expect(await read('ContentId\n')).toMatchObject({ contents: [], skippedRows: 0 });
});

test.each([
  ['an empty file', '', `${NAME}: the file is empty`],
  ['blank lines alone', '\n , \n', `${NAME}: the file is empty`],
  ['no id column', 'Title,Flag\nx,1\n', `${NAME}: no id column (it has: Title, Flag)`],
  ['an open quote', 'ContentId\n1\n"2\n', `${NAME}:3: a quoted field is never closed`],
  ['bytes that are not UTF-8', Buffer.from('ContentId\n\xff\n', 'latin1'), expect.stringContaining('not UTF-8')],
])('%s is refused by name', async (_what, content, message) => {
  const error = await failureOf(read(content));
  expect({ code: error.code, message: error.message }).toEqual({ code: 'CATALOG_INVALID', message });
});

test.each([
  [
    'semicolons',
    'ContentId;Title;CreateDate\n1;"a ""b"";c";x\n',
    /^it is separated by semicolons, not by commas \(its columns: ContentId, Title, CreateDate\)$/,
  ],
  [
    'tabs and quotes',
    '"ContentId"\t"Title"\n"1"\t"x"\n',
    /^it is separated by tabs.*\(its columns: ContentId, Title\)$/,
  ],
  [
    'each line in quotes',
    '"ContentId,Title"\n"1,""x"""\n',
    /^each line is in quotes as a whole.*\(in the quotes: ContentId, Title\)$/,
  ],
  ["Excel's first line", 'sep=,\nContentId,Title\n1,x\n', /^line 1 is "sep=,".*\(ContentId, Title\)$/],
])('a file with %s is refused by what it is, not by what the parser met', async (_what, content, message) => {
  const error = await failureOf(read(content));
  expect(error.code).toBe('CATALOG_INVALID');
  expect(error.message.slice(`${NAME}: `.length)).toMatch(message);
  expect(error.remedy).toBeTruthy();
});

test('rows of which none can be used are an error that names the columns', async () => {
  const { code, message } = await failureOf(read('ContentId,Title\nx,1\ny,2\n'));
  expect([code, message]).toEqual([
    'CATALOG_INVALID',
    `${NAME}: none of its rows can be used (2), in line 2 because ContentId "x" is not a content id (it has: ContentId, Title)`,
  ]);
});

test('a folder is made when it is not there, and holds no catalog files', async () => {
  expect(await listLocalCatalogFiles(join(folder.path, 'new/sub'))).toEqual([]);
  expect(await listLocalCatalogFiles(join(folder.path, 'new/sub'))).toEqual([]);
});

test('only regular files with a catalog name are listed, with size and time of modification', async () => {
  const at = join(folder.path, 'listed');
  mkdirSync(join(at, 'CourseCatalog_V2_2026_1_1_1_aa.csv'), { recursive: true });
  for (const name of [NAME, `${NAME}.part`, 'CourseCatalog_V2_2026_2_30_1_aa.csv', 'notes.csv']) {
    writeFileSync(join(at, name), 'ContentId\n');
  }
  symlinkSync(join(at, NAME), join(at, 'CourseCatalog_V2_2026_1_2_1_aa.csv'));
  utimesSync(join(at, NAME), 1_700_000_000, 1_700_000_000);
  expect(await listLocalCatalogFiles(at)).toEqual([
    {
      kind: 'StandAloneContent',
      name: NAME,
      date: '2026-01-06',
      sequence: 1,
      modifiedAt: 1_700_000_000_000,
      bytes: 10,
    },
  ]);
});
