import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../support/compose-file.ts';
import { importsOf } from '../support/house-rules.ts';

// What this file proves: what runs in production imports nothing that a production install leaves out, nor what is
// there only because some other package happens to need it.

test('every package that is imported is a dependency of ours', async () => {
  const { dependencies, optionalDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const ours = { ...dependencies, ...optionalDependencies };
  const found = new Map<string, string>();
  for (const folder of ['src', 'config']) {
    for (const name of await readdir(join(ROOT, folder), { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const imports = importsOf(await readFile(join(ROOT, folder, name), 'utf8')).filter(({ typeOnly }) => !typeOnly);
      for (const { specifier } of imports) {
        if (/^(\.|node:)/.test(specifier)) continue;
        found.set(
          specifier
            .split('/')
            .slice(0, specifier.startsWith('@') ? 2 : 1)
            .join('/'),
          `${folder}/${name}`,
        );
      }
    }
  }
  expect(found.size).toBeGreaterThan(10);
  expect([...found].filter(([name]) => !Object.hasOwn(ours, name))).toEqual([]);
});
