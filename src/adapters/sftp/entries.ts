import { constants } from 'node:fs';
import type { Logger } from 'pino';
import type { FileEntryWithStats, Stats } from 'ssh2';
import { BtcFakeError } from '../../domain/errors.ts';
import { count } from '../../domain/wording.ts';
import type { SftpConnection } from './connection.ts';
import { sftpStatus } from './errors.ts';
import { closeRemote, isPlainFileName, lstatRemote, modifiedAt, remotePath, shown } from './remote-files.ts';

/** What stands in a remote folder. A name that is not a plain file name is never used as one, whatever it is. */
export interface RemoteEntry {
  readonly name: string;
  readonly kind: 'file' | 'link' | 'folder' | 'other' | 'no plain name';
  /** 0 unless it is a file. */
  readonly bytes: number;
  /** Epoch milliseconds; servers keep whole seconds. 0 from a server that does not say. */
  readonly modifiedAt: number;
}

const STATUS_EOF = 1;
/**
 * No folder of a vendor holds so many; a server that gives more, or pages without names, would never come to an end.
 */
const MAX_ENTRIES = 100_000;
/** How many entries are asked about at a time where a listing does not tell what they are. */
const LOOKS_AT_ONCE = 16;

const { S_IFMT, S_IFREG, S_IFLNK, S_IFDIR } = constants;
const TYPES = new Map([
  [S_IFREG, 'file'],
  [S_IFLNK, 'link'],
  [S_IFDIR, 'folder'],
] as const);
const LONG_NAME_TYPES = new Map([
  ['-', 'file'],
  ['l', 'link'],
  ['d', 'folder'],
] as const);

/** What the type bits of attributes say; undefined where a server sends none, as some that are not OpenSSH do. */
export function kindOfMode(mode: number | undefined): Exclude<RemoteEntry['kind'], 'no plain name'> | undefined {
  const bits = (mode ?? 0) & S_IFMT;
  return bits === 0 ? undefined : (TYPES.get(bits) ?? 'other');
}

/**
 * What is in a remote folder, in the server's order (contract section 1: links are not followed, so they are no files).
 * What a listing leaves out is asked about; a file whose size the server does not tell is left out, and logged.
 * @throws BtcFakeError SFTP_PATH, SFTP_UNREACHABLE, SFTP_TRANSFER.
 */
export async function listRemoteFolder(
  connection: SftpConnection,
  logger: Logger,
  folder: string,
): Promise<RemoteEntry[]> {
  const listed = await readRemoteFolder(connection, folder);
  const entries: RemoteEntry[] = [];
  for (let from = 0; from < listed.length; from += LOOKS_AT_ONCE) {
    const looks = listed.slice(from, from + LOOKS_AT_ONCE).map((each) => entryOf(connection, logger, folder, each));
    for (const entry of await Promise.all(looks)) if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** Undefined when it went away meanwhile, or when nobody knows its size. */
async function entryOf(
  connection: SftpConnection,
  logger: Logger,
  folder: string,
  { filename: name, longname, attrs }: FileEntryWithStats,
): Promise<RemoteEntry | undefined> {
  if (!isPlainFileName(name)) {
    logger.warn({ name, folder }, 'A remote name that is not a plain file name is left out.');
    return { name, kind: 'no plain name', bytes: 0, modifiedAt: modifiedAt(attrs) };
  }
  const path = remotePath(folder, name);
  let kind = kindOfMode(attrs.mode) ?? kindOfLongName(longname);
  let known: Partial<Stats> = attrs;
  // The protocol lets a server leave any attribute out of a listing.
  if (kind === undefined || attrs.size === undefined || attrs.mtime === undefined) {
    try {
      const found = await lstatRemote(connection, path);
      known = { mode: found.mode ?? attrs.mode, size: found.size ?? attrs.size, mtime: found.mtime ?? attrs.mtime };
    } catch (error) {
      if (sftpStatus(error) === undefined) throw error;
      if (attrs.size === undefined) return undefined;
    }
    kind = kindOfMode(known.mode) ?? kind ?? (await kindByTrying(connection, path));
  }
  if (kind === 'file' && known.size === undefined) {
    logger.warn({ name, folder }, 'The server does not tell the size of this file; it is left out.');
    return undefined;
  }
  return { name, kind, bytes: kind === 'file' ? known.size! : 0, modifiedAt: modifiedAt(known) };
}

/** `-rw-r--r-- 1 …`, as most servers write the line that a person reads. */
function kindOfLongName(longname: string): Exclude<RemoteEntry['kind'], 'no plain name'> | undefined {
  const type = /^([-dlbcps])[-rwxsStT]{9}/.exec(longname)?.[1];
  return type === undefined ? undefined : (LONG_NAME_TYPES.get(type as '-') ?? 'other');
}

/** For a server that says it nowhere: what can be opened as a folder is one, what can be read as a link is one. */
async function kindByTrying(connection: SftpConnection, path: string): Promise<'file' | 'link' | 'folder'> {
  const doing = `looking at ${shown(path)}`;
  const handle = await unlessRefused(connection.ask<Buffer>({ doing }, (sftp, answer) => sftp.opendir(path, answer)));
  if (handle !== undefined) {
    await closeRemote(connection, handle);
    return 'folder';
  }
  const target = await unlessRefused(connection.ask<string>({ doing }, (sftp, answer) => sftp.readlink(path, answer)));
  return target === undefined ? 'file' : 'link';
}

async function unlessRefused<T>(request: Promise<T>): Promise<T | undefined> {
  return await request.catch((error) => {
    if (sftpStatus(error) === undefined) throw error;
    return undefined;
  });
}

/** All entries of a remote folder, without `.` and `..`. Every page is waited for on its own. */
async function readRemoteFolder(connection: SftpConnection, folder: string): Promise<FileEntryWithStats[]> {
  const context = { doing: `listing ${shown(folder)}` };
  const handle = await connection.ask<Buffer>(context, (sftp, answer) => sftp.opendir(folder || '.', answer));
  const entries: FileEntryWithStats[] = [];
  for (let pages = 0; ; pages += 1) {
    if (Math.max(entries.length, pages) >= MAX_ENTRIES) {
      throw new BtcFakeError('SFTP_PATH', `${connection.endpoint} lists no end of files in ${shown(folder)}.`, {
        remedy: `Name a folder with fewer than ${count(MAX_ENTRIES)} entries.`,
      });
    }
    try {
      entries.push(
        ...(await connection.ask<FileEntryWithStats[]>(context, (sftp, answer) => sftp.readdir(handle, answer))),
      );
    } catch (error) {
      if (sftpStatus(error) !== STATUS_EOF) throw error;
      break;
    }
  }
  await closeRemote(connection, handle);
  return entries;
}
