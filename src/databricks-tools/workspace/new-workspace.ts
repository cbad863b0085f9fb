import type { LoadedSettings } from '../../../config/load.ts';
import {
  hasLakehouseFile,
  readLakehouseText,
  replaceLakehouseFile,
  writeLakehouseFile,
} from '../../adapters/disk/lakehouse-file.ts';
import type { Description } from '../../domain/description/description.ts';
import { parseDescription } from '../../domain/description/parse.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { withWorkspace } from '../../generators/workspace/edited-description.ts';
import { starterWorkspace, type WorkspaceStart } from '../../generators/workspace/starter.ts';
import { newDescription } from '../new-description.ts';

/**
 * Adds a workspace to a description, which is written first if there is none.
 * @throws BtcFakeError USAGE when it has one already; LAKEHOUSE_INVALID, FILE_UNREADABLE, OUTPUT_UNWRITABLE.
 */
export async function addWorkspace(
  file: string,
  start: WorkspaceStart,
  settings: LoadedSettings,
): Promise<{ readonly isNewFile: boolean }> {
  const isNewFile = !hasLakehouseFile(file);
  const before = isNewFile ? newDescription(settings) : await readLakehouseText(file);
  refuseSecond(parseDescription(before, file), file);
  const after = withWorkspace(before, starterWorkspace(start));
  parseDescription(after, file);
  if (isNewFile) await writeLakehouseFile(after, file);
  else await replaceLakehouseFile(file, before, after);
  return { isNewFile };
}

/** Nothing is added to a description that has a workspace. @throws BtcFakeError USAGE. */
export function refuseSecond({ workspace }: Description, file: string): void {
  if (workspace === undefined) return;
  throw new BtcFakeError('USAGE', `${file} has a workspace already; it is left as it is`, {
    remedy: 'Edit it, or take that part out first.',
  });
}
