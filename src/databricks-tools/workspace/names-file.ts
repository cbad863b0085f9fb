import { replaceFile } from '../../adapters/disk/whole-file.ts';
import type { Workspace } from '../../domain/workspace/workspace.ts';
import { namesFile } from '../../generators/workspace/names-file.ts';

/** Writes the file of names for the notebook helper. @throws BtcFakeError OUTPUT_UNWRITABLE. */
export async function writeNamesFile(path: string, workspace: Workspace): Promise<void> {
  await replaceFile(path, namesFile(workspace), 'Choose a folder that you can write to.');
}
