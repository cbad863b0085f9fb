import { BtcFakeError } from '../../domain/errors.ts';
import type { SftpConnection } from './connection.ts';

/**
 * Does `work` on a connection, for `limitMs` at most: then the connection is abandoned, because a transfer of a byte
 * now and then would never end.
 * @param progress says how far it came, without a full stop.
 * @throws BtcFakeError SFTP_TRANSFER when the time is over, or what `work` throws.
 */
export async function withinTransferTime<T>(
  connection: SftpConnection,
  limitMs: number,
  progress: () => string,
  work: () => Promise<T>,
): Promise<T> {
  const giveUp = () =>
    connection.abandon(
      new BtcFakeError('SFTP_TRANSFER', `${progress()} in ${limitMs / 1000} s.`, {
        remedy: 'Try again when the server is faster, or give it more time with SFTP_TRANSFER_TIMEOUT.',
      }),
    );
  const timer = setTimeout(giveUp, limitMs);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}
