import { open, rename, rm } from 'node:fs/promises';
import { writeFailure } from '../../adapters/disk/write-failure.ts';

/** Replaces a file: another process sees the old text or the new. @throws BtcFakeError OUTPUT_UNWRITABLE. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  try {
    const file = await open(draft, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw writeFailure(path, error, 'Choose another folder with --out.');
  }
}
