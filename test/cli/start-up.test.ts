import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { importsOf } from '../support/house-rules.ts';

// What this file proves: help and wrong usage wait for nothing heavy. What a command needs is loaded when it is called.

const ROOT = resolve(import.meta.dirname, '../..');

/** The packages that are loaded with a file, before anything in it runs. */
async function packagesLoadedWith(path: string, seen = new Set<string>()): Promise<Set<string>> {
  const packages = new Set<string>();
  if (seen.has(path)) return packages;
  seen.add(path);
  // `import('…')` has no names, and types are gone when the code runs.
  const loaded = importsOf(await readFile(path, 'utf8')).filter(({ typeOnly, names }) => !typeOnly && names !== '');
  for (const { specifier } of loaded) {
    if (!specifier.startsWith('.')) packages.add(specifier);
    else for (const name of await packagesLoadedWith(join(path, '..', specifier), seen)) packages.add(name);
  }
  return packages;
}

test('the command line loads commander alone before it knows the command', async () => {
  const main = join(ROOT, 'src/cli/main.ts');
  expect(existsSync(main)).toBe(true);
  const packages = [...(await packagesLoadedWith(main))].filter((name) => !name.startsWith('node:')).sort();
  expect(packages).toEqual(['commander']);
});
