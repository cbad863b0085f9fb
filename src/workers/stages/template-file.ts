import { open } from 'node:fs/promises';
import type { Settings } from '../../../config/settings.ts';
import { unreadable } from '../../adapters/csv/rows.ts';
import { systemCode } from '../../domain/errors.ts';

/**
 * Checks that this machine has the UserCompletion template, where one is configured. A process that assembles files
 * checks at its start, or a run would fail at its end. A process that only makes runs does not need it.
 * @throws BtcFakeError FILE_UNREADABLE.
 */
export async function requireTemplate({ files }: Settings): Promise<void> {
  const path = files.userCompletionTemplateFile;
  if (path === undefined) return;
  try {
    const file = await open(path, 'r');
    // A folder can be opened, but not read.
    await file.read(Buffer.alloc(1)).finally(() => file.close());
  } catch (error) {
    throw unreadable(`USER_COMPLETION_TEMPLATE_FILE: ${path}`, systemCode(error), error);
  }
}
