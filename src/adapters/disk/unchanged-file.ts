import { BtcFakeError } from '../../domain/errors.ts';
import { fileSha256 } from './feed-files.ts';

/**
 * Holds a file of a run to what the run's manifest says of it.
 * @param sha256 lower-case hexadecimal.
 * @throws BtcFakeError FILE_UNREADABLE when it is another, or cannot be read.
 */
export async function assertUnchanged(path: string, sha256: string): Promise<void> {
  if ((await fileSha256(path)) === sha256) return;
  throw new BtcFakeError('FILE_UNREADABLE', `${path}: the file differs from the run's manifest`, {
    remedy:
      'Let the workers that write, publish and land files share OUTPUT_DIR and SFTP_LOCAL_DIR, or start the run again.',
  });
}
