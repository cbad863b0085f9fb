import type { Logger } from 'pino';
import { connectSftp, type SftpConnection } from './sftp-connection.ts';
import { type DownloadedFile, downloadFile } from './sftp-download.ts';
import {
  isPlainFileName,
  lstatRemote,
  modifiedAt,
  type RemoteFile,
  readRemoteFolder,
  remotePath,
} from './sftp-remote-files.ts';
import { DEFAULT_SFTP_TIMEOUTS, type SftpServer, type SftpTimeouts } from './sftp-server.ts';
import { type UploadedFile, uploadFile } from './sftp-upload.ts';

export {
  DEFAULT_SFTP_TIMEOUTS,
  type DownloadedFile,
  type RemoteFile,
  type SftpServer,
  type SftpTimeouts,
  type UploadedFile,
};

/** What can be done on an SFTP server while it is logged in to. Every call ends, whatever the server does. */
export interface SftpSession {
  /**
   * The regular files of a remote folder: no folders, no links, and no names that are not plain file names (those are
   * logged). In the server's order. @throws BtcFakeError SFTP_PATH, SFTP_UNREACHABLE, SFTP_TRANSFER.
   */
  listFiles(remoteFolder: string): Promise<RemoteFile[]>;
  /** See `downloadFile`. */
  download(remoteFolder: string, file: RemoteFile, localFolder: string): Promise<DownloadedFile>;
  /** See `uploadFile`. */
  upload(localPath: string, remoteFolder: string): Promise<UploadedFile>;
}

/**
 * Logs in, lets `work` use the session, and logs out whatever happens; no socket is left when it returns. Contract
 * sections 1 ("Vendor catalog files, by SFTP") and 6.
 *
 * @returns what `work` returns.
 * @throws BtcFakeError SFTP_UNREACHABLE, SFTP_LOGIN_REFUSED, SFTP_HOST_KEY_MISMATCH or SFTP_KEY_UNREADABLE before `work`
 * begins, and then whatever `work` throws.
 */
export async function withSftp<T>(
  server: SftpServer,
  logger: Logger,
  work: (session: SftpSession) => Promise<T>,
  timeouts: Partial<SftpTimeouts> = {},
): Promise<T> {
  const connection = await connectSftp(server, logger, { ...DEFAULT_SFTP_TIMEOUTS, ...timeouts });
  try {
    return await work({
      listFiles: (remoteFolder) => listFiles(connection, logger, remoteFolder),
      download: (remoteFolder, file, localFolder) => downloadFile(connection, remoteFolder, file, localFolder),
      upload: (localPath, remoteFolder) => uploadFile(connection, localPath, remoteFolder),
    });
  } finally {
    await connection.close();
  }
}

async function listFiles(connection: SftpConnection, logger: Logger, remoteFolder: string): Promise<RemoteFile[]> {
  const files: RemoteFile[] = [];
  for (const { filename: name, attrs } of await readRemoteFolder(connection, remoteFolder)) {
    if (!isPlainFileName(name)) {
      logger.warn({ name, folder: remoteFolder }, 'A remote name that is not a plain file name is left out.');
      continue;
    }
    // The protocol lets a server leave attributes out of a listing.
    const listed = attrs.mode !== undefined && attrs.size !== undefined && attrs.mtime !== undefined;
    const known = listed ? attrs : await lstatRemote(connection, remotePath(remoteFolder, name));
    if (known.isFile()) files.push({ name, bytes: known.size, modifiedAt: modifiedAt(known) });
  }
  return files;
}
