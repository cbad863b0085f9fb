import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SFTPWrapper, Stats } from 'ssh2';
import { BtcFakeError, systemCode } from '../domain/errors.ts';
import type { Answer, SftpConnection } from './sftp-connection.ts';
import { hashLocalFile } from './sftp-download.ts';
import { sftpStatus } from './sftp-errors.ts';
import { isPlainFileName, lstatRemote, PART_SUFFIX, readRemoteFile, remotePath, shown } from './sftp-remote-files.ts';

/** A file that is now in the remote folder. */
export interface UploadedFile {
  bytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  /** False when the same bytes were there already and nothing was changed. */
  uploaded: boolean;
}

const STATUS_NO_SUCH_FILE = 2;
const STATUS_FAILURE = 4;
const STATUS_UNSUPPORTED = 8;
const WRITE_BYTES = 32 * 1024;

/**
 * Puts a local file into a remote folder under its own name (contract section 6): sent as `NAME.part`, size checked, then
 * renamed over what is there. The same bytes there already: nothing is changed. The remote folder is never made.
 *
 * Where the server offers no posix-rename, the earlier file is deleted first, so for an instant there is none. When it
 * fails before that, the earlier file is untouched; the part is removed if the connection still stands.
 *
 * @throws BtcFakeError FILE_UNREADABLE (the local file), SFTP_PATH (the folder is missing or not ours to write),
 * SFTP_TRANSFER, SFTP_UNREACHABLE.
 */
export async function uploadFile(
  connection: SftpConnection,
  localPath: string,
  remoteFolder: string,
): Promise<UploadedFile> {
  const name = basename(localPath);
  if (!isPlainFileName(name)) {
    throw new BtcFakeError('SFTP_PATH', `${shown(name)} is not a plain file name; it is not uploaded.`);
  }
  const target = remotePath(remoteFolder, name);
  const file = await readable(localPath, open(localPath));
  try {
    const { size } = await readable(localPath, file.stat());
    const earlier = await lstatIfThere(connection, target);
    if (earlier?.isFile() && earlier.size === size) {
      const sha256 = await hashLocalFile(localPath);
      if ((await hashRemoteFile(connection, target, size)) === sha256) return { bytes: size, sha256, uploaded: false };
    }
    const part = target + PART_SUFFIX;
    try {
      const sha256 = await sendPart(connection, file, { localPath, part, size });
      await renameOver(connection, part, target);
      return { bytes: size, sha256, uploaded: true };
    } catch (error) {
      await removeRemote(connection, part).catch(() => {});
      throw error;
    }
  } finally {
    await file.close();
  }
}

/** Sends the file's bytes and checks that the server has all of them. Returns their SHA-256. */
async function sendPart(
  connection: SftpConnection,
  file: FileHandle,
  { localPath, part, size }: { localPath: string; part: string; size: number },
): Promise<string> {
  const context = { doing: `writing ${shown(part)}`, silence: 'SFTP_TRANSFER' } as const;
  const handle = await connection.ask<Buffer>(context, (sftp, answer) => sftp.open(part, 'w', answer));
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(WRITE_BYTES);
  let sent = 0;
  for (;;) {
    const { bytesRead } = await readable(localPath, file.read(buffer, 0, WRITE_BYTES, sent));
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    const position = sent;
    await connection.ask(context, (sftp, answer) => sftp.write(handle, chunk, 0, bytesRead, position, answer));
    sent += bytesRead;
  }
  // A full or failing disk of the server may show at the close only.
  await connection.ask(context, (sftp, answer) => sftp.close(handle, answer));
  const there = (await lstatRemote(connection, part)).size;
  if (sent !== size || there !== size) {
    throw new BtcFakeError(
      'SFTP_TRANSFER',
      `${localPath} has ${size} bytes; ${sent} were sent, and ${connection.endpoint} has ${there} of them.`,
    );
  }
  return hash.digest('hex');
}

async function renameOver(connection: SftpConnection, part: string, target: string): Promise<void> {
  const context = { doing: `renaming ${shown(part)}` };
  const offered = await connection
    .ask(context, (sftp, answer) => posixRename(sftp, part, target, answer))
    .then(
      () => true,
      (error) => {
        if (sftpStatus(error) === STATUS_UNSUPPORTED) return false;
        throw error;
      },
    );
  if (offered) return;
  if ((await lstatIfThere(connection, target)) !== undefined) await removeRemote(connection, target);
  await connection.ask(context, (sftp, answer) => sftp.rename(part, target, answer));
}

/** The library throws at once where the server does not announce the extension; here that is an answer like any other. */
function posixRename(sftp: SFTPWrapper, from: string, to: string, answer: Answer<void>): void {
  try {
    sftp.ext_openssh_rename(from, to, answer);
  } catch (error) {
    answer(Object.assign(new Error('posix-rename is not offered', { cause: error }), { code: STATUS_UNSUPPORTED }));
  }
}

async function removeRemote(connection: SftpConnection, path: string): Promise<void> {
  await connection.ask({ doing: `removing ${shown(path)}` }, (sftp, answer) => sftp.unlink(path, answer));
}

/** Undefined when nothing is there, which some servers answer with a general failure. */
async function lstatIfThere(connection: SftpConnection, path: string): Promise<Stats | undefined> {
  return await lstatRemote(connection, path).catch((error) => {
    const status = sftpStatus(error);
    if (status === STATUS_NO_SUCH_FILE || status === STATUS_FAILURE) return undefined;
    throw error;
  });
}

async function hashRemoteFile(connection: SftpConnection, path: string, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readRemoteFile(connection, path, bytes)) hash.update(chunk);
  return hash.digest('hex');
}

async function readable<T>(path: string, work: Promise<T>): Promise<T> {
  return await work.catch((cause) => {
    throw new BtcFakeError('FILE_UNREADABLE', `${path} cannot be read (${systemCode(cause)}).`, { cause });
  });
}
