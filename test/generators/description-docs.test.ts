// Proves that docs/databricks.md explains each setting of lakehouse.yaml, with its default, and no other.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DESCRIPTION_SCHEMA, type SchemaNode } from '../../src/domain/description/schema.ts';

const PAGE = join(import.meta.dirname, '../../docs/databricks.md');

/** Path and default of each setting. */
function settingsOf(node: SchemaNode, path: string): [path: string, byDefault: string][] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]): [string, string][] => {
    const own = path === '' ? key : `${path}.${key}`;
    if (child.properties !== undefined && own !== 'targets') return settingsOf(child, own);
    return [[own, defaultOf(own, child)]];
  });
}

function defaultOf(path: string, { default: value, const: only }: SchemaNode): string {
  if (path === 'targets') return '`dev`';
  const text = String(Array.isArray(value) ? '[]' : (value ?? only ?? ''));
  if (value === '') return 'empty';
  return text === '' ? '' : `\`${text}\``;
}

test('docs/databricks.md lists every setting of lakehouse.yaml with its default', async () => {
  const rows = (await readFile(PAGE, 'utf8')).matchAll(/^\| `([a-z_.]+)` \| (.*?) \| (.+) \|$/gm);
  const listed = Array.from(rows, ([, path, byDefault]) => [path, byDefault]);
  expect(listed).toEqual(settingsOf(DESCRIPTION_SCHEMA, ''));
});
