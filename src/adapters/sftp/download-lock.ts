import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemCode } from '../../domain/errors.ts';
import { FILE_MODE } from '../disk/file-modes.ts';
import { PART_SUFFIX } from './remote-files.ts';

const POLL_MS = 100;
const BEAT_MS = 1_000;
/** A holder that shows no sign of life for so long was killed, or stopped. */
const ABANDONED_MS = 10_000;
/**
 * No living download leaves its part untouched for so long: each answer of a server is waited for ten minutes at most.
 */
const STALE_PART_MS = 3_600_000;
const LONGEST_STEM = 200;

/** How a download waits for its turn. */
export interface Turn {
  readonly signal?: AbortSignal | undefined;
  /** Called once, when another download of the file is under way. */
  readonly onWait?: (() => void) | undefined;
}

/**
 * Does `work` while no other process, also on another machine with this folder, and no other call here downloads to the
 * same path. Waiting goes by signs of life from the holder, because containers share no clocks or process ids.
 * - The lock only saves downloads: if two hold it, after a long stop, each writes a part of its own.
 * @throws the system's error when the folder cannot be written, the signal's reason, or what `work` throws.
 */
export async function withDownloadLock<T>(path: string, turn: Turn, work: () => Promise<T>): Promise<T> {
  const lock = join(dirname(path), `.${stemOf(path)}.lock`);
  const token = ownToken();
  const handle = await take(lock, token, turn);
  let beats = 0;
  const beating = setInterval(() => {
    beats += 1;
    handle.write(`${token} ${beats}`, 0).catch(() => {});
  }, BEAT_MS).unref();
  try {
    return await work();
  } finally {
    clearInterval(beating);
    await handle.close().catch(() => {});
    if ((await textOf(lock))?.startsWith(token)) await rm(lock, { force: true }).catch(() => {});
  }
}

/** A name for what a download to this path writes until it is whole: new each time, and no other process's. */
export function ownPartPath(path: string): string {
  return join(dirname(path), `${stemOf(path)}.${ownToken()}${PART_SUFFIX}`);
}

/** Removes the parts that killed downloads to this path have left. Failures are of no consequence. */
export async function removeStaleParts(path: string): Promise<void> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  const parts = names.filter((name) => name.startsWith(`${stemOf(path)}.`) && name.endsWith(PART_SUFFIX));
  for (const part of parts.map((name) => join(folder, name))) {
    const found = await stat(part).catch(() => undefined);
    if (found?.isFile() && found.mtimeMs < Date.now() - STALE_PART_MS) await rm(part, { force: true }).catch(() => {});
  }
}

async function take(lock: string, token: string, { signal, onWait }: Turn): Promise<FileHandle> {
  let seen: string | undefined;
  let seenAt = performance.now();
  let waits = false;
  for (;;) {
    signal?.throwIfAborted();
    const handle = await createNew(lock);
    if (handle !== undefined) return await marked(handle, lock, token);
    // Opening it again, as reading does, shows what another machine wrote, where its attributes may be remembered.
    const text = await textOf(lock);
    if (text !== seen) {
      seen = text;
      seenAt = performance.now();
    } else if (performance.now() - seenAt > ABANDONED_MS) {
      await rm(lock, { force: true });
      continue;
    }
    if (!waits) onWait?.();
    waits = true;
    await delay(POLL_MS, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  }
}

/** Writes whose lock it is; when that fails, nothing is left. */
async function marked(handle: FileHandle, lock: string, token: string): Promise<FileHandle> {
  try {
    await handle.write(`${token} 0`, 0);
    return handle;
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(lock, { force: true }).catch(() => {});
    throw error;
  }
}

/** Undefined when it is there already. */
async function createNew(path: string): Promise<FileHandle | undefined> {
  return await open(path, 'wx', FILE_MODE).catch((error) => {
    if (systemCode(error) === 'EEXIST') return undefined;
    throw error;
  });
}

async function textOf(path: string): Promise<string | undefined> {
  return await readFile(path, 'latin1').catch(() => undefined);
}

function ownToken(): string {
  return `${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** The file's name, or something shorter and its own where an ending would make it too long for the file system. */
function stemOf(path: string): string {
  const name = basename(path);
  return Buffer.byteLength(name) <= LONGEST_STEM ? name : createHash('sha256').update(name).digest('hex');
}
