import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BtcFakeError, systemCode } from '../domain/errors.ts';
import { FILE_MODE, FOLDER_MODE } from './file-modes.ts';
import type { SftpConnection } from './sftp-connection.ts';
import {
  isPlainFileName,
  lstatRemote,
  modifiedAt,
  PART_SUFFIX,
  type RemoteFile,
  readRemoteFile,
  remotePath,
  shown,
} from './sftp-remote-files.ts';

/** A file that is now in the local folder. */
export interface DownloadedFile {
  path: string;
  bytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  /** False when it was there already, at the same size. */
  fetched: boolean;
}

/**
 * Brings a remote file into a local folder (contract section 1, "Vendor catalog files"): written as `NAME.part`, checked
 * against the remote size before and after, flushed, renamed. The folder is made if it is missing. The local file gets the
 * remote modification time, so that the newest can still be told without the server.
 *
 * When it fails, an earlier file of the name is untouched and nothing half-written is left.
 *
 * @throws BtcFakeError SFTP_PATH (the name is not a plain one, or no regular file has it), SFTP_TRANSFER (cut short,
 * still growing, standing still), SFTP_UNREACHABLE, OUTPUT_UNWRITABLE, FILE_UNREADABLE.
 */
export async function downloadFile(
  connection: SftpConnection,
  remoteFolder: string,
  file: RemoteFile,
  localFolder: string,
): Promise<DownloadedFile> {
  if (!isPlainFileName(file.name)) {
    throw new BtcFakeError(
      'SFTP_PATH',
      `The remote name ${shown(file.name)} is not a plain file name; it is not fetched.`,
    );
  }
  const path = join(localFolder, file.name);
  if (await isFileOfSize(path, file.bytes)) {
    return { path, bytes: file.bytes, sha256: await hashLocalFile(path), fetched: false };
  }
  const source = remotePath(remoteFolder, file.name);
  await expectUnchanged(connection, source, file);
  const sha256 = await writeBeside(path, file, async (part) => {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of readRemoteFile(connection, source, file.bytes)) {
      hash.update(chunk);
      bytes += chunk.length;
      await local(path, part.appendFile(chunk));
    }
    await expectUnchanged(connection, source, file);
    if (bytes !== file.bytes) {
      throw new BtcFakeError(
        'SFTP_TRANSFER',
        `${connection.endpoint} sent ${bytes} of the ${file.bytes} bytes of ${shown(source)}.`,
      );
    }
    return hash.digest('hex');
  });
  return { path, bytes: file.bytes, sha256, fetched: true };
}

/** The SHA-256 of a local file, lower-case hexadecimal. @throws BtcFakeError FILE_UNREADABLE. */
export async function hashLocalFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash).catch((cause) => {
    throw new BtcFakeError('FILE_UNREADABLE', `${path} cannot be read (${systemCode(cause)}).`, {
      remedy: 'Check that it is a file, and that this user may read it.',
      cause,
    });
  });
  return hash.digest('hex');
}

async function isFileOfSize(path: string, bytes: number): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() === true && found.size === bytes;
}

/** The vendor may be writing the file at this moment, or put something else in its place. */
async function expectUnchanged(connection: SftpConnection, source: string, file: RemoteFile): Promise<void> {
  const found = await lstatRemote(connection, source);
  if (!found.isFile()) {
    throw new BtcFakeError('SFTP_PATH', `${shown(source)} on ${connection.endpoint} is not a regular file.`);
  }
  if (found.size !== file.bytes || modifiedAt(found) !== file.modifiedAt) {
    throw new BtcFakeError(
      'SFTP_TRANSFER',
      `${shown(source)} on ${connection.endpoint} is changing: it had ${file.bytes} bytes when it was listed and has ${found.size} now.`,
      { remedy: 'Try again when the vendor has finished writing it.' },
    );
  }
}

/**
 * Lets `fill` write `PATH.part`, flushes it and renames it to `path`. The part is always a new file of our own: what had its
 * name before, a link included, is removed and not written to, and what took its place meanwhile is not renamed.
 */
async function writeBeside<T>(path: string, file: RemoteFile, fill: (part: FileHandle) => Promise<T>): Promise<T> {
  const partPath = path + PART_SUFFIX;
  const part = await local(
    path,
    (async () => {
      await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
      await rm(partPath, { force: true });
      return await open(partPath, 'wx', FILE_MODE);
    })(),
  );
  try {
    const result = await fill(part);
    await local(path, part.utimes(file.modifiedAt / 1000, file.modifiedAt / 1000));
    await local(path, part.sync());
    if (!(await isStillAt(part, partPath))) {
      throw new BtcFakeError('OUTPUT_UNWRITABLE', `${partPath} was replaced by something else while it was written.`);
    }
    await local(path, rename(partPath, path));
    return result;
  } catch (error) {
    if (await isStillAt(part, partPath)) await rm(partPath, { force: true }).catch(() => {});
    throw error;
  } finally {
    // What a close may still report was settled by the flush.
    await part.close().catch(() => {});
  }
}

async function isStillAt(part: FileHandle, partPath: string): Promise<boolean> {
  const [ours, there] = await Promise.all([part.stat(), lstat(partPath)]).catch(() => []);
  return ours !== undefined && there !== undefined && ours.ino === there.ino && ours.dev === there.dev;
}

async function local<T>(path: string, work: Promise<T>): Promise<T> {
  return await work.catch((cause) => {
    throw new BtcFakeError('OUTPUT_UNWRITABLE', `${path} cannot be written (${systemCode(cause)}).`, {
      remedy: 'Check that the folder may be written to and that its disk has room.',
      cause,
    });
  });
}
