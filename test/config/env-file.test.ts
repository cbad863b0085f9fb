import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseEnvFile, readEnvFile } from '../../config/env-file.ts';
import { problemLine } from '../../config/problem.ts';

/** Printable text on one line, among it all that has a meaning in an environment file. */
const oneLine = fc.string({ unit: fc.constantFrom(...'ab1 #="`\\$:,;!%&é世'), minLength: 1 });

function read(content: string) {
  const { entries, problems } = parseEnvFile(content, '.env');
  return { values: entries.map(({ name, text }) => [name, text]), problems: problems.map(problemLine) };
}

describe('what a line means', () => {
  test.each([
    ['A=1', '1'],
    ['A = 1 ', '1'],
    ['  export A=1', '1'],
    ['A=one two', 'one two'],
    ['A=1 # why', '1'],
    ['A="1" # why', '1'],
    ['A=', ''],
    ['A= # nothing', ''],
    ["A='a#b c '", 'a#b c '],
    ["A=it's", "it's"],
    ['A=x=y', 'x=y'],
    ['\uFEFFA=1', '1'],
    ['A=1\r\n', '1'],
  ])('%j sets A to %j', (content, value) => {
    expect(read(content)).toEqual({ values: [['A', value]], problems: [] });
  });

  test('blank lines and comments set nothing and do not disturb what follows', () => {
    expect(read('\n# one\n   # B=2\n\nA =1\n')).toEqual({ values: [['A', '1']], problems: [] });
  });

  test('a text without a single quote or a line break comes out of single quotes as it went in', () => {
    fc.assert(
      fc.property(oneLine, oneLine, (first, second) => {
        expect(read(`A='${first}'\nB='${second}'`)).toEqual({
          values: [
            ['A', first],
            ['B', second],
          ],
          problems: [],
        });
      }),
    );
  });

  test('entries know their lines, whatever stands between them', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('', '# note', "A='x'", 'B=y # z', 'not an assignment')), (lines) => {
        const found = parseEnvFile(lines.join('\n'), '.env').entries.map(({ line }) => line);
        const expected = lines.flatMap((line, index) => (/^[AB]=/.test(line) ? [index + 1] : []));
        expect(found).toEqual(expected);
      }),
    );
  });
});

describe('what would be misread', () => {
  test.each([
    ['PASSWORD hunter2\nA=1', '.env:1: this line is not NAME=value'],
    ['A=1\nhunter2\n', '.env:2: this line is not NAME=value'],
    ['PASSWORD=hunter2#3', 'PASSWORD: a value with # in it needs single quotes around it (.env:1)'],
    ['PASSWORD="hunter2', 'PASSWORD: the quote is not closed on this line (.env:1)'],
    ["PASSWORD='hunter2'3", 'PASSWORD: there is text behind the closing quote (.env:1)'],
  ])('%j is a problem that does not quote the value', (content, problem) => {
    const { problems } = read(content);
    expect(problems).toEqual([problem]);
    expect(problems.join()).not.toContain('hunter2');
  });

  test('a line that is no assignment does not swallow the next one', () => {
    expect(read('PASSWORD hunter2\nA=1').values).toEqual([['A', '1']]);
  });
});

describe('the file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'btc-fake-env-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('that is not there is empty, unless it was asked for by name', () => {
    const path = join(folder, 'none.env');
    expect(readEnvFile(path, false)).toEqual({ entries: [], problems: [] });
    expect(readEnvFile(path, true).problems.map(problemLine)).toEqual([`${path}: there is no such file`]);
  });

  test('that cannot be read is a problem in any case', () => {
    expect(readEnvFile(folder, false).problems.map(problemLine)).toEqual([`${folder}: cannot be read (EISDIR)`]);
  });
});
