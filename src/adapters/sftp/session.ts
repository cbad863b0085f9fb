import { basename } from 'node:path';
import type { Logger } from 'pino';
import { connectSftp } from './connection.ts';
import { withinTransferTime } from './deadline.ts';
import { type DownloadedFile, type DownloadOptions, downloadFile, placeOf } from './download.ts';
import { listRemoteFolder, type RemoteEntry } from './entries.ts';
import { type RemoteFile, readRemoteFile, remotePath } from './remote-files.ts';
import { DEFAULT_SFTP_TIMEOUTS, type SftpServer, type SftpTimeouts } from './server.ts';
import { singleDownloads } from './single-downloads.ts';
import { type Delivery, type UploadedFile, uploadFile } from './upload.ts';

export {
  DEFAULT_SFTP_TIMEOUTS,
  type Delivery,
  type DownloadedFile,
  type RemoteEntry,
  type RemoteFile,
  type SftpServer,
  type SftpTimeouts,
  type UploadedFile,
};

/** What can be done on an SFTP server while it is logged in to. Every call ends, whatever the server does. */
export interface SftpSession {
  /** What is in a remote folder. See `listRemoteFolder`. */
  listEntries(remoteFolder: string): Promise<RemoteEntry[]>;
  /** The regular files of a remote folder among that: no folders, no links, no names that are not plain. */
  listFiles(remoteFolder: string): Promise<RemoteFile[]>;
  /**
   * How many bytes a file begins with that can be read, a kilobyte at most and never the whole file: that may be its
   * only download.
   */
  readStart(remoteFolder: string, file: RemoteFile): Promise<number>;
  /** See `downloadFile`. */
  download(
    remoteFolder: string,
    file: RemoteFile,
    localFolder: string,
    options?: Pick<DownloadOptions, 'keepReplaced' | 'onWait'>,
  ): Promise<DownloadedFile>;
  /** The names of the files in a local folder that this server gave once, and then told nothing of any more. */
  takenBefore(remoteFolder: string, localFolder: string): Promise<ReadonlySet<string>>;
  /** See `uploadFile`. It may take as long as a download. */
  upload(localPath: string, remoteFolder: string, delivery?: Delivery): Promise<UploadedFile>;
}

/** How long to wait for a server, and when to give up. */
export interface SftpPatience extends Partial<SftpTimeouts> {
  /** When it is aborted, the connection ends at once, and what is under way fails with its reason. */
  readonly signal?: AbortSignal | undefined;
}

const START_BYTES = 1_024;

/**
 * Logs in, lets `work` use the session, and logs out whatever happens; no socket is left when it returns. Contract
 * sections 1 ("Vendor catalog files, by SFTP") and 6.
 *
 * @returns what `work` returns.
 * @throws BtcFakeError SFTP_UNREACHABLE, SFTP_ALGORITHMS, SFTP_LOGIN_REFUSED, SFTP_HOST_KEY_MISMATCH or
 * SFTP_KEY_UNREADABLE before `work` begins, and then whatever `work` throws.
 */
export async function withSftp<T>(
  server: SftpServer,
  logger: Logger,
  work: (session: SftpSession) => Promise<T>,
  { signal, ...given }: SftpPatience = {},
): Promise<T> {
  const timeouts = { ...DEFAULT_SFTP_TIMEOUTS, ...given };
  const connection = await connectSftp(server, logger, timeouts, signal);
  const listEntries = (remoteFolder: string) => listRemoteFolder(connection, logger, remoteFolder);
  const { transferMs } = timeouts;
  try {
    return await work({
      listEntries,
      async listFiles(remoteFolder) {
        const files = (await listEntries(remoteFolder)).filter(({ kind }) => kind === 'file');
        return files.map(({ name, bytes, modifiedAt }) => ({ name, bytes, modifiedAt }));
      },
      async readStart(remoteFolder, { name, bytes }) {
        let read = 0;
        const path = remotePath(remoteFolder, name);
        const wanted = Math.max(0, Math.min(START_BYTES, bytes - 1));
        for await (const chunk of readRemoteFile(connection, path, wanted)) read += chunk.length;
        return read;
      },
      download: (remoteFolder, file, localFolder, options = {}) =>
        downloadFile(connection, remoteFolder, file, localFolder, { ...options, transferMs, signal }),
      takenBefore: (remoteFolder, localFolder) => singleDownloads(localFolder, placeOf(connection, remoteFolder)),
      upload(localPath, remoteFolder, delivery) {
        const progress = () => `${connection.endpoint} did not take all of ${basename(localPath)}`;
        const work = () => uploadFile(connection, localPath, remoteFolder, delivery);
        return withinTransferTime(connection, transferMs, progress, work);
      },
    });
  } finally {
    await connection.close();
  }
}
