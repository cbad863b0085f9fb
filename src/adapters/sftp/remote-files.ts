import type { Stats } from 'ssh2';
import { quotedValue } from '../../domain/quoted-value.ts';
import type { SftpConnection } from './connection.ts';

/** A regular file in a remote folder. */
export interface RemoteFile {
  name: string;
  bytes: number;
  /** Epoch milliseconds; servers keep whole seconds. */
  modifiedAt: number;
}

export const PART_SUFFIX = '.part';

/** Longer than any path. */
const LONGEST_SHOWN = 4_096;
const READ_BYTES = 32 * 1024;
/** How many reads are under way at a time, so that a distant server is not waited for once per read. */
const READS_AHEAD = 8;

/**
 * Whether a name is one plain file name, and nothing else, on this machine: no separators, no control or undecodable
 * characters, and short enough to take `.part` (255 bytes is the most that file systems hold).
 */
export function isPlainFileName(name: string): boolean {
  return !/^\.{0,2}$|[/\\\p{Cc}\uFFFD]/u.test(name) && Buffer.byteLength(name + PART_SUFFIX) <= 255;
}

/** The path of a name in a remote folder, which may end in a slash or be empty (the login folder). */
export function remotePath(folder: string, name: string): string {
  if (folder === '') return name;
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

/** A remote path as messages show it, with whatever is strange in it escaped. */
export function shown(path: string): string {
  return quotedValue(path, LONGEST_SHOWN);
}

/** The modification time in epoch milliseconds; 0 from a server that does not say. */
export function modifiedAt({ mtime }: Partial<Stats>): number {
  return (mtime ?? 0) * 1000;
}

/** The attributes of what is at a path itself: a link is not followed. */
export async function lstatRemote(connection: SftpConnection, path: string): Promise<Stats> {
  return await connection.ask<Stats>({ doing: `looking at ${shown(path)}` }, (sftp, answer) =>
    sftp.lstat(path, answer),
  );
}

/** Gives a handle back. A refusal is of no consequence: what was read or written is checked by other means. */
export async function closeRemote(connection: SftpConnection, handle: Buffer): Promise<void> {
  await connection.ask({ doing: 'closing a file' }, (sftp, answer) => sftp.close(handle, answer)).catch(() => {});
}

/**
 * The bytes of a remote file from its start, in order, at most `bytes` of them; fewer when the file ends before.
 *
 * @throws BtcFakeError SFTP_TRANSFER when the server stands still, and what `ask` throws.
 */
export async function* readRemoteFile(
  connection: SftpConnection,
  path: string,
  bytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  const context = { doing: `reading ${shown(path)}`, silence: 'SFTP_TRANSFER' } as const;
  const handle = await connection.ask<Buffer>(context, (sftp, answer) => sftp.open(path, 'r', answer));
  const inFlight: { wanted: number; chunk: Promise<Buffer> }[] = [];
  let position = 0;
  try {
    for (;;) {
      while (inFlight.length < READS_AHEAD && position < bytes) {
        const wanted = Math.min(READ_BYTES, bytes - position);
        const chunk = readFully(connection, context, handle, position, wanted);
        // One failed read ends the transfer; those after it have nobody left to tell.
        chunk.catch(() => {});
        inFlight.push({ wanted, chunk });
        position += wanted;
      }
      const next = inFlight.shift();
      if (next === undefined) return;
      const chunk = await next.chunk;
      if (chunk.length > 0) yield chunk;
      if (chunk.length < next.wanted) return;
    }
  } finally {
    await closeRemote(connection, handle);
  }
}

/** One part of a file; servers may answer with less than was asked for, and only an empty answer is the end. */
async function readFully(
  connection: SftpConnection,
  context: { doing: string; silence: 'SFTP_TRANSFER' },
  handle: Buffer,
  position: number,
  wanted: number,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(wanted);
  let filled = 0;
  while (filled < wanted) {
    const offset = filled;
    const read = await connection.ask<number>(context, (sftp, answer) =>
      sftp.read(handle, buffer, offset, wanted - offset, position + offset, answer),
    );
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}
