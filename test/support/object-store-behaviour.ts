import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { ObjectStore } from '../../src/adapters/object-stores/object-store.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Files of this machine to send, by their content. */
export function localFiles(name: string): (file: string, content: string | Buffer) => Promise<string> {
  const folder = temporaryFolder(name);
  return async (file, content) => {
    const path = join(folder.path, file);
    await writeFile(path, content);
    return path;
  };
}

/** Every name below a folder, sorted. */
export async function namesIn(store: ObjectStore, folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const name of store.list(folder)) names.push(name);
  return names.sort();
}

/**
 * The tests that every store passes, whatever it is.
 * @param open gives a store whose root is empty and no other test's. @param large more bytes than fit one part.
 */
export function behavesAsObjectStore(open: () => Promise<ObjectStore>, large: number): void {
  const local = localFiles('object-store');

  test('a file is created once, and what is there stays', async () => {
    const store = await open();
    const name = 'drops/2026-01-07/Content User_é+%.csv';
    expect(await store.createFile(name, await local('a', 'first'))).toBe('created');
    expect(await store.createFile(name, await local('b', 'another'))).toBe('exists');
    expect(await store.createFile(name, await local('a', 'first'))).toBe('exists');
    expect(await store.sizeOf(name)).toBe(5);
    expect((await store.readRange(name, 0, 100))?.toString()).toBe('first');
    await store.close();
  });

  test('of many who create a file at once, one wins and its bytes are there', async () => {
    const store = await open();
    const paths = await Promise.all(Array.from({ length: 8 }, (_, i) => local(`racer-${i}`, `racer ${i}`)));
    const outcomes = await Promise.all(paths.map((path) => store.createFile('race.csv', path)));
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
    const winner = outcomes.indexOf('created');
    expect((await store.readRange('race.csv', 0, 100))?.toString()).toBe(`racer ${winner}`);
    await store.close();
  });

  test('a file of several parts and an empty one arrive byte for byte', async () => {
    const store = await open();
    const bytes = randomBytes(large);
    expect(await store.createFile('large.bin', await local('large', bytes))).toBe('created');
    expect(await store.createFile('large.bin', await local('large', bytes))).toBe('exists');
    expect(await store.sizeOf('large.bin')).toBe(large);
    expect((await store.readRange('large.bin', 0, large))?.equals(bytes)).toBe(true);
    expect((await store.readRange('large.bin', large - 8, large))?.equals(bytes.subarray(-8))).toBe(true);
    expect(await store.createFile('empty', await local('empty', ''))).toBe('created');
    expect(await store.sizeOf('empty')).toBe(0);
    expect(await store.readRange('empty', 0, 10)).toEqual(Buffer.alloc(0));
    await store.close();
  });

  test('what is not there has no size and no bytes, and its folder no names', async () => {
    const store = await open();
    expect(await store.sizeOf('no/such')).toBeUndefined();
    expect(await store.readRange('no/such', 0, 10)).toBeUndefined();
    expect(await store.readRange('no/such', 0, 0)).toBeUndefined();
    expect(await namesIn(store, 'no')).toEqual([]);
    await store.close();
  });

  test('a list holds the files below a folder at any depth, and none beside it', async () => {
    const store = await open();
    const path = await local('x', 'x');
    for (const name of ['runs/a', 'runs/b/c/d', 'runs2/e', 'f']) await store.createFile(name, path);
    expect(await namesIn(store, 'runs')).toEqual(['runs/a', 'runs/b/c/d']);
    expect(await namesIn(store, '')).toEqual(['f', 'runs/a', 'runs/b/c/d', 'runs2/e']);
    await store.close();
  });
}
