import { copyFile, link, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../domain/errors.ts';
import { FOLDER_MODE } from './file-modes.ts';

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
 * Where the file of this name and SHA-256 may be in a download folder, the likelier place first: under its name, or kept since
 * another replaced it.
 */
export function catalogPlaces(folder: string, name: string, sha256: string): string[] {
  return [join(folder, name), keptPath(folder, name, sha256)];
}

/**
 * Removes the kept files that nobody needs, unless they were kept in the last 24 hours. Failures are of no consequence.
 * @param isNeeded takes a SHA-256.
 */
export async function removeKept(folder: string, isNeeded: (sha256: string) => boolean): Promise<void> {
  for (const sha256 of await readdir(join(folder, KEPT)).catch(() => [])) {
    const place = join(folder, KEPT, sha256);
    const found = await lstat(place).catch(() => undefined);
    if (!found?.isDirectory() || isNeeded(sha256) || found.mtimeMs > Date.now() - YOUNG_MS) continue;
    await rm(place, { recursive: true, force: true }).catch(() => {});
  }
}
