import { copyFile, link, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../../domain/errors.ts';
import { fileSha256 } from '../disk/feed-files.ts';
import { FOLDER_MODE } from '../disk/file-modes.ts';

/** In the download folder: files that were replaced by others of the same name, each as `SHA256/NAME`. */
const KEPT = 'kept';
/** A run that has read a file may not be on record with it yet. */
const YOUNG_MS = 24 * 3_600_000;

/** Where a file that was replaced is kept: under its own name, because that is what it is published as. */
function keptPath(folder: string, name: string, sha256: string): string {
  return join(folder, KEPT, sha256, name);
}

/**
 * Keeps the file at a path, which is about to be replaced, for the runs that have read it.
 * @param sha256 its SHA-256, lower-case hexadecimal. @throws the system's error.
 */
export async function keepReplaced(path: string, sha256: string): Promise<void> {
  const kept = keptPath(dirname(path), basename(path), sha256);
  await mkdir(dirname(kept), { recursive: true, mode: FOLDER_MODE });
  try {
    await link(path, kept);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return;
    // Not every file system has hard links.
    await copyFile(path, kept);
  }
}

/**
 * Where the file of this name and SHA-256 is in a download folder: under its name, or kept since another replaced it.
 * Under its name too when it is in neither place: that is where it should be.
 */
export async function findCatalog(folder: string, name: string, sha256: string): Promise<string> {
  const place = join(folder, name);
  const kept = keptPath(folder, name, sha256);
  const isAt = async (path: string) => (await fileSha256(path).catch(() => undefined)) === sha256;
  return !(await isAt(place)) && (await isAt(kept)) ? kept : place;
}

/**
 * Removes the kept files that nobody needs, unless they were kept in the last 24 hours. That one cannot be removed is
 * of no consequence.
 * @param whichAreNeeded gives the SHA-256 of all that are; asked only when there is something to remove.
 */
export async function removeKept(folder: string, whichAreNeeded: () => Promise<ReadonlySet<string>>): Promise<void> {
  const old: string[] = [];
  for (const sha256 of await readdir(join(folder, KEPT)).catch(() => [])) {
    const found = await lstat(join(folder, KEPT, sha256)).catch(() => undefined);
    if (found?.isDirectory() && found.mtimeMs < Date.now() - YOUNG_MS) old.push(sha256);
  }
  if (old.length === 0) return;
  const needed = await whichAreNeeded();
  for (const sha256 of old.filter((each) => !needed.has(each))) {
    await rm(join(folder, KEPT, sha256), { recursive: true, force: true }).catch(() => {});
  }
}
