import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import ssh2, { type FileEntry, type SFTPWrapper } from 'ssh2';
import type { SftpServer } from '../../src/adapters/sftp/server.ts';
import { newHostKey } from '../../src/sandbox/vendor-sftp-server.ts';

const { STATUS_CODE } = ssh2.utils.sftp;
const REGULAR = 0o100644;
const MTIME = 1_767_600_000;

/**
 * Where in the conversation a fault strikes: at the login, at the opening of the channel, or at a request of this name.
 */
export type FaultPlace =
  | 'login'
  | 'channel'
  | 'OPENDIR'
  | 'READDIR'
  | 'READLINK'
  | 'LSTAT'
  | 'OPEN'
  | 'READ'
  | 'WRITE'
  | 'CLOSE'
  | 'RENAME';

/** What a server does wrong. All of it may be changed between requests. */
export interface Faults {
  /** The only way to log in. */
  takes?: 'password' | 'keyboard-interactive';
  /** No answer, ever, while the connection stands. */
  silentAt?: FaultPlace;
  /** The connection is reset. */
  dropAt?: FaultPlace;
  /** The SFTP channel ends, but the connection stands. */
  endChannelAt?: FaultPlace;
  /** Requests of this kind are answered with a status; the channel is just refused. */
  refuse?: { at: FaultPlace; status: number };
  /** With `silentAt`, `dropAt` and the like: reads up to this offset are answered. */
  afterBytes?: number;
  /** Reads end here, whatever the size says. */
  endOfFileAt?: number;
  /** No answer to a read is longer. */
  longestRead?: number;
  /** What is called at each read; it may change `files`. */
  onRead?: () => void;
  /** How long each write takes. */
  writeTakesMs?: number;
  /** What each write waits for. */
  writesWaitFor?: Promise<void>;
  /** What a receiver does when a file was closed after it was written to. */
  onWritten?: (name: string) => void;
  /** What becomes of a rename: nothing, with a status; or it is done, and the connection drops before the answer. */
  onRename?: (target: string) => 'refuse' | 'done, then drop' | undefined;
  /** What a receiver does when a file was renamed. */
  onRenamed?: (target: string) => void;
  /** Bytes of each write that are thrown away. */
  loseWrittenBytes?: number;
  /** Listings hold names only. */
  withoutAttributes?: boolean;
  /**
   * What the permissions of files lack, in listings and elsewhere: the bits that tell the type, or they are not sent at
   * all.
   */
  permissions?: 'without type' | 'not sent';
  /** When all files were changed last, it says: epoch seconds. */
  modifiedAt?: number;
  /** Neither listings nor anything else tells when a file was changed. */
  withoutTimes?: boolean;
  /**
   * A file can be read to its end once; from then on it is not there, and asking about it is answered with this status.
   */
  oneDownload?: { statusAfter: number };
  /** Every answer to a read comes so much later. */
  readDelayMs?: number;
  /** The size that all files have, it says. */
  listedBytes?: number;
  /** A listing never comes to its end; each page of it holds the same names. */
  endlessListing?: boolean;
}

export interface FaultySftpServer {
  readonly login: SftpServer;
  /** What is in the one folder that the server has, `/`. */
  readonly files: Map<string, Buffer>;
  /** Further entries of the listing. */
  readonly listed: FileEntry[];
  faults: Faults;
  /** The requests that came, in order: `OPEN /x.part`. */
  readonly requests: string[];
  /** How users tried to log in, in order. */
  readonly logins: string[];
  /** Stops (or resumes) reading what the clients say: no answer, no goodbye. */
  deafen(isDeaf: boolean): void;
  /** How many connections stand. */
  connections(): number;
  stop(): Promise<void>;
}

/**
 * An SFTP server in this process, over a real socket, that misbehaves as told. Version 3 of the protocol, no
 * extensions.
 */
