// Proves that comments keep to 120 columns: CONTRIBUTING.md, Style.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');
const COLUMNS = 120;
const COMMENT = /^\s*(\/\/|\/\*|\*)/;

const widthsIn = (text: string) =>
  text.split('\n').flatMap((line, i) => (COMMENT.test(line) && [...line].length > COLUMNS ? [i + 1] : []));

test('no comment is wider than 120 columns', async () => {
  const { stdout } = await promisify(execFile)('git', ['ls-files', '*.ts', '*.mjs', '*.js'], { cwd: ROOT });
  const files = stdout.trimEnd().split('\n');
  expect(files.length).toBeGreaterThan(400);
  const wide: string[] = [];
  for (const file of files)
    wide.push(...widthsIn(await readFile(join(ROOT, file), 'utf8')).map((line) => `${file}:${line}`));
  expect(wide).toEqual([]);
});

test('a line of a comment counts in characters, and code does not count', () => {
  expect(widthsIn(`// ${'é'.repeat(117)}\n/** ${'a'.repeat(116)}\n${'a'.repeat(121)}\n`)).toEqual([]);
  expect(widthsIn(`const a = 1;\n  * ${'a'.repeat(117)}\n`)).toEqual([2]);
});
