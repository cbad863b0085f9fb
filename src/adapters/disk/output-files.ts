import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import { RecentMap } from '../../domain/recent-map.ts';
import type { OutputFile } from '../../domain/run/manifest.ts';

/** What can be said of a file of a run without reading it. */
export type OutputPresence = 'here' | 'missing' | 'changed';

/** How much of a file is compared with its manifest: its size alone, or every byte. */
export type Certainty = 'size' | 'sha256';

/** A link is not followed, wherever it leads; a pipe is not waited for. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const REMEMBERED = 1_000;

/** The files that runs left in one folder. Hands out a file only if its bytes are those that its manifest names. */
export class OutputFiles {
  readonly #folder: string;
  /** The SHA-256 of files that were read whole, by what changes when a file does. */
  readonly #known: RecentMap<string, string>;

  constructor(folder: string, known = new RecentMap<string, string>(REMEMBERED)) {
    this.#folder = folder;
    this.#known = known;
  }

  /** Those in another folder, with what is known of files so far. */
  in(folder: string): OutputFiles {
    return folder === this.#folder ? this : new OutputFiles(folder, this.#known);
  }

  /** Whether a file is here, and still as large as it was written. */
  async presence(file: OutputFile): Promise<OutputPresence> {
    if (!isPlainName(file.name)) return 'missing';
    try {
      const stats = await lstat(join(this.#folder, file.name));
      return stats.isFile() && stats.size === file.bytes ? 'here' : 'changed';
    } catch {
      return 'missing';
    }
  }

  /**
   * Opens a file and compares it with its manifest. What is read from it stays the file that was held, even when
   * another takes its place meanwhile. The caller closes it.
   * @throws BtcFakeError OUTPUT_MISSING, OUTPUT_CHANGED.
   */
  async open(file: OutputFile, certainty: Certainty = 'sha256'): Promise<OpenOutput> {
    if (!isPlainName(file.name)) throw missing(this.#folder, file.name, 'that is not the name of a file');
    let handle: FileHandle;
    try {
      handle = await open(join(this.#folder, file.name), OPEN_FLAGS);
    } catch (error) {
      throw notOpened(this.#folder, file.name, error);
    }
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw missing(this.#folder, file.name, 'it is not a file');
      if (stats.size !== file.bytes) throw changed(file.name, `it has ${stats.size} bytes, not ${file.bytes}`);
      if (certainty === 'sha256' && (await this.#sha256(handle, stats)) !== file.sha256) {
        throw changed(file.name, 'its SHA-256 is another');
      }
      return new OpenOutput(handle, file.bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** A file that was read whole is not read again until it changes. */
  async #sha256(handle: FileHandle, stats: Stats): Promise<string> {
    const mark = [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(' ');
    const known = this.#known.get(mark);
    if (known !== undefined) return known;
    const hash = createHash('sha256');
    await pipeline(handle.createReadStream({ start: 0, autoClose: false }), hash);
    const sha256 = hash.digest('hex');
    this.#known.set(mark, sha256);
    return sha256;
  }
}

/** An open file of a run. */
export class OpenOutput {
  readonly bytes: number;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, bytes: number) {
    this.#handle = handle;
    this.bytes = bytes;
  }

  /** Its bytes, or the first `atMost` of them. The file is closed when the stream ends or is destroyed. */
  read(atMost: number = this.bytes): Readable {
    const length = Math.min(atMost, this.bytes);
    if (length > 0) return this.#handle.createReadStream({ start: 0, end: length - 1 });
    const empty = Readable.from([]);
    empty.once('close', () => this.#handle.close());
    return empty;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function isPlainName(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !/[\\/\0]/.test(name);
}

function notOpened(folder: string, name: string, error: unknown): BtcFakeError {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return missing(folder, name, 'it is on another machine, or was moved or deleted', error);
  if (code === 'ELOOP') return missing(folder, name, 'a link has taken its place, and links are not followed', error);
  return missing(folder, name, code === 'EACCES' ? 'reading it is not allowed' : `it cannot be read (${code})`, error);
}

function missing(folder: string, name: string, why: string, cause?: unknown): BtcFakeError {
  return new BtcFakeError('OUTPUT_MISSING', `${name} is not in ${folder} here: ${why}`, {
    remedy: 'Open the dashboard where the files of this run are, or let the machines share that folder.',
    cause,
  });
}

function changed(name: string, why: string): BtcFakeError {
  return new BtcFakeError('OUTPUT_CHANGED', `${name} is not the file that the manifest of its run names: ${why}`, {
    remedy: 'Put the right one back; a run with the same seed, as-of and inputs writes it again.',
  });
}