export async function startFaultySftpServer(
  password = 'right',
  { algorithms }: { algorithms?: ssh2.Algorithms } = {},
): Promise<FaultySftpServer> {
  const { key, fingerprint } = newHostKey();
  const sockets = new Set<Socket>();
  const state = {
    files: new Map<string, Buffer>(),
    listed: [] as FileEntry[],
    faults: {} as Faults,
    requests: [] as string[],
    logins: [] as string[],
  };

  function strikes(place: FaultPlace, socket: Socket, session?: SFTPWrapper): boolean {
    if (state.faults.dropAt === place) socket.resetAndDestroy();
    if (state.faults.endChannelAt === place) session?.end();
    return [state.faults.dropAt, state.faults.silentAt, state.faults.endChannelAt].includes(place);
  }

  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    const ssh = new ssh2.Server({ hostKeys: [key], ...(algorithms ? { algorithms } : {}) }, (connection) => {
      connection.on('error', () => {});
      connection.on('authentication', (attempt) => {
        state.logins.push(attempt.method);
        const { takes = 'password' } = state.faults;
        if (strikes('login', socket)) return;
        if (attempt.method !== takes) attempt.reject([takes]);
        else if (attempt.method === 'password') {
          if (attempt.password === password) attempt.accept();
          else attempt.reject([takes]);
        } else if (attempt.method === 'keyboard-interactive') {
          attempt.prompt({ prompt: 'Password: ', echo: false }, 'Vendor', 'Log in', (answers) => {
            if (answers.length === 1 && answers[0] === password) attempt.accept();
            else attempt.reject([takes]);
          });
        }
      });
      connection.on('session', (accept) =>
        accept().on('sftp', (acceptSftp, rejectSftp) => {
          if (state.faults.refuse?.at === 'channel') rejectSftp();
          else if (!strikes('channel', socket)) serve(acceptSftp(), socket);
        }),
      );
    });
    ssh.injectSocket(socket);
  });

  function serve(session: SFTPWrapper, socket: Socket): void {
    const open = new Map<string, { path: string; bytes?: Buffer; listed?: boolean; written?: boolean }>();
    const handleFor = (path: string) => {
      const handle = Buffer.from(`h${open.size}`);
      open.set(handle.toString(), { path });
      return handle;
    };
    /** Handles one kind of request, unless a fault is to strike. */
    const on = (
      place: FaultPlace | 'REMOVE',
      answer: (request: number, ...details: never[]) => void,
      isDue?: (...details: never[]) => boolean,
    ) => {
      session.on(place as string, (request: number, ...details: never[]) => {
        state.requests.push(`${place} ${details.filter((detail) => typeof detail === 'string').join(' ')}`);
        const due = isDue === undefined || isDue(...details);
        if (due && place !== 'REMOVE' && strikes(place, socket, session)) return;
        if (due && state.faults.refuse?.at === place) return session.status(request, state.faults.refuse.status);
        answer(request, ...details);
      });
    };
    const bytesOf = (path: string) => state.files.get(path.replace(/^\/?/, ''));
    const listedAs = (path: string) => state.listed.find(({ filename }) => `/${filename}` === path);
    const told = ({ attrs, ...entry }: FileEntry): FileEntry => {
      const { permissions, withoutTimes, listedBytes, modifiedAt } = state.faults;
      const { mode, size, atime, mtime, ...owner } = attrs;
      if (size === undefined) return { ...entry, attrs };
      const isFile = (mode & 0o170000) === 0o100000;
      const sent = {
        ...owner,
        size: isFile ? (listedBytes ?? size) : size,
        ...(permissions === 'not sent' ? {} : { mode: permissions === 'without type' ? mode & 0o7777 : mode }),
        ...(withoutTimes ? {} : { atime, mtime: modifiedAt ?? mtime }),
      };
      return { ...entry, attrs: sent as FileEntry['attrs'] };
    };

    on('OPENDIR', (request: number, path: string) => {
      const isFolder = path === '/' || ((listedAs(path)?.attrs.mode ?? 0) & 0o170000) === 0o040000;
      if (isFolder) session.handle(request, handleFor(path));
      else session.status(request, STATUS_CODE.FAILURE);
    });
    on('READLINK', (request: number, path: string) => {
      const isLink = ((listedAs(path)?.attrs.mode ?? 0) & 0o170000) === 0o120000;
      if (isLink) session.name(request, [entryOf('/elsewhere')]);
      else session.status(request, STATUS_CODE.OP_UNSUPPORTED);
    });
    on('READDIR', (request: number, handle: Buffer) => {
      const folder = open.get(handle.toString())!;
      if (folder.listed && !state.faults.endlessListing) return session.status(request, STATUS_CODE.EOF);
      folder.listed = true;
      const own = [...state.files].map(([name, bytes]) =>
        entryOf(name, state.faults.withoutAttributes ? undefined : bytes.length),
      );
      session.name(request, [...own, ...state.listed].map(told));
    });
    on('LSTAT', (request: number, path: string) => {
      const bytes = bytesOf(path);
      const entry = bytes === undefined ? listedAs(path) : entryOf(path, bytes.length);
      if (entry === undefined)
        session.status(request, state.faults.oneDownload?.statusAfter ?? STATUS_CODE.NO_SUCH_FILE);
      else session.attrs(request, told(entry).attrs);
    });
    on('OPEN', (request: number, path: string, flags: number) => {
      if (flags & ssh2.utils.sftp.OPEN_MODE.WRITE) state.files.set(path.replace(/^\//, ''), Buffer.alloc(0));
      if (bytesOf(path) === undefined) session.status(request, STATUS_CODE.NO_SUCH_FILE);
      else session.handle(request, handleFor(path));
    });
    on(
      'READ',
      (request: number, handle: Buffer, position: number, length: number) => {
        const { endOfFileAt = Infinity, longestRead = Infinity } = state.faults;
        const opened = open.get(handle.toString())!;
        const { path } = opened;
        const bytes = bytesOf(path) ?? opened.bytes!;
        opened.bytes = bytes;
        const answer = bytes.subarray(position, Math.min(position + Math.min(length, longestRead), endOfFileAt));
        const isEnd = position + answer.length >= bytes.length;
        const send = () => {
          if (answer.length === 0) session.status(request, STATUS_CODE.EOF);
          else session.data(request, answer);
        };
        if (state.faults.readDelayMs === undefined) send();
        else setTimeout(send, state.faults.readDelayMs);
        if (isEnd && state.faults.oneDownload) state.files.delete(path.replace(/^\//, ''));
        state.faults.onRead?.();
      },
      (_handle: Buffer, position: number) => position >= (state.faults.afterBytes ?? 0),
    );
    on('WRITE', (request: number, handle: Buffer, position: number, data: Buffer) => {
      const name = open.get(handle.toString())!.path.replace(/^\//, '');
      const kept = data.subarray(0, data.length - (state.faults.loseWrittenBytes ?? 0));
      const earlier = state.files.get(name) ?? Buffer.alloc(0);
      state.files.set(name, Buffer.concat([earlier.subarray(0, position), kept]));
      open.get(handle.toString())!.written = true;
      const { writeTakesMs = 0, writesWaitFor } = state.faults;
      const answer = () => setTimeout(() => session.status(request, STATUS_CODE.OK), writeTakesMs);
      void (writesWaitFor ?? Promise.resolve()).then(answer);
    });
    on('CLOSE', (request: number, handle: Buffer) => {
      const { path, written } = open.get(handle.toString())!;
      if (written) state.faults.onWritten?.(path.replace(/^\//, ''));
      session.status(request, STATUS_CODE.OK);
    });
    on('REMOVE', (request: number, path: string) =>
      session.status(request, state.files.delete(path.replace(/^\//, '')) ? STATUS_CODE.OK : STATUS_CODE.NO_SUCH_FILE),
    );
    on('RENAME', (request: number, from: string, to: string) => {
      const [source, target] = [from.replace(/^\//, ''), to.replace(/^\//, '')];
      const bytes = state.files.get(source);
      if (bytes === undefined) return session.status(request, STATUS_CODE.NO_SUCH_FILE);
      const fault = state.faults.onRename?.(target);
      if (state.files.has(target) || fault === 'refuse') return session.status(request, STATUS_CODE.FAILURE);
      state.files.set(target, bytes);
      state.files.delete(source);
      state.faults.onRenamed?.(target);
      if (fault === 'done, then drop') socket.resetAndDestroy();
      else session.status(request, STATUS_CODE.OK);
    });
    session.on('error', () => {});
  }

  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return Object.assign(state, {
    login: { host: '127.0.0.1', port, username: 'vendor', password, hostFingerprint: fingerprint },
    deafen(isDeaf: boolean) {
      for (const socket of sockets) isDeaf ? socket.pause() : socket.resume();
    },
    connections: () => sockets.size,
    async stop() {
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  });
}

/** A line of a listing; a regular file unless another mode is given, and without attributes when no size is. */
export function entryOf(filename: string, bytes?: number, mode = REGULAR): FileEntry {
  const attrs = bytes === undefined ? {} : { mode, size: bytes, uid: 1, gid: 1, atime: MTIME, mtime: MTIME };
  return { filename, longname: filename, attrs: attrs as FileEntry['attrs'] };
}
