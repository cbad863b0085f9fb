// Proves that every test that docs/guarantees.md and docs/security.md name is there, and that no promise is without
// one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');
const NAMED_TEST = /`(test\/[^`\s]+\.test\.ts)`\s+"([^"]+)"/g;

interface NamedTest {
  readonly file: string;
  readonly name: string;
}

const pageOf = (page: string): string => readFileSync(join(ROOT, 'docs', page), 'utf8');
const namedTests = (text: string): NamedTest[] =>
  Array.from(text.matchAll(NAMED_TEST), ([, file, name]) => ({ file: file!, name: name!.replace(/\s+/g, ' ') }));

/** Whether a file has a test, or a group of tests, whose name begins so, or which is named so after what varies. */
function isThere({ file, name }: NamedTest): boolean {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [`'${name}`, `"${name}`, `'%s ${name}`, `'with %s ${name}`].some((quoted) => text.includes(quoted));
}

describe.each(['guarantees.md', 'security.md'])('docs/%s', (page) => {
  test('names tests that are there', () => {
    const named = namedTests(pageOf(page));
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((one) => !isThere(one))).toEqual([]);
  });

  test('names a file of tests only with the name of a test in it', () => {
    const mentioned = pageOf(page).match(/`test\/[^`\s]+\.test\.ts`/g) ?? [];
    const alone = mentioned.filter((file) => file !== '`test/promises.test.ts`');
    expect(alone).toHaveLength(namedTests(pageOf(page)).length);
  });

  test('makes no promise in a table that no test holds', () => {
    const rows = pageOf(page)
      .split('\n')
      .filter((line) => /^\| (\*\*|[a-z])/.test(line) && !line.startsWith('| `'));
    const promises = rows.filter((row) => !row.startsWith('| a replica'));
    expect(promises.length).toBeGreaterThan(5);
    expect(promises.filter((row) => namedTests(row).length === 0)).toEqual([]);
  });
});

test('a test that is not there, or whose name has changed, is noticed', () => {
  const file = 'test/promises.test.ts';
  expect(isThere({ file, name: 'a test that is not there, or whose name has changed, is noticed' })).toBe(true);
  expect(isThere({ file, name: ['a test that never', 'was'].join(' ') })).toBe(false);
});
