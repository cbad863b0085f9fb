import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, posix, sep } from 'node:path';
import ssh2, { type SFTPWrapper } from 'ssh2';
import { systemCode } from '../domain/errors.ts';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;

/** A folder on disk behind a remote path. */
interface Mount {
  root: string;
  writable: boolean;
}

type OpenThing = { file: FileHandle } | { entries: string[]; folder: string };

/** The answer to a refused request. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.name = 'Refusal';
    this.status = status;
  }
}

const INBOX = 'inbox';
const MAX_READ_BYTES = 32 * 1024;
const ENTRIES_PER_ANSWER = 64;

/**
 * Serves one SFTP session: `files` as `/`, read-only, and `inbox` as `/inbox`, writable. Everything but reading,
 * listing, stat, and in the inbox writing, renaming and removing is refused; so are paths out of a folder.
 * @throws the system's error when a folder does not exist.
 */
export async function serveFolders({
  files,
  inbox,
}: {
  files: string;
  inbox?: string | undefined;
}): Promise<(session: SFTPWrapper) => void> {
  const outer: Mount = { root: await realpath(files), writable: false };
  const inner: Mount | undefined = inbox === undefined ? undefined : { root: await realpath(inbox), writable: true };

  /** Where a remote path is on disk; a last part that is a link is followed only by those who ask for it. */
  async function locate(remote: string, follow: 'follow' | 'nofollow'): Promise<{ path: string; mount: Mount }> {
    const [first = '', ...rest] = canonical(remote).slice(1).split('/');
    const isInbox = inner !== undefined && first === INBOX;
    const mount = isInbox ? inner : outer;
    const path = join(mount.root, ...(isInbox ? rest : [first, ...rest]));
    if (path === mount.root) return { path, mount };
    const real = follow === 'follow' ? await realpath(path) : join(await realpath(dirname(path)), basename(path));
    if (!real.startsWith(mount.root + sep)) throw new Refusal(STATUS_CODE.PERMISSION_DENIED);
    return { path: real, mount };
  }

  async function locateWritable(remote: string): Promise<string> {
    const { path, mount } = await locate(remote, 'nofollow');
    if (!mount.writable || path === mount.root) throw new Refusal(STATUS_CODE.PERMISSION_DENIED);
    return path;
  }

  return (session) => {
    const handles = new Map<number, OpenThing>();
    let lastHandle = 0;

    /** Answers with a status whatever goes wrong, so that no request stays without an answer. */
    function serve(request: number, work: () => Promise<void>): void {
      work().catch((error) => session.status(request, statusOf(error)));
    }
    function handleFor(thing: OpenThing): Buffer {
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(++lastHandle);
      handles.set(lastHandle, thing);
      return handle;
    }
    function thingOf(handle: Buffer): OpenThing {
      const thing = handle.length === 4 ? handles.get(handle.readUInt32BE()) : undefined;
      if (thing === undefined) throw new Refusal(STATUS_CODE.FAILURE);
      return thing;
    }
    function fileOf(handle: Buffer): FileHandle {
      const thing = thingOf(handle);
      if (!('file' in thing)) throw new Refusal(STATUS_CODE.FAILURE);
      return thing.file;
    }
    const done = (request: number) => session.status(request, STATUS_CODE.OK);

    session.on('REALPATH', (request, path) => {
      const filename = canonical(path);
      session.name(request, [{ filename, longname: filename, attrs: {} as ssh2.Attributes }]);
    });
    session.on('STAT', (request, path) =>
      serve(request, async () => session.attrs(request, attributes(await stat((await locate(path, 'follow')).path)))),
    );
    session.on('LSTAT', (request, path) =>
      serve(request, async () =>
        session.attrs(request, attributes(await lstat((await locate(path, 'nofollow')).path))),
      ),
    );
    session.on('FSTAT', (request, handle) =>
      serve(request, async () => session.attrs(request, attributes(await fileOf(handle).stat()))),
    );
    session.on('OPENDIR', (request, path) =>
      serve(request, async () => {
        const { path: folder } = await locate(path, 'follow');
        session.handle(request, handleFor({ folder, entries: await readdir(folder) }));
      }),
    );
    session.on('READDIR', (request, handle) =>
      serve(request, async () => {
        const thing = thingOf(handle);
        if (!('entries' in thing)) throw new Refusal(STATUS_CODE.FAILURE);
        const names = thing.entries.splice(0, ENTRIES_PER_ANSWER);
        if (names.length === 0) throw new Refusal(STATUS_CODE.EOF);
        session.name(request, await Promise.all(names.map((name) => entry(thing.folder, name))));
      }),
    );
    session.on('OPEN', (request, path, flags) =>
      serve(request, async () => {
        const writes = (flags & ~OPEN_MODE.READ) !== 0;
        const place = writes ? await locateWritable(path) : (await locate(path, 'follow')).path;
        session.handle(request, handleFor({ file: await open(place, openFlags(flags)) }));
      }),
    );
    session.on('READ', (request, handle, position, length) =>
      serve(request, async () => {
        const buffer = Buffer.alloc(Math.min(length, MAX_READ_BYTES));
        const { bytesRead } = await fileOf(handle).read(buffer, 0, buffer.length, position);
        if (bytesRead === 0) throw new Refusal(STATUS_CODE.EOF);
        session.data(request, buffer.subarray(0, bytesRead));
      }),
    );
    session.on('WRITE', (request, handle, position, data) =>
      serve(request, async () => {
        await fileOf(handle).write(data, 0, data.length, position);
        done(request);
      }),
    );
    session.on('CLOSE', (request, handle) =>
      serve(request, async () => {
        const thing = thingOf(handle);
        handles.delete(handle.readUInt32BE());
        if ('file' in thing) await thing.file.close();
        done(request);
      }),
    );
    session.on('RENAME', (request, from, to) =>
      serve(request, async () => {
        const [source, target] = [await locateWritable(from), await locateWritable(to)];
        // Version 3 of the protocol does not rename over what is there.
        if (await lstat(target).catch(() => undefined)) throw new Refusal(STATUS_CODE.FAILURE);
        await rename(source, target);
        done(request);
      }),
    );
    session.on('REMOVE', (request, path) =>
      serve(request, async () => {
        await unlink(await locateWritable(path));
        done(request);
      }),
    );
    session.on('close', () => {
      for (const thing of handles.values()) if ('file' in thing) thing.file.close().catch(() => {});
      handles.clear();
    });
    // A breach of the protocol ends the session by itself.
    session.on('error', () => {});
  };
}

