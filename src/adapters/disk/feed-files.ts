import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Duplex, PassThrough, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { format } from 'fast-csv';
import { BtcFakeError, systemCode } from '../../domain/errors.ts';
import type { OutputFile } from '../../domain/run/manifest.ts';
import { unreadable } from '../csv/rows.ts';
import { FILE_MODE, FOLDER_MODE } from './file-modes.ts';
import { writeFailure } from './write-failure.ts';

const WRITE_BUFFER_BYTES = 256 * 1024;
const LF = 10;

/** What every feed has in common (contract section 5): LF, also at the end, and every field quoted. */
const FEED_FORMAT = { quoteColumns: true, quoteHeaders: true, rowDelimiter: '\n', includeEndRowDelimiter: true };

/** Opens a draft of a feed (contract section 5): UTF-8, LF, every field quoted, the header always there. */
export function draftFeed(path: string, columns: readonly string[]): Promise<DraftFile<readonly string[]>> {
  const headers = { headers: [...columns], alwaysWriteHeaders: true };
  return DraftFile.open(path, format<readonly string[], readonly string[]>({ ...FEED_FORMAT, ...headers }));
}

/** Opens a draft of rows that are to be put behind those of the feed, with `append`. */
export function draftMoreRows(path: string): Promise<DraftFile<readonly string[]>> {
  return DraftFile.open(path, format<readonly string[], readonly string[]>(FEED_FORMAT), '.more.part');
}

/** Opens a draft of a text file; every row is written as it is, so a line brings its own line end. */
export function draftText(path: string): Promise<DraftFile<string>> {
  return DraftFile.open(path, new PassThrough({ writableObjectMode: true }));
}

/**
 * Makes `target` a byte-for-byte copy of `source`, a CSV file, as a draft. Its rows are its lines without the header.
 * @throws BtcFakeError FILE_UNREADABLE, OUTPUT_UNWRITABLE.
 */
export async function draftCopy(source: string, target: string): Promise<DraftFile<Buffer>> {
  const draft = await DraftFile.open<Buffer>(target, new PassThrough());
  let lines = 0;
  let lastByte = LF;
  try {
    for await (const chunk of createReadStream(source) as AsyncIterable<Buffer>) {
      lines += countLineEnds(chunk);
      lastByte = chunk.at(-1) ?? lastByte;
      await draft.write([chunk], 0);
    }
    if (lastByte !== LF) lines += 1;
    await draft.write([], Math.max(0, lines - 1));
    return draft;
  } catch (error) {
    await draft.discard();
    throw error instanceof BtcFakeError ? error : unreadable(source, systemCode(error), error);
  }
}

/**
 * A file that is being written beside its place. A reader sees the earlier file, or none, until `publish`.
 * Every method throws BtcFakeError OUTPUT_UNWRITABLE when the disk refuses; after a failure, `discard`.
 */
export class DraftFile<Row> {
  readonly #path: string;
  readonly #partPath: string;
  readonly #handle: FileHandle;
  readonly #input: Duplex;
  readonly #hash = createHash('sha256');
  readonly #written: Promise<void>;
  #failure: unknown;
  #rows = 0;
  #bytes = 0;
  #sha256: string | undefined;

