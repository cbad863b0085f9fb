import { randomUUID } from 'node:crypto';
import { constants, copyFile, link, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import { FOLDER_MODE } from '../disk/file-modes.ts';
import type { ObjectStore } from './object-store.ts';

/** What an interrupted copy leaves ends so; it is no file of the store. */
const PART = '.part';
const REFUSED = new Set(['EACCES', 'EPERM', 'EROFS']);
/** A file system without hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'ENOSYS', 'EXDEV']);

/** A folder of this machine, or a mounted one. @param folder absolute; it is made when it is needed. */
export function localFolder(folder: string): ObjectStore {
  const pathOf = (name: string) => join(folder, ...name.split('/'));
  const told = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw failure(what, error);
    }
  };
  return {
    root: folder,
    createFile: (name, localPath) => told(pathOf(name), () => create(pathOf(name), localPath)),
    sizeOf: (name) => told(pathOf(name), async () => (await unlessMissing(stat(pathOf(name))))?.size),
    readRange: (name, start, end) => told(pathOf(name), () => readRange(pathOf(name), start, end)),
    async *list(name) {
      const found = await told(pathOf(name), () =>
        unlessMissing(readdir(pathOf(name), { recursive: true, withFileTypes: true })),
      );
      for (const entry of found ?? []) {
        if (!entry.isFile() || entry.name.endsWith(PART)) continue;
        yield relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
      }
    },
    close: async () => {},
  };
}

async function create(path: string, source: string): Promise<'created' | 'exists'> {
  if (await unlessMissing(stat(path))) return 'exists';
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const part = `${path}.${randomUUID()}${PART}`;
  try {
    await copyFile(source, part, constants.COPYFILE_EXCL);
    const file = await open(part, 'r+');
    await file.sync().finally(() => file.close());
    // Unlike a rename, a link takes nobody's place.
    await link(part, path).catch((error: unknown) => {
      if (!NO_LINKS.has(systemCode(error) ?? '')) throw error;
      return copyFile(part, path, constants.COPYFILE_EXCL);
    });
    return 'created';
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return 'exists';
    throw error;
  } finally {
    await rm(part, { force: true });
  }
}

async function readRange(path: string, start: number, end: number): Promise<Buffer | undefined> {
  const file = await unlessMissing(open(path));
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function failure(path: string, cause: unknown): BtcFakeError {
  const code = systemCode(cause) ?? 'unknown';
  const isRefused = REFUSED.has(code);
  const reason = code === 'ENOSPC' ? 'the disk is full' : `the system says ${code}`;
  return new BtcFakeError(isRefused ? 'LANDING_DENIED' : 'LANDING_FAILED', `${path}: ${reason}`, {
    remedy: isRefused
      ? 'Give this user the right to write there.'
      : 'Make space or correct LAKEHOUSE_URL, then land it again.',
    cause,
  });
}
