import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Description } from '../../domain/description/description.ts';
import { parseDescription } from '../../domain/description/parse.ts';
import { noPeopleFile, type PeopleText, peopleFileOf } from '../../domain/description/people-file.ts';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import { unreadable } from '../csv/rows.ts';
import { replaceFile } from './whole-file.ts';
import { writeFailure } from './write-failure.ts';

/** Where commands look for the description, in the working folder. */
export const LAKEHOUSE_FILE = 'lakehouse.yaml';

/** Whether a description is there; by default in the working folder. */
export function hasLakehouseFile(path: string = LAKEHOUSE_FILE): boolean {
  return existsSync(path);
}

/**
 * Reads a description of the lakehouse.
 * @throws BtcFakeError LAKEHOUSE_INVALID with everything that is wrong in it; FILE_UNREADABLE.
 */
export async function readLakehouseFile(path: string = LAKEHOUSE_FILE): Promise<Description> {
  const text = await readLakehouseText(path);
  return parseDescription(text, path, await readPeopleText(path, text));
}

/**
 * The file of people that a description names, undefined without one.
 * @param path of the description. @param text of it.
 * @throws BtcFakeError FILE_UNREADABLE.
 */
export async function readPeopleText(path: string, text: string): Promise<PeopleText | undefined> {
  const name = peopleFileOf(text);
  if (name === undefined) return undefined;
  const file = join(dirname(path), name);
  try {
    return { file, text: withoutMark(await readFile(file, 'utf8')) };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw noPeopleFile(file, path, error);
    throw unreadable(file, systemCode(error), error);
  }
}

/** The text of a description, without a byte order mark. @throws BtcFakeError FILE_UNREADABLE. */
export async function readLakehouseText(path: string): Promise<string> {
  try {
    return withoutMark(await readFile(path, 'utf8'));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw unreadable(path, systemCode(error), error);
    throw new BtcFakeError('FILE_UNREADABLE', `${path}: there is no such file`, {
      remedy: 'Write one with: btc-fake lakehouse init',
      cause: error,
    });
  }
}

/**
 * Replaces the text that was read. A file that somebody has changed meanwhile is left alone.
 * @throws BtcFakeError USAGE when the file is no longer as `before` has it; OUTPUT_UNWRITABLE.
 */
export async function replaceLakehouseFile(path: string, before: string, after: string): Promise<void> {
  if ((await readLakehouseText(path)) !== before) {
    throw new BtcFakeError('USAGE', `${path} has changed meanwhile; it is left as it is`, { remedy: 'Try again.' });
  }
  await replaceFile(path, after, 'Choose a folder that you can write to.');
}

/**
 * Writes a new description. A file that is there is left alone.
 * @throws BtcFakeError USAGE when the file exists; OUTPUT_UNWRITABLE.
 */
export async function writeLakehouseFile(text: string, path: string = LAKEHOUSE_FILE): Promise<void> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCode(error) === 'EEXIST') {
      throw new BtcFakeError('USAGE', `${path} exists already; it is left as it is`, {
        remedy: 'Edit it, or move it away first.',
      });
    }
    throw writeFailure(path, error, 'Choose a folder that you can write to.');
  }
}

function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}
