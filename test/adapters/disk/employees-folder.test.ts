import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findEmployeesFile, listEmployeesFiles } from '../../../src/adapters/disk/employees-folder.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// What this file proves: only CSV files beside the employees file can be chosen, by their names alone.

const outer = temporaryFolder('employees');

function folderWith(name: string, files: readonly string[]): string {
  const folder = join(outer.path, name);
  mkdirSync(folder);
  for (const file of files) writeFileSync(join(folder, file), 'abc');
  return folder;
}

test('the configured one comes first, the others by name; nothing else is there', async () => {
  const folder = folderWith('many', [
    'team-10.csv',
    'team-2.CSV',
    'main.txt',
    'notes.txt',
    '.hidden.csv',
    'a\u202eb.csv',
  ]);
  mkdirSync(join(folder, 'folder.csv'));
  symlinkSync(join(folder, 'team-2.CSV'), join(folder, 'link.csv'));
  symlinkSync('/nowhere', join(folder, 'broken.csv'));
  expect(await listEmployeesFiles(join(folder, 'main.txt'))).toEqual([
    { name: 'main.txt', bytes: 3 },
    { name: 'link.csv', bytes: 3 },
    { name: 'team-2.CSV', bytes: 3 },
    { name: 'team-10.csv', bytes: 3 },
  ]);
});

test('a folder that is not there holds none', async () => {
  expect(await listEmployeesFiles(join(outer.path, 'nowhere', 'employees.csv'))).toEqual([]);
});

test('a file is found by a name of the list, never by a path', async () => {
  const folder = folderWith('found', ['employees.csv', 'other.csv']);
  writeFileSync(join(outer.path, 'secret.csv'), 'abc');
  const find = (name: string) => findEmployeesFile(join(folder, 'employees.csv'), name);
  expect(await find('other.csv')).toBe(join(folder, 'other.csv'));
  for (const wrong of [
    '../secret.csv',
    join(outer.path, 'secret.csv'),
    './other.csv',
    'other.csv\0',
    'nobody.csv',
    '',
  ]) {
    expect([wrong, await find(wrong)]).toEqual([wrong, undefined]);
  }
});

test('of very many the first 200 are given', async () => {
  const folder = folderWith(
    'crowd',
    Array.from({ length: 210 }, (_, i) => `${i}.csv`),
  );
  const names = (await listEmployeesFiles(join(folder, '205.csv'))).map(({ name }) => name);
  expect([names.length, names[0], names[1]]).toEqual([200, '205.csv', '0.csv']);
});
