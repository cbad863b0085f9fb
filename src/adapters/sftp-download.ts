import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Stats } from 'ssh2';
import { BtcFakeError, systemCode } from '../domain/errors.ts';
import { ownPartPath, removeStaleParts, type Turn, withDownloadLock } from './download-lock.ts';
import { FILE_MODE, FOLDER_MODE } from './file-modes.ts';
import { keepReplaced } from './kept-catalogs.ts';
import type { SftpConnection } from './sftp-connection.ts';
import { kindOfMode } from './sftp-entries.ts';
import { sftpStatus } from './sftp-errors.ts';
import {
  isPlainFileName,
  lstatRemote,
  modifiedAt,
  type RemoteFile,
  readRemoteFile,
  remotePath,
  shown,
} from './sftp-remote-files.ts';

const STATUS_UNSUPPORTED = 8;

/** A file that is now in the local folder. */
export interface DownloadedFile {
  path: string;
  bytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  /** False when it was there already, or another process brought it meanwhile. */
  fetched: boolean;
}

/** How a file is downloaded. */
export interface DownloadOptions extends Turn {
  /** For the whole file, once it is its turn. */
  readonly transferMs: number;
  /** Whether a file that this one replaces is kept, see `keepReplaced`. */
  readonly keepReplaced?: boolean | undefined;
}

/**
 * Brings a remote file into a local folder (contract section 1, "Vendor catalog files"): written under a name of its own that ends
 * in `.part`, checked against the remote size before and after, flushed, given the remote modification time, renamed. The folder
 * is made if it is missing. A file that is there with the same size and modification time is not fetched again; while another
 * process fetches it, this one waits.
 *
 * A server may refuse to tell of a file that was read to its end, because that was its only download: then the size before counts.
 * When it fails, an earlier file of the name is untouched and nothing half-written is left.
 *
 * @throws BtcFakeError SFTP_PATH (the name is not a plain one, or no regular file has it), SFTP_TRANSFER (cut short,
 * still growing, standing still, too slow), SFTP_UNREACHABLE, OUTPUT_UNWRITABLE, FILE_UNREADABLE; the signal's reason.
 */
export async function downloadFile(
  connection: SftpConnection,
  remoteFolder: string,
  file: RemoteFile,
  localFolder: string,
  options: DownloadOptions,
): Promise<DownloadedFile> {
  if (!isPlainFileName(file.name)) {
    throw new BtcFakeError(
      'SFTP_PATH',
      `The remote name ${shown(file.name)} is not a plain file name; it is not fetched.`,
    );
  }
  const path = join(localFolder, file.name);
  const since = Date.now();
  const there = await alreadyThere(path, file);
  if (there !== undefined) return there;
  await local(path, mkdir(localFolder, { recursive: true, mode: FOLDER_MODE }));
  let taken = false;
  const work = async () => {
    taken = true;
    const meanwhile = await alreadyThere(path, file, since);
    if (meanwhile !== undefined) return meanwhile;
    await removeStaleParts(path);
    return await fetchFile(connection, remotePath(remoteFolder, file.name), file, path, options);
  };
  try {
    return await withDownloadLock(path, options, work);
  } catch (error) {
    if (taken || options.signal?.aborted) throw error;
    throw unwritable(path, error);
  }
}

async function fetchFile(
  connection: SftpConnection,
  source: string,
  file: RemoteFile,
  path: string,
  { transferMs, keepReplaced: keeps = false }: DownloadOptions,
): Promise<DownloadedFile> {
  let bytes = 0;
  const timer = setTimeout(() => {
    const message = `${connection.endpoint} sent ${bytes} of the ${file.bytes} bytes of ${shown(source)} in ${transferMs / 1000} s.`;
    connection.abandon(
      new BtcFakeError('SFTP_TRANSFER', message, {
        remedy: 'Try again when the server is faster, or give it more time with SFTP_TRANSFER_TIMEOUT.',
      }),
    );
  }, transferMs);
  try {
    await expectUnchanged(connection, source, file);
    const sha256 = await writeBeside(path, file, keeps, async (part) => {
      const hash = createHash('sha256');
      for await (const chunk of readRemoteFile(connection, source, file.bytes)) {
        hash.update(chunk);
        bytes += chunk.length;
        await local(path, part.appendFile(chunk));
      }
      if (bytes !== file.bytes) {
        throw new BtcFakeError(
          'SFTP_TRANSFER',
          `${connection.endpoint} sent ${bytes} of the ${file.bytes} bytes of ${shown(source)}.`,
        );
      }
      await expectUnchanged(connection, source, file, 'read');
      return hash.digest('hex');
    });
    return { path, bytes: file.bytes, sha256, fetched: true };
  } finally {
    clearTimeout(timer);
  }
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

/**
 * The local file, if it is what the server has: of the same size and modification time, in whole seconds. Where the server tells
 * no time, only one that another process has brought since we began counts.
 */
async function alreadyThere(path: string, file: RemoteFile, since = Infinity): Promise<DownloadedFile | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size !== file.bytes) return undefined;
  const isSame =
    file.modifiedAt === 0 ? found.ctimeMs >= since : Math.floor(found.mtimeMs / 1000) * 1000 === file.modifiedAt;
  return isSame ? { path, bytes: file.bytes, sha256: await hashLocalFile(path), fetched: false } : undefined;
}

