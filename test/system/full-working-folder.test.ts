import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBtcFake } from '../support/btc-fake.ts';
import { fillDisk, mountSmall, unmount } from '../support/small-disk.ts';

// What this file proves: a command that finds no free space in the folder where it is started says so in one line, with
// the place and what to do, and leaves no process.

let folder: string;
let isSmall: boolean;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'btc-fake-full-'));
  isSmall = mountSmall(folder);
});
afterAll(async () => {
  if (isSmall) unmount(folder);
  await rm(folder, { recursive: true, force: true });
});

test.each(['demo', 'sandbox --sftp-port 0 --recommender-port 0', 'runs', 'schedule show'])(
  '%s on a full disk says which file and what to do',
  async (command) => {
    if (!isSmall) return;
    const cwd = join(folder, command.split(' ')[0]!);
    await mkdir(cwd);
    const filler = fillDisk(folder);
    const { code, stdout, stderr } = await startBtcFake(command.split(' '), { cwd }).ended;
    await rm(filler);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^btc-fake: .+: the disk is full \(OUTPUT_UNWRITABLE\)\n {2}Free space there, .+\n$/);
    expect(stderr).toContain(folder);
  },
);
