import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

// What this file proves: `npm ci` takes the lock file on every platform. npm refuses a lock file that leaves out an
// optional package, also a package for another platform.

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(await readFile(join(import.meta.dirname, '../../package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, LockedPackage>>;
};

/** Where Node.js looks for a package that the one at `path` imports: its own folder, then the folders above. */
function candidates(path: string, name: string): string[] {
  const parts = path === '' ? [] : path.split('/node_modules/');
  return parts
    .map((_, index) => `${parts.slice(0, index + 1).join('/node_modules/')}/node_modules/${name}`)
    .concat(`node_modules/${name}`);
}

test('the lock file has every optional package of every platform', () => {
  const wanted = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map((name) => ({ path, name })),
  );
  expect(wanted.length).toBeGreaterThan(40);
  const missing = wanted.filter(({ path, name }) => !candidates(path, name).some((each) => each in packages));
  expect(missing).toEqual([]);
});
