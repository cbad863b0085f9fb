import { mkdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Frozen, RunRecord } from '../../domain/run/record.ts';
import { unwritable } from './feed-files.ts';
import { FOLDER_MODE } from './file-modes.ts';

/**
 * The folder of a run's files as this process names it: its own OUTPUT_DIR as it is written there, where the run's is
 * the same or is not settled.
 */
export function outputFolder({ outputDir }: Frozen, own: string): string {
  return outputDir === undefined || resolve(own) === outputDir ? own : outputDir;
}

/** The folder where the files of a run lie, as the process that wrote them noted it; named as by `outputFolder`. */
export function writtenFolder({ written, outputDir }: RunRecord, own: string): string {
  const folder = written?.folder ?? outputDir;
  return outputFolder(folder === undefined ? {} : { outputDir: folder }, own);
}

/** Whether this process can put a run's files where they belong: the folder is its own OUTPUT_DIR, or is there. */
export async function hasFolder(folder: string, own: string): Promise<boolean> {
  if (resolve(own) === folder) return true;
  const found = await stat(folder).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** Makes the folder that somebody asked for. @throws BtcFakeError OUTPUT_UNWRITABLE. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    throw unwritable(folder, error);
  }
}
