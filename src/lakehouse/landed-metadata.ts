import { createHash } from 'node:crypto';
import { parquetMetadataAsync } from 'hyparquet';
import type { ObjectStore } from '../adapters/object-stores/object-store.ts';
import { BtcFakeError } from '../domain/errors.ts';
import type { Manifest } from '../domain/run/manifest.ts';

/** Under this key a file of the ground truth holds the SHA-256 of its run's manifest, as the native job writes it. */
export const MANIFEST_KEY = 'btc_fake.manifest_sha256';

/** The hash by which a landed run is known: of its manifest without the engine (contract section 7). */
export function landedHash({ engine: _, ...manifest }: Manifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}

/**
 * Refuses to land beside a file of the same run with another content.
 * @throws BtcFakeError LANDING_CONFLICT; and as `ObjectStore`.
 */
export async function refuseOtherContent(objects: ObjectStore, name: string, hash: string): Promise<void> {
  const byteLength = await objects.sizeOf(name);
  if (byteLength === undefined) return;
  const found = await metadataOf(objects, name, byteLength);
  if (found === hash) return;
  throw conflict(objects, name);
}

/** What landed under a name differs from what this run has. */
export function conflict({ root }: ObjectStore, name: string): BtcFakeError {
  const what = `${root}/${name} has landed with other content under the same run id`;
  return new BtcFakeError('LANDING_CONFLICT', what, {
    remedy: 'Start the run again: it gets another id. Or move what has landed away, if nobody needs it.',
  });
}

/** Undefined for a file that is no Parquet, or has no such metadata. */
async function metadataOf(objects: ObjectStore, name: string, byteLength: number): Promise<string | undefined> {
  const slice = async (start: number, end: number = byteLength): Promise<ArrayBuffer> => {
    const bytes = (await objects.readRange(name, start, end)) ?? Buffer.alloc(0);
    return Uint8Array.from(bytes).buffer;
  };
  try {
    const { key_value_metadata: found = [] } = await parquetMetadataAsync({ byteLength, slice });
    return found.find(({ key }) => key === MANIFEST_KEY)?.value;
  } catch (error) {
    if (error instanceof BtcFakeError) throw error;
    return undefined;
  }
}
