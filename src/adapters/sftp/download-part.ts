import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import { fileSha256 } from '../disk/feed-files.ts';
import { FILE_MODE } from '../disk/file-modes.ts';
import { ownPartPath } from './download-lock.ts';
import { keepReplaced } from './kept-catalogs.ts';

/**
 * Lets `fill`, which returns the SHA-256, write a new file, flushes it and renames it to `path`; another file in its
 * place is not renamed. When it fails, an earlier file is untouched and no part is left.
 * @param modifiedAt epoch milliseconds, which the file gets; 0 when nobody knows. `keeps`: see `keepReplaced`.
 * @throws BtcFakeError OUTPUT_UNWRITABLE, FILE_UNREADABLE (the earlier file), or what `fill` throws.
 */
export async function writeBeside(
  path: string,
  { modifiedAt, keeps }: { modifiedAt: number; keeps: boolean },
  fill: (part: FileHandle) => Promise<string>,
): Promise<string> {
  const partPath = ownPartPath(path);
  const part = await local(path, open(partPath, 'wx', FILE_MODE));
  try {
    const sha256 = await fill(part);
    if (modifiedAt > 0) await local(path, part.utimes(modifiedAt / 1000, modifiedAt / 1000));
    await local(path, part.sync());
    if (!(await isStillAt(part, partPath))) {
      throw new BtcFakeError('OUTPUT_UNWRITABLE', `${partPath} was replaced by something else while it was written.`);
    }
    if (keeps) await keepEarlier(path, sha256);
    await local(path, rename(partPath, path));
    return sha256;
  } catch (error) {
    if (await isStillAt(part, partPath)) await rm(partPath, { force: true }).catch(() => {});
    throw error;
  } finally {
    // What a close may still report was settled by the flush.
    await part.close().catch(() => {});
  }
}

/** A regular file with other bytes stays for the runs that have read it. */
async function keepEarlier(path: string, sha256: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() !== true) return;
  const earlier = await fileSha256(path);
  if (earlier !== sha256) await local(path, keepReplaced(path, earlier));
}

async function isStillAt(part: FileHandle, partPath: string): Promise<boolean> {
  const [ours, there] = await Promise.all([part.stat(), lstat(partPath)]).catch(() => []);
  return ours !== undefined && there !== undefined && ours.ino === there.ino && ours.dev === there.dev;
}

/** What local work comes to; its failure is `unwritable`. */
export async function local<T>(path: string, work: Promise<T>): Promise<T> {
  return await work.catch((cause) => {
    throw unwritable(path, cause);
  });
}

/** OUTPUT_UNWRITABLE for a path, with the system's code. */
export function unwritable(path: string, cause: unknown): BtcFakeError {
  return new BtcFakeError('OUTPUT_UNWRITABLE', `${path} cannot be written (${systemCode(cause)}).`, {
    remedy: 'Check that the folder may be written to and that its disk has free space.',
    cause,
  });
}
