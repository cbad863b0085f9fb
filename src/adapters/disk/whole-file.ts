import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFailure } from './write-failure.ts';

/**
 * Writes a file as a whole, or replaces it; folders on the way are made. Readers see the old file or the new one.
 * @param remedy for a file that cannot be written.
 * @throws BtcFakeError OUTPUT_UNWRITABLE.
 */
export async function replaceFile(path: string, content: string | Uint8Array, remedy: string): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(part, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw writeFailure(path, error, remedy);
  }
}
