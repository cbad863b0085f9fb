import { BtcFakeError } from '../../domain/errors.ts';
import { quotedValue } from '../../domain/quoted-value.ts';
import { type Access, accessOf, securables } from '../../domain/workspace/access.ts';
import { findPerson } from '../../domain/workspace/people.ts';
import { describedWorkspace } from './described-workspace.ts';

/**
 * What a person may do by the description alone.
 * @param who address or key. @param object a catalog or `catalog.schema`; all without it.
 * @throws BtcFakeError USAGE for a person or object that is not in it; LAKEHOUSE_INVALID, FILE_UNREADABLE.
 */
export async function describedAccess(file: string, who: string, object: string | undefined): Promise<Access[]> {
  const { workspace } = await describedWorkspace(file);
  const key = findPerson(workspace.people, who);
  if (object !== undefined && !securables(workspace).includes(object)) {
    throw new BtcFakeError('USAGE', `${quotedValue(object, 80)} is no catalog or schema of ${file}`, {
      remedy: 'Give a catalog, or catalog.schema.',
    });
  }
  return accessOf(workspace, key, object);
}
