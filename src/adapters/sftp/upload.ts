import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SFTPWrapper, Stats } from 'ssh2';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import type { Answer, SftpConnection } from './connection.ts';
import { hashLocalFile } from './download.ts';
import { kindOfMode } from './entries.ts';
import { sftpStatus } from './errors.ts';
import { isPlainFileName, lstatRemote, PART_SUFFIX, readRemoteFile, remotePath, shown } from './remote-files.ts';

/** A file that was delivered: it is in the remote folder, or a receiver has taken it away. */
export interface UploadedFile {
  bytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  /** False when the same bytes were there already, or had been before a receiver took them, and nothing was changed. */
  uploaded: boolean;
}

/** What an upload is told, and tells, of the run that it is for. */
export interface Delivery {
  /** Stands in the partial file's name, so that uploads of the same file at once do not destroy each other's. */
  readonly owner?: string;
  /** Whether an earlier attempt asked for the rename and never heard whether it was done. */
  readonly renameWasAsked?: boolean;
  /** Aborted when the upload is not wanted any more: before the rename it ends, and the partial file is removed. */
  readonly signal?: AbortSignal;
  /**
   * Called when all bytes are there, before the rename. When it throws there is none, and the partial file is removed.
   */
  readonly beforeRename?: () => Promise<void>;
  /** Called when the server has refused the rename: the file is not delivered. */
  readonly afterRefusal?: () => Promise<void>;
}

const STATUS_NO_SUCH_FILE = 2;
const STATUS_FAILURE = 4;
const STATUS_UNSUPPORTED = 8;
const WRITE_BYTES = 32 * 1024;

/**
 * Puts a local file into a remote folder under its own name (contract section 6), unless the same bytes are there: sent
 * as `NAME.OWNER.part`, size checked, then renamed over an earlier file. The remote folder is never made.
 * - Without posix-rename on the server, the earlier file is deleted first, so for an instant there is none. A failure
 *   before that leaves it untouched, and removes the part if the connection still stands.
 * @throws BtcFakeError FILE_UNREADABLE (the local file), SFTP_PATH (the folder is missing or not ours to write),
 * SFTP_TAKEN (a receiver took the partial file), SFTP_TRANSFER, SFTP_UNREACHABLE; the signal's reason when it is
 * aborted.
 */
export async function uploadFile(
  connection: SftpConnection,
  localPath: string,
  remoteFolder: string,
  delivery: Delivery = {},
): Promise<UploadedFile> {
  const name = basename(localPath);
  if (!isPlainFileName(name)) {
    throw new BtcFakeError('SFTP_PATH', `${shown(name)} is not a plain file name; it is not uploaded.`);
  }
  const { owner, renameWasAsked = false, signal } = delivery;
  const target = remotePath(remoteFolder, name);
  const part = `${target}${owner === undefined ? '' : `.${owner}`}${PART_SUFFIX}`;
  const file = await readable(localPath, open(localPath));
  try {
    const { size } = await readable(localPath, file.stat());
    const local: LocalFile = { path: localPath, size, sha256: await hashLocalFile(localPath) };
    const done = { bytes: size, sha256: local.sha256 };
    if (await isDelivered(connection, target, local)) return { ...done, uploaded: false };
    // Neither name is there: the rename was done, its answer was lost, and a receiver has taken the file since.
    if (renameWasAsked && (await isGone(connection, target)) && (await isGone(connection, part)))
      return { ...done, uploaded: false };
    try {
      await sendPart(connection, file, local, part, signal);
      signal?.throwIfAborted();
      await delivery.beforeRename?.();
    } catch (error) {
      // Another attempt of the same run may have renamed it.
      const isThere = !signal?.aborted && (await isDelivered(connection, target, local).catch(() => false));
      if (isThere) return { ...done, uploaded: false };
      await removeRemote(connection, part).catch(() => {});
      throw error;
    }
    const uploaded = await renameToTarget(connection, { part, target, local, delivery });
    return { ...done, uploaded };
  } finally {
    await file.close();
  }
}

interface LocalFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/**
 * Renames what was sent. When the server does not say what came of it, the partial file stays: it may be the delivered
 * one.
 * @returns false when the same bytes were there already.
 */
async function renameToTarget(
  connection: SftpConnection,
  { part, target, local, delivery }: { part: string; target: string; local: LocalFile; delivery: Delivery },
): Promise<boolean> {
  try {
    await renameOver(connection, part, target);
    return true;
  } catch (error) {
    if (sftpStatus(error) === undefined) throw error;
    const isThere = await isDelivered(connection, target, local);
    // First of all: a partial file that we removed must not be mistaken for a delivered file.
    if (!isThere) await delivery.afterRefusal?.();
    const wasTaken = await isGone(connection, part);
    if (!wasTaken) await removeRemote(connection, part).catch(() => {});
    if (isThere) return false;
    throw wasTaken ? takenEarly(connection, part) : error;
  }
}

/** Whether the bytes of a local file are in a remote one. */
async function isDelivered(connection: SftpConnection, target: string, { size, sha256 }: LocalFile): Promise<boolean> {
  const there = await lstatIfThere(connection, target);
  // Some servers do not say what kind of thing it is.
  if (there?.size !== size || (kindOfMode(there.mode) ?? 'file') !== 'file') return false;
  return (await hashRemoteFile(connection, target, size)) === sha256;
}

async function isGone(connection: SftpConnection, path: string): Promise<boolean> {
  return (await lstatIfThere(connection, path)) === undefined;
}

function takenEarly(connection: SftpConnection, part: string): BtcFakeError {
  return new BtcFakeError(
    'SFTP_TAKEN',
    `${shown(part)} was taken away from ${connection.endpoint} before it was renamed; nobody knows whether it was whole.`,
    { remedy: `Let the receiver there leave names that end in ${PART_SUFFIX} alone, then re-queue.` },
  );
}

/**
 * Sends the file's bytes and checks that the server has all of them, and that they are those that were looked at
 * before.
 */
async function sendPart(
  connection: SftpConnection,
  file: FileHandle,
  { path, size, sha256 }: LocalFile,
  part: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const context = { doing: `writing ${shown(part)}`, silence: 'SFTP_TRANSFER' } as const;
  const handle = await connection.ask<Buffer>(context, (sftp, answer) => sftp.open(part, 'w', answer));
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(WRITE_BYTES);
  let sent = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await readable(path, file.read(buffer, 0, WRITE_BYTES, sent));
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    const position = sent;
    await connection.ask(context, (sftp, answer) => sftp.write(handle, chunk, 0, bytesRead, position, answer));
    sent += bytesRead;
  }
  // A full or failing disk of the server may show at the close only.
  await connection.ask(context, (sftp, answer) => sftp.close(handle, answer));
  const there = await lstatRemote(connection, part).catch((error) => {
    throw sftpStatus(error) === STATUS_NO_SUCH_FILE ? takenEarly(connection, part) : error;
  });
  if (sent !== size || there.size !== size) {
    throw new BtcFakeError(
      'SFTP_TRANSFER',
      `${path} has ${size} bytes; ${sent} were sent, and ${connection.endpoint} has ${there.size} of them.`,
    );
  }
  if (hash.digest('hex') !== sha256) {
    throw new BtcFakeError('SFTP_TRANSFER', `${path} was changed while it was sent.`);
  }
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

/**
 * The library throws at once where the server does not announce the extension; here that is an answer like any other.
 */
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
