import { readLakehouseFile } from '../../adapters/disk/lakehouse-file.ts';
import type { Description } from '../../domain/description/description.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import type { Workspace } from '../../domain/workspace/workspace.ts';

/** A description that has a workspace. */
export interface DescribedWorkspace {
  readonly description: Description;
  readonly workspace: Workspace;
}

/**
 * Reads a description with its workspace.
 * @throws BtcFakeError LAKEHOUSE_INVALID, FILE_UNREADABLE; USAGE when it has no workspace.
 */
export async function describedWorkspace(file: string): Promise<DescribedWorkspace> {
  const description = await readLakehouseFile(file);
  const { workspace } = description;
  if (workspace !== undefined) return { description, workspace };
  throw new BtcFakeError('USAGE', `${file} has no workspace`, {
    remedy: 'Add one with: btc-fake workspace init',
  });
}