/**
 * The vendor may be writing the file at this moment, or put something else in its place. Once it was `read` to its end, a server
 * need not tell any more.
 */
async function expectUnchanged(
  connection: SftpConnection,
  source: string,
  file: RemoteFile,
  when: 'listed' | 'read' = 'listed',
): Promise<void> {
  const found = await lstatRemote(connection, source).catch((error) => {
    const status = sftpStatus(error);
    if (status === STATUS_UNSUPPORTED || (when === 'read' && status !== undefined)) return undefined;
    throw error;
  });
  if (found === undefined) return;
  if ((kindOfMode(found.mode) ?? 'file') !== 'file') {
    throw new BtcFakeError('SFTP_PATH', `${shown(source)} on ${connection.endpoint} is not a regular file.`);
  }
  const { size = file.bytes } = found as Partial<Stats>;
  const isSameTime = found.mtime === undefined || file.modifiedAt === 0 || modifiedAt(found) === file.modifiedAt;
  if (size !== file.bytes || !isSameTime) {
    throw new BtcFakeError(
      'SFTP_TRANSFER',
      `${shown(source)} on ${connection.endpoint} is changing: it had ${file.bytes} bytes when it was listed and has ${size} now.`,
      { remedy: 'Try again when the vendor has finished writing it.' },
    );
  }
}

/**
 * Lets `fill`, which returns the SHA-256, write a part, flushes it and renames it to `path`. The part is always a new file of our
 * own: what took its place meanwhile is not renamed.
 */
async function writeBeside(
  path: string,
  file: RemoteFile,
  keeps: boolean,
  fill: (part: FileHandle) => Promise<string>,
): Promise<string> {
  const partPath = ownPartPath(path);
  const part = await local(path, open(partPath, 'wx', FILE_MODE));
  try {
    const sha256 = await fill(part);
    if (file.modifiedAt > 0) await local(path, part.utimes(file.modifiedAt / 1000, file.modifiedAt / 1000));
    await local(path, part.sync());
    if (!(await isStillAt(part, partPath))) {
      throw new BtcFakeError('OUTPUT_UNWRITABLE', `${partPath} was replaced by something else while it was written.`);
    }
    if (keeps) await keepEarlier(path, sha256);
    await local(path, rename(partPath, path));
    return sha256;
  } catch (error) {
    if (await isStillAt(part, partPath)) await rm(partPath, { force: true }).catch(() => {});
    throw error;
  } finally {
    // What a close may still report was settled by the flush.
    await part.close().catch(() => {});
  }
}

/** A regular file with other bytes stays for the runs that have read it. */
async function keepEarlier(path: string, sha256: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() !== true) return;
  const earlier = await hashLocalFile(path);
  if (earlier !== sha256) await local(path, keepReplaced(path, earlier));
}

async function isStillAt(part: FileHandle, partPath: string): Promise<boolean> {
  const [ours, there] = await Promise.all([part.stat(), lstat(partPath)]).catch(() => []);
  return ours !== undefined && there !== undefined && ours.ino === there.ino && ours.dev === there.dev;
}

async function local<T>(path: string, work: Promise<T>): Promise<T> {
  return await work.catch((cause) => {
    throw unwritable(path, cause);
  });
}

function unwritable(path: string, cause: unknown): BtcFakeError {
  return new BtcFakeError('OUTPUT_UNWRITABLE', `${path} cannot be written (${systemCode(cause)}).`, {
    remedy: 'Check that the folder may be written to and that its disk has room.',
    cause,
  });
}
