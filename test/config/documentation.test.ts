import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SCHEMA, SETTING_GROUPS, SETTING_NAMES } from '../../config/schema.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
const rows = page.split('\n').filter((line) => /^\| `[A-Z0-9_]+` \|/.test(line));

/** The row that the page must have for each setting. */
const expected = SETTING_NAMES.map((name) => {
  const { default: value, doc, example, sensitive } = SCHEMA[name];
  const cells = [`\`${name}\``, value === null ? 'not set' : `\`${value}\``, doc, `\`${example}\``];
  return `| ${cells.join(' | ')} |${sensitive ? ' secret ' : ' '}|`;
});

test('docs/configuration.md has exactly one row for each setting, with its default, meaning, example and secrecy', () => {
  expect([...rows].sort()).toEqual([...expected].sort());
});

test('every setting says what it is for and has an example that is not from anywhere real', () => {
  for (const name of SETTING_NAMES) {
    expect(SCHEMA[name].doc).toMatch(/^[A-Z].*\.$/);
    expect(SCHEMA[name].example).not.toMatch(/\.(com|net|org|io)\b/);
  }
});

test('the groups of settings are the sections of the page', () => {
  const sections = page.split(/^## /m).flatMap((section) => {
    const names = [...section.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, name]) => name);
    return names.length > 0 ? [{ title: section.split('\n')[0], names }] : [];
  });
  expect(SETTING_GROUPS).toEqual(sections);
  expect(SETTING_GROUPS.flatMap(({ names }) => names)).toEqual(SETTING_NAMES);
});
