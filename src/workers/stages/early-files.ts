import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { unwritable } from '../../adapters/disk/feed-files.ts';
import { hasFolder, outputFolder } from '../../adapters/disk/output-folder.ts';
import { systemCode } from '../../domain/errors.ts';
import { feedNames } from '../../domain/run/plan.ts';
import type { RunRecord } from '../../domain/run/record.ts';

/**
 * Removes what a cancelled run has left in its folder: the early Non_Completed feed, and what an assembly that was
 * broken off has put there. The files of a run that had all of them stay. Safe to repeat.
 * @param own the OUTPUT_DIR of this process.
 * @returns the paths of the files that were removed; none either where this process has not the run's folder.
 * @throws BtcFakeError OUTPUT_UNWRITABLE.
 */
export async function removeEarlyFiles(run: RunRecord, own: string): Promise<string[]> {
  const hasFiles = run.stageStartedAt.assignment !== undefined && run.finishedAt === undefined;
  if (!hasFiles || (run.outputDir !== undefined && !(await hasFolder(run.outputDir, own)))) return [];
  const folder = resolve(outputFolder(run, own));
  const names = Object.values(feedNames(run.plan));
  const isOfRun = (file: string) =>
    names.some((name) => file === name || (file.startsWith(`${name}.`) && file.endsWith('.part')));
  try {
    const files = (await readdir(folder)).filter(isOfRun).map((name) => join(folder, name));
    for (const file of files) await rm(file, { force: true });
    return files;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw unwritable(folder, error);
  }
}
