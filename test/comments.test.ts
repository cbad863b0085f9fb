// Proves that comments have at most two lines, of at most 120 columns: CONTRIBUTING.md, Style.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');
const COLUMNS = 120;
const LINES = 2;
const COMMENT = /^\s*(\/\/|\/\*|\*)/;
const BLOCKS = /^[ \t]*(?:\/\/.*(?:\n[ \t]*\/\/.*)*|\/\*\*?[\s\S]*?\*\/)/gm;
/** What follows the words of a docstring: tags, lists, and what a Redis script is given. */
const APPENDED = /^(@|- |\d+\. |KEYS:|ARGV:)/;

const numberOf = (text: string, index: number) => text.slice(0, index).split('\n').length;

const wideIn = (text: string) =>
  text.split('\n').flatMap((line, i) => (COMMENT.test(line) && [...line].length > COLUMNS ? [i + 1] : []));

const longIn = (text: string) =>
  Array.from(text.matchAll(BLOCKS)).flatMap(({ 0: block, index }) => {
    const lines = block.split('\n').map((line) => line.replace(/^\s*(\/\*\*?|\*(?!\/)|\/\/)\s*|\s*\*\/$/g, '').trim());
    const words = lines.filter((line) => line !== '');
    const end = words.findIndex((line) => APPENDED.test(line));
    return (end === -1 ? words.length : end) > LINES ? [numberOf(text, index)] : [];
  });

test('no comment is wider than 120 columns, or says in more than two lines what is no list and no tag', async () => {
  const { stdout } = await promisify(execFile)('git', ['ls-files', '*.ts', '*.mjs', '*.js'], { cwd: ROOT });
  const files = stdout.trimEnd().split('\n');
  expect(files.length).toBeGreaterThan(400);
  const found: string[] = [];
  for (const file of files) {
    const text = await readFile(join(ROOT, file), 'utf8');
    found.push(...wideIn(text).map((line) => `${file}:${line} is too wide`));
    found.push(...longIn(text).map((line) => `${file}:${line} is too long`));
  }
  expect(found).toEqual([]);
});

test('the width of a comment counts in characters, and code does not count', () => {
  expect(wideIn(`// ${'é'.repeat(117)}\n/** ${'a'.repeat(116)}\n${'a'.repeat(121)}\n`)).toEqual([]);
  expect(wideIn(`const a = 1;\n  * ${'a'.repeat(117)}\n`)).toEqual([2]);
});

test('three lines are too many, with two slashes or in a docstring', () => {
  expect(longIn('const a = 1;\n// One\n// two\n// three\n')).toEqual([2]);
  expect(longIn('\n/**\n * One\n * two\n * three\n */\n')).toEqual([2]);
});

test('lists, tags and what a script is given come after two lines', () => {
  expect(longIn('// One\n// two\n\n// Three\n/** One */\n')).toEqual([]);
  expect(longIn('/**\n * One\n * two\n * - three\n *   four\n * @throws five\n * KEYS: six\n */\n')).toEqual([]);
});