/** An absolute remote path without `.`, `..` and doubled slashes; `..` ends at the root. */
function canonical(remote: string): string {
  return posix.resolve('/', remote);
}

function openFlags(flags: number): number {
  const access =
    (flags & OPEN_MODE.WRITE) === 0
      ? constants.O_RDONLY
      : (flags & OPEN_MODE.READ) === 0
        ? constants.O_WRONLY
        : constants.O_RDWR;
  return (
    access |
    constants.O_NOFOLLOW |
    (flags & OPEN_MODE.CREAT ? constants.O_CREAT : 0) |
    (flags & OPEN_MODE.TRUNC ? constants.O_TRUNC : 0) |
    (flags & OPEN_MODE.EXCL ? constants.O_EXCL : 0) |
    (flags & OPEN_MODE.APPEND ? constants.O_APPEND : 0)
  );
}

function attributes(stats: Stats): ssh2.Attributes {
  return {
    mode: stats.mode,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    atime: Math.floor(stats.atimeMs / 1000),
    mtime: Math.floor(stats.mtimeMs / 1000),
  };
}

async function entry(folder: string, name: string): Promise<ssh2.FileEntry> {
  const stats = await lstat(join(folder, name));
  const type = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : '-';
  return {
    filename: name,
    longname: `${type}rw-r--r-- 1 vendor vendor ${stats.size} Jan 1 00:00 ${name}`,
    attrs: attributes(stats),
  };
}

function statusOf(error: unknown): number {
  if (error instanceof Refusal) return error.status;
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return STATUS_CODE.NO_SUCH_FILE;
  if (code === 'EACCES' || code === 'EPERM' || code === 'ELOOP') return STATUS_CODE.PERMISSION_DENIED;
  return STATUS_CODE.FAILURE;
}
