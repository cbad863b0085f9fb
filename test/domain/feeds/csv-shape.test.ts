import { expect, test } from '@jest/globals';
import { foreignShape } from '../../../src/domain/feeds/csv-shape.ts';

// What this file proves: a file that is no CSV with commas in UTF-8 is told by what it is, with the columns that were
// found.

const shapeOf = (content: string | Buffer) => foreignShape(Buffer.from(content as string))?.what;

test.each<[content: string | Buffer, what: string]>([
  ['ContentId;Title\n1;"a;b"\n', 'it is separated by semicolons, not by commas (its columns: ContentId, Title)'],
  [
    'ContentId;"Title; of it, all";x\n',
    'it is separated by semicolons, not by commas (its columns: ContentId, Title; of it, all, x)',
  ],
  [
    '\uFEFFemployee_id\temployee_edu_type\r\n',
    'it is separated by tabs, not by commas (its columns: employee_id, employee_edu_type)',
  ],
  ['# people\n\na|b|c\n', 'it is separated by vertical bars, not by commas (its columns: a, b, c)'],
  ['"UserId";"ContentId"\n', 'it is separated by semicolons, not by commas (its columns: UserId, ContentId)'],
  ['"a,b"\n', 'each line is in quotes as a whole and counts as one field (in the quotes: a, b)'],
  ['"""a"",""b"""\n', 'each line is in quotes as a whole and counts as one field (in the quotes: a, b)'],
  ['"a;b;c"\n', 'each line is in quotes as a whole and counts as one field (in the quotes: a, b, c)'],
  ['sep=,\r\na,b\r\n', 'line 1 is "sep=,", which only Excel knows; the columns stand below it (a, b)'],
  ['"sep=;"\na;b\n', 'line 1 is "sep=;", which only Excel knows; the columns stand below it (a, b)'],
  ['sep=\t\na\tb\n', 'line 1 is "sep=", which only Excel knows; the columns stand below it (a, b)'],
  [Buffer.from('\uFEFFContentId,Title\n', 'utf16le'), 'it is in UTF-16, not in UTF-8'],
  [Buffer.from('ContentId,Title\n', 'utf16le'), 'it is in UTF-16, not in UTF-8'],
  [Buffer.from([0x50, 0x4b, 3, 4, 20, 0]), 'it is a ZIP archive or an Excel workbook (.xlsx), not CSV'],
  [Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), 'it is an Excel workbook (.xls), not CSV'],
  [Buffer.from([0x1f, 0x8b, 8, 0]), 'it is compressed with gzip'],
  ['-----BEGIN PGP MESSAGE-----\n', 'it is encrypted with PGP'],
  ['<!DOCTYPE html>\n<html>', 'it is an HTML or XML page, not CSV'],
])('%j: %s', (content, what) => {
  expect(shapeOf(content)).toBe(what);
});

test.each([
  '',
  'ContentId\n',
  'ContentId,Title\n',
  '"ContentId","Title; or not"\n',
  'a;b,c\n',
  '"ContentId"\n',
  'a,"b',
  '\n\n',
])('%j looks like CSV', (content) => {
  expect(shapeOf(content)).toBeUndefined();
});

test('what is found cannot harm a terminal, and is not the whole of a huge line', () => {
  const what = shapeOf(`a\u001b[31m;b\u202E;${'x;'.repeat(10_000)}\n`)!;
  expect(what).toContain('(its columns: a\\u001b[31m, b\\u{202e}, x');
  expect(what.length).toBeLessThan(500);
});
