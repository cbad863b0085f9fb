import type { Settings } from '../../../config/settings.ts';
import { openObjectStore } from '../../adapters/object-stores/open-object-store.ts';
import type { Outcome } from './finding.ts';

/**
 * Lists what has landed, as far as its first entry. Nothing is written: a worker's identity may not remove a probe.
 * @throws BtcFakeError as `ObjectStore`.
 */
export async function tryLandingStore(root: string, { workspace }: Settings): Promise<Outcome> {
  const objects = await openObjectStore(root, workspace === undefined ? {} : { databricks: workspace });
  try {
    for await (const _ of objects.list('drops')) break;
    return {
      state: 'fine',
      detail: `${objects.root}: can be listed; the first landing shows whether it may be written`,
    };
  } finally {
    await objects.close();
  }
}
