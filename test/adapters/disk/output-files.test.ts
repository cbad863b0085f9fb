// Proves that a run's file is opened only when it is as its manifest says, and that nothing else can be had
// by its name.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Certainty, OutputFiles } from '../../../src/adapters/disk/output-files.ts';
import type { OutputFile } from '../../../src/domain/run/manifest.ts';
import { failureOf } from '../../support/failure-of.ts';
import { openFilesUnder, temporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const NAME = 'Feed_2025_10_28_1_abcdef.csv';
const TEXT = '"a","b"\n"1","2"\n';
const folder = temporaryFolder('outputs');
const path = (name = NAME) => join(folder.path, 'generated', name);
const fileOf = (content: string, name = NAME): OutputFile => ({
  name,
  rows: 1,
  bytes: Buffer.byteLength(content),
  sha256: createHash('sha256').update(content).digest('hex'),
});
const FILE = fileOf(TEXT);
let outputs: OutputFiles;

beforeEach(() => {
  mkdirSync(join(folder.path, 'generated'));
  writeFileSync(path(), TEXT);
  outputs = new OutputFiles(join(folder.path, 'generated'));
});
afterEach(() => {
  expect(openFilesUnder(folder.path)).toEqual([]);
  rmSync(join(folder.path, 'generated'), { recursive: true });
});

const read = async (file = FILE, certainty?: Certainty) => readAndClosed((await outputs.open(file, certainty)).read());
const codeOf = async (file = FILE, certainty?: Certainty) => (await failureOf(outputs.open(file, certainty))).code;

/** A stream closes its file a moment after it has given the last of it. */
async function readAndClosed(stream: Readable): Promise<string> {
  const content = await text(stream);
  await waitUntil('the file that was read is closed', () => openFilesUnder(folder.path).length === 0);
  return content;
}

test('a file that is as it was written is handed out whole, as often as it is asked for', async () => {
  expect(await outputs.presence(FILE)).toBe('here');
  expect(await read()).toBe(TEXT);
  expect(await read()).toBe(TEXT);
});

test('only as much is read as is wanted', async () => {
  expect(await readAndClosed((await outputs.open(FILE)).read(4))).toBe('"a",');
});

test('an empty file is handed out, and closed', async () => {
  writeFileSync(path(), '');
  expect(await read(fileOf(''))).toBe('');
});

describe('not handed out:', () => {
  test('a file that is gone', async () => {
    rmSync(path());
    expect(await outputs.presence(FILE)).toBe('missing');
    expect(await codeOf()).toBe('OUTPUT_MISSING');
  });

  test('a file of another size', async () => {
    writeFileSync(path(), `${TEXT}"3","4"\n`);
    expect(await outputs.presence(FILE)).toBe('changed');
    expect(await codeOf(FILE, 'size')).toBe('OUTPUT_CHANGED');
  });

  test('a file with other bytes of the same size; of which one who asks for the size alone knows nothing', async () => {
    writeFileSync(path(), TEXT.replace('2', '3'));
    expect(await codeOf()).toBe('OUTPUT_CHANGED');
    expect(await read(FILE, 'size')).toBe(TEXT.replace('2', '3'));
  });

  test('a file that was right, and changed since, even if it claims to be as old', async () => {
    const at = new Date(1_700_000_000_000);
    utimesSync(path(), at, at);
    expect(await read()).toBe(TEXT);
    writeFileSync(path(), TEXT.replace('2', '3'));
    utimesSync(path(), at, at);
    expect(await codeOf()).toBe('OUTPUT_CHANGED');
  });

  test('a link, whether it leads out of the folder or not', async () => {
    renameSync(path(), path('other.csv'));
    symlinkSync(path('other.csv'), path());
    expect(await outputs.presence(FILE)).toBe('changed');
    expect(await codeOf(FILE, 'size')).toBe('OUTPUT_MISSING');
  });

  test('a folder in its place', async () => {
    rmSync(path());
    mkdirSync(path());
    expect(await outputs.presence(FILE)).toBe('changed');
    expect(await codeOf(FILE, 'size')).toBe('OUTPUT_MISSING');
  });

  test('a pipe in its place, and nobody waits for it', async () => {
    rmSync(path());
    execFileSync('mkfifo', [path()]);
    expect(await codeOf(fileOf(''), 'size')).toBe('OUTPUT_MISSING');
  });

  test.each(['../secret.csv', '..', '.', '', '/etc/hostname', 'generated/x', 'a\0.csv', 'a\\b.csv', '.hidden'])(
    'the name %j, no matter who wrote it into a manifest',
    async (name) => {
      writeFileSync(join(folder.path, 'secret.csv'), TEXT);
      const file = { ...FILE, name };
      expect(await outputs.presence(file)).toBe('missing');
      expect(await codeOf(file, 'size')).toBe('OUTPUT_MISSING');
    },
  );
});

test('what is read stays the file that was checked when another takes its place', async () => {
  const open = await outputs.open(FILE);
  writeFileSync(path('new.csv'), TEXT.replace('2', '3'));
  renameSync(path('new.csv'), path());
  expect(await readAndClosed(open.read())).toBe(TEXT);
});
