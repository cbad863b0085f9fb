import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Stats } from 'ssh2';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import { FOLDER_MODE } from '../disk/file-modes.ts';
import type { SftpConnection } from './connection.ts';
import { withinTransferTime } from './deadline.ts';
import { removeStaleParts, type Turn, withDownloadLock } from './download-lock.ts';
import { local, unwritable, writeBeside } from './download-part.ts';
import { kindOfMode } from './entries.ts';
import { sftpStatus } from './errors.ts';
import {
  isPlainFileName,
  lstatRemote,
  modifiedAt,
  type RemoteFile,
  readRemoteFile,
  remotePath,
  shown,
} from './remote-files.ts';
import { markSingleDownload } from './single-downloads.ts';

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
 * Brings a remote file into a local folder, which it makes if needed (contract section 1, "Vendor catalog files"). When
 * it fails, an earlier file of the name is untouched and nothing half-written is left.
 * - It writes `*.part`, checks the remote size before and after, flushes, sets the remote modification time and
 *   renames.
 * - A file with the same size and modification time is not fetched again. While another process fetches it, this one
 *   waits.
 * - A server may say nothing of a file after its only download; then the size before counts.
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
    return await fetchFile(connection, remoteFolder, file, path, options);
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
  remoteFolder: string,
  file: RemoteFile,
  path: string,
  { transferMs, keepReplaced: keeps = false }: DownloadOptions,
): Promise<DownloadedFile> {
  const source = remotePath(remoteFolder, file.name);
  let bytes = 0;
  const progress = () => `${connection.endpoint} sent ${bytes} of the ${file.bytes} bytes of ${shown(source)}`;
  const fill = async (part: FileHandle) => {
    const hash = createHash('sha256');
    for await (const chunk of readRemoteFile(connection, source, file.bytes)) {
      hash.update(chunk);
      bytes += chunk.length;
      await local(path, part.appendFile(chunk));
    }
    if (bytes !== file.bytes) throw new BtcFakeError('SFTP_TRANSFER', `${progress()}.`);
    const isTold = await expectUnchanged(connection, source, file, 'read');
    if (!isTold) await local(path, markSingleDownload(path, placeOf(connection, remoteFolder)));
    return hash.digest('hex');
  };
  return await withinTransferTime(connection, transferMs, progress, async () => {
    await expectUnchanged(connection, source, file);
    const sha256 = await writeBeside(path, { modifiedAt: file.modifiedAt, keeps }, fill);
    return { path, bytes: file.bytes, sha256, fetched: true };
  });
}

/** A server and its folder, by which single downloads are remembered. */
export function placeOf({ endpoint }: Pick<SftpConnection, 'endpoint'>, remoteFolder: string): string {
  return `${endpoint} ${remoteFolder}`;
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
 * The local file, if it is what the server has: of the same size and modification time, in whole seconds. Where the
 * server tells no time, only a file that another process has brought since we began counts.
 */
async function alreadyThere(path: string, file: RemoteFile, since = Infinity): Promise<DownloadedFile | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size !== file.bytes) return undefined;
  const isSame =
    file.modifiedAt === 0 ? found.ctimeMs >= since : Math.floor(found.mtimeMs / 1000) * 1000 === file.modifiedAt;
  return isSame ? { path, bytes: file.bytes, sha256: await hashLocalFile(path), fetched: false } : undefined;
}

/**
 * The vendor may be writing the file at this moment, or put something else in its place. Once it was `read` to its end,
 * a server need not tell any more.
 * @returns false when it was asked, and tells nothing of the file.
 */
async function expectUnchanged(
  connection: SftpConnection,
  source: string,
  file: RemoteFile,
  when: 'listed' | 'read' = 'listed',
): Promise<boolean> {
  let isRefused = false;
  const found = await lstatRemote(connection, source).catch((error) => {
    const status = sftpStatus(error);
    if (status === STATUS_UNSUPPORTED) return undefined;
    if (when === 'listed' || status === undefined) throw error;
    isRefused = true;
    return undefined;
  });
  if (found === undefined) return !isRefused;
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
  return true;
}
