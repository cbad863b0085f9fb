import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FILE_MODE, FOLDER_MODE } from '../disk/file-modes.ts';

/** In the download folder: a mark for each file whose only copy it may be, under its name. */
const MARKS = '.single-downloads';

/**
 * Remembers that a server gave the file at a local path and then told nothing of it any more, as mailboxes do that let
 * a file be downloaded once.
 * @param place the server and its folder.
 * @throws the system's error.
 */
export async function markSingleDownload(path: string, place: string): Promise<void> {
  const folder = join(dirname(path), MARKS);
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  await writeFile(join(folder, basename(path)), place, { mode: FILE_MODE });
}

/** The names of the files in a download folder that this place gave once. */
export async function singleDownloads(folder: string, place: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const name of await readdir(join(folder, MARKS)).catch(() => [])) {
    if ((await readFile(join(folder, MARKS, name), 'utf8').catch(() => undefined)) === place) names.add(name);
  }
  return names;
}
