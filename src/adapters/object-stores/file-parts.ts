import { type FileHandle, open } from 'node:fs/promises';
import { BtcFakeError } from '../../domain/errors.ts';

/** A part stays in memory while it is sent: it may have to be sent again. */
export const PART_BYTES = 8 * 1024 * 1024;
/** S3 takes 10,000 parts for one file, Azure 50,000. */
const MOST_PARTS = 9_000;

/** A local file that is sent in parts. */
export interface FileParts {
  readonly size: number;
  readonly count: number;
  /** The bytes of a part, counted from 0. @throws BtcFakeError FILE_UNREADABLE when the file has become shorter. */
  part(index: number): Promise<Buffer>;
}

/**
 * Opens a file for `work` and closes it however the work ends. A file that fits one part is one part, also an empty
 * file.
 * @throws BtcFakeError FILE_UNREADABLE; and what the work throws.
 */
export async function withFileParts<T>(
  path: string,
  partBytes: number,
  work: (parts: FileParts) => Promise<T>,
): Promise<T> {
  const file = await open(path).catch((cause: unknown) => {
    throw unreadable(`${path} cannot be read`, cause);
  });
  try {
    const { size } = await file.stat();
    const each = Math.max(partBytes, Math.ceil(size / MOST_PARTS));
    const count = Math.max(1, Math.ceil(size / each));
    return await work({
      size,
      count,
      part: (index) => read(file, path, index * each, Math.min(each, size - index * each)),
    });
  } finally {
    await file.close();
  }
}

async function read(file: FileHandle, path: string, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) throw unreadable(`${path} became shorter while it was sent`);
    filled += bytesRead;
  }
  return bytes;
}

function unreadable(what: string, cause?: unknown): BtcFakeError {
  return new BtcFakeError('FILE_UNREADABLE', what, {
    remedy: 'Check the path and who may read it; then land the run again.',
    cause,
  });
}
