import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isRunning, processMark, withFolderLock } from '../../../src/adapters/disk/folder-lock.ts';

let folder: string;
let lock: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'btc-fake-lock-'));
  lock = join(folder, 'a.lock');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function markOfDeadProcess(): Promise<string> {
  const child = spawn(process.execPath, ['-e', '']);
  const mark = processMark(child.pid ?? 0) ?? 'none';
  await once(child, 'exit');
  return mark;
}

test('only one at a time holds it, also when all of them find an abandoned one', async () => {
  symlinkSync(await markOfDeadProcess(), lock);
  let holders = 0;
  let most = 0;
  let turns = 0;
  const work = async () => {
    holders++;
    most = Math.max(most, holders);
    await turn();
    turns++;
    holders--;
  };
  await Promise.all(Array.from({ length: 20 }, () => withFolderLock(lock, 10_000, work)));
  expect({ most, turns }).toEqual({ most: 1, turns: 20 });
  expect(existsSync(lock)).toBe(false);
});

test('it returns what the work returns, and is free again when the work fails', async () => {
  expect(await withFolderLock(lock, 1_000, async () => 42)).toBe(42);
  await expect(withFolderLock(lock, 1_000, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withFolderLock(lock, 1_000, async () => 43)).toBe(43);
});

test('a process that waits too long gets an error that names the lock, and leaves it as it is', async () => {
  symlinkSync(processMark(process.pid) ?? 'none', lock);
  await expect(withFolderLock(lock, 50, async () => 'never')).rejects.toMatchObject({
    code: 'INTERNAL',
    message: expect.stringContaining(lock),
  });
  expect(lstatSync(lock).isSymbolicLink()).toBe(true);
});

test('a folder that is not there is an error at once', async () => {
  await expect(withFolderLock(join(folder, 'none', 'a.lock'), 10_000, async () => 1)).rejects.toMatchObject({
    code: 'ENOENT',
  });
});

test('a mark names one process and no other', async () => {
  const own = processMark(process.pid) ?? 'none';
  expect(isRunning(own)).toBe(true);
  expect(isRunning(`${process.pid}-1`)).toBe(false);
  expect(isRunning(await markOfDeadProcess())).toBe(false);
});
