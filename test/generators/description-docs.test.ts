// Proves that the docs explain each setting of lakehouse.yaml, with its default, and no other: docs/workspace.md those
// of the workspace, docs/databricks.md all others.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DESCRIPTION_SCHEMA } from '../../src/domain/description/schema.ts';
import type { SchemaNode } from '../../src/domain/description/schema-node.ts';

const DOCS = join(import.meta.dirname, '../../docs');

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
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '`[]`' : '`{}`';
  const text = String(value ?? only ?? '');
  if (value === '') return 'empty';
  return text === '' ? '' : `\`${text}\``;
}

async function settingsIn(page: string): Promise<(string | undefined)[][]> {
  const rows = (await readFile(join(DOCS, page), 'utf8')).matchAll(/^\| `([a-z_.]+)` \| (.*?) \| (.+) \|$/gm);
  return Array.from(rows, ([, path, byDefault]) => [path, byDefault]);
}

test('the docs list every setting of lakehouse.yaml with its default', async () => {
  const settings = settingsOf(DESCRIPTION_SCHEMA, '');
  const ofWorkspace = settings.filter(([path]) => path.startsWith('workspace.'));
  expect(await settingsIn('databricks.md')).toEqual(settings.filter((setting) => !ofWorkspace.includes(setting)));
  expect(await settingsIn('workspace.md')).toEqual(ofWorkspace);
});