  private constructor(path: string, partPath: string, handle: FileHandle, formatter: Duplex) {
    this.#path = path;
    this.#partPath = partPath;
    this.#handle = handle;
    this.#input = formatter;
    // Rows come one by one; the disk and the hash get them in large pieces.
    const disk = new Writable({
      highWaterMark: WRITE_BUFFER_BYTES,
      write: (chunk: Buffer, _encoding, done) => this.#append(chunk).then(() => done(), done),
      writev: (chunks, done) => this.#append(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => done(), done),
    });
    this.#written = pipeline(formatter, disk).catch((error) => {
      this.#failure = error;
    });
  }

  /** @param ending ends in `.part`: what an interrupted attempt leaves behind is known by it. */
  static async open<Row>(path: string, formatter: Duplex, ending = '.part'): Promise<DraftFile<Row>> {
    const partPath = `${path}.${randomUUID()}${ending}`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
      return new DraftFile<Row>(path, partPath, await open(partPath, 'wx+', FILE_MODE), formatter);
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /**
   * Writes rows as they come, and waits while the disk is behind: rows that are made one by one need no memory.
   * @param count how many rows they stand for, if they do not stand for themselves.
   */
  async write(rows: Iterable<Row>, count?: number): Promise<void> {
    this.#rows += count ?? 0;
    for (const row of rows) {
      if (this.#failure !== undefined) break;
      if (count === undefined) this.#rows += 1;
      if (!this.#input.write(row)) await Promise.race([once(this.#input, 'drain').catch(() => {}), this.#written]);
    }
    this.#throwFailure();
  }

  /**
   * Puts the rows of another draft behind its own, and discards the other. Nothing can be written to either afterwards.
   */
  async append(other: DraftFile<Row>): Promise<void> {
    await this.#end();
    await other.#end();
    try {
      const pieces = other.#handle.createReadStream({ start: 0, autoClose: false, highWaterMark: WRITE_BUFFER_BYTES });
      // Of no rows at all, fast-csv makes a line end.
      if (other.#rows > 0) for await (const piece of pieces as AsyncIterable<Buffer>) await this.#append(piece);
      this.#rows += other.#rows;
    } catch (error) {
      throw unwritable(this.#path, error);
    }
    await other.discard();
  }

  /** Flushes everything to the disk. The file is complete, but not yet in its place. */
  async finish(): Promise<OutputFile> {
    await this.#end();
    try {
      await this.#handle.sync();
      await this.#handle.close();
    } catch (error) {
      throw unwritable(this.#path, error);
    }
    this.#sha256 = this.#hash.digest('hex');
    return { name: basename(this.#path), rows: this.#rows, bytes: this.#bytes, sha256: this.#sha256 };
  }

  /** Puts the finished file in its place, and removes what an interrupted attempt at the same file left behind. */
  async publish(): Promise<void> {
    const folder = dirname(this.#path);
    try {
      await rename(this.#partPath, this.#path).catch((error) => this.#assertInPlace(error));
      const leftovers = (await readdir(folder)).filter(
        (name) => name.startsWith(`${basename(this.#path)}.`) && name.endsWith('.part'),
      );
      for (const name of leftovers) await rm(join(folder, name), { force: true });
      await syncFolder(folder);
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** Gives the draft up; the earlier file, if any, stays. Safe to call at any time, also after `publish`. */
  async discard(): Promise<void> {
    this.#input.destroy();
    await this.#written;
    await this.#handle.close().catch(() => {});
    await rm(this.#partPath, { force: true }).catch(() => {});
  }

  /**
   * Another attempt at the same file may have taken this one for a leftover; with the same bytes, it has done its work.
   */
  async #assertInPlace(error: unknown): Promise<void> {
    const there = systemCode(error) === 'ENOENT' ? await fileSha256(this.#path).catch(() => undefined) : undefined;
    if (there === undefined || there !== this.#sha256) throw error;
  }

  async #end(): Promise<void> {
    this.#input.end();
    await this.#written;
    this.#throwFailure();
  }

  async #append(piece: Buffer): Promise<void> {
    await this.#handle.appendFile(piece);
    this.#hash.update(piece);
    this.#bytes += piece.length;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw unwritable(this.#path, this.#failure);
  }
}

/** The SHA-256 of a file. @throws BtcFakeError FILE_UNREADABLE. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw unreadable(path, systemCode(error), error);
  }
  return hash.digest('hex');
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function countLineEnds(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) count += 1;
  return count;
}

/** The error that says why a file or folder of a run cannot be written. */
export function unwritable(path: string, cause: unknown): BtcFakeError {
  return writeFailure(path, cause, 'Free space, or set OUTPUT_DIR to a folder that can be written, then re-queue.');
}
